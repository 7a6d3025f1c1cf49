"""What a lesson on the model needs of one utterance: which to begin with, and its two codes."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pandas as pd

from mmmie.analysis.ask.identity_effect import utterance_errors
from mmmie.analysis.codes.claims import LABEL, LETTERS, OWN, SHARED
from mmmie.analysis.codes.probes import conversation_codes, probe_targets
from mmmie.analysis.codes.readouts import KINDS, code_name, read_numbers
from mmmie.analysis.outputs import TRAINED, SplitOutputs
from mmmie.corpus import Corpus

_NEEDED = ("off", "no_context")


def telling_utterance(corpus: Corpus, outputs: SplitOutputs, among: np.ndarray) -> int:
    """The utterance that needs its conversation most.

    The one whose error grows most when identity is taken away or its neighbours are hidden. A
    large growth means that it is predicted well as the model is.

    Args:
        corpus: the corpus of `outputs`.
        outputs: what the model says about a split.
        among: (n,) bool, which utterances may be chosen; at least one.

    Returns:
        A row of the split; the first that may be chosen where nothing makes a difference.
    """
    trained = utterance_errors(corpus, outputs, TRAINED)
    growth = np.max([utterance_errors(corpus, outputs, v) - trained for v in _NEEDED], axis=0)
    return int(np.where(among, growth, -np.inf).argmax())


def same_words(corpus: Corpus, rows: np.ndarray, index: int) -> np.ndarray:
    """The other utterances of a split that say the same; case and outer blanks do not count.

    Args:
        corpus: the corpus.
        rows: (n,) of the split.
        index: of the utterance in `rows`.

    Returns:
        (k,) indices into `rows`; none where the utterance has no transcript.
    """
    if "transcript" not in corpus.utterances:
        return np.empty(0, np.int64)
    said = corpus.utterances["transcript"].iloc[rows]
    words = said.where(said.map(lambda text: isinstance(text, str)), "").str.strip().str.lower()
    if not words.iloc[index]:
        return np.empty(0, np.int64)
    same = np.flatnonzero(words == words.iloc[index])
    return same[same != index]


def presence(corpus: Corpus, rows: np.ndarray, modalities: list[str]) -> np.ndarray:
    """Which modalities the utterances `rows` (n,) have, (n, M) bool."""
    present = []
    for name in modalities:
        lengths = corpus.features[name].lengths
        present.append(np.ones(len(rows), bool) if lengths is None else lengths[rows] > 0)
    return np.stack(present, axis=1)


def code_distances(outputs: SplitOutputs, present: np.ndarray, index: int) -> tuple[float, float]:
    """How far the invariant codes of one utterance lie apart, and those of two utterances.

    Args:
        outputs: what the model says about a split.
        present: (n, M) bool from `presence`.
        index: of the utterance in the split.

    Returns:
        Two mean Euclidean distances of z between two modalities: both of this utterance, and
        one of this with one of any other utterance. NaN where no pair of modalities is there.
    """
    own, others = [], []
    elsewhere = np.arange(len(present)) != index
    for m, n in combinations(range(len(outputs.modalities)), 2):
        if not (present[index, m] and present[index, n]):
            continue
        first, second = (
            outputs.spaces[code_name("invariant", outputs.modalities[k])] for k in (m, n)
        )
        apart = np.linalg.norm(second - first[index], axis=1)
        own.append(apart[index])
        others.append(apart[elsewhere & present[:, n]].mean())
    return (float(np.mean(own)), float(np.mean(others))) if own else (np.nan, np.nan)


def code_contents(corpus: Corpus, outputs: SplitOutputs) -> pd.DataFrame:
    """How much of the label, and of factors that are known, a line reads from every code.

    Ridge regressions of the means, judged on conversations that they were not fitted to. Factors
    are the columns ``latent_…`` of a generated corpus.

    Returns:
        `modality`, `code` (z or s), `target` (the label, shared latents or the modality's own
        ones) and `r2`, a mean over the columns of the target and at least 0; empty with fewer
        than two conversations. A target without a column that varies is left out.
    """
    groups = conversation_codes(corpus, outputs.rows)
    columns = probe_targets(corpus, outputs.rows)
    rows = []
    for modality in outputs.modalities if len(np.unique(groups)) > 1 else ():
        parts = {
            LABEL: [LABEL],
            SHARED: [c for c in columns if c.startswith("latent_shared_")],
            OWN: [c for c in columns if c.startswith(f"latent_{modality}_")],
        }
        targets = {part: _varying([columns[c] for c in names]) for part, names in parts.items()}
        targets = {part: y for part, y in targets.items() if y.shape[1]}
        for kind in KINDS if targets else ():
            codes = outputs.spaces[code_name(kind, modality)]
            y = np.concatenate(list(targets.values()), axis=1)
            missed = ((y - read_numbers(codes, y, groups)) ** 2).sum(0)
            r2 = 1 - missed / ((y - y.mean(0)) ** 2).sum(0)
            ends = np.cumsum([part.shape[1] for part in targets.values()])[:-1]
            for target, values in zip(targets, np.split(r2, ends), strict=True):
                rows.append((modality, LETTERS[kind], target, max(float(values.mean()), 0.0)))
    return pd.DataFrame(rows, columns=["modality", "code", "target", "r2"])


def _varying(columns: list[np.ndarray]) -> np.ndarray:
    y = np.concatenate(columns, axis=1) if columns else np.empty((0, 0))
    return y[:, ~np.isclose(y, y[:1]).all(0)] if y.size else y
