"""A lesson's utterance: which to begin with, how it is encoded, and what its codes say."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from mmmie.analysis.ask.identity_effect import utterance_errors
from mmmie.analysis.codes.claims import LABEL, LETTERS, OWN, SHARED
from mmmie.analysis.codes.probes import probe_targets
from mmmie.analysis.codes.readouts import KINDS, code_name, read_numbers
from mmmie.analysis.errors.resampling import conversation_codes
from mmmie.analysis.outputs import TRAINED, SplitOutputs
from mmmie.corpus import Corpus

if TYPE_CHECKING:
    from mmmie.analysis.checkpoint import Checkpoint
    from mmmie.model.mmmie import MMMIE

_NEEDED = ("off", "no_context")


def telling_utterance(corpus: Corpus, outputs: SplitOutputs, among: np.ndarray) -> int:
    """The utterance whose error grows most without identity or without its neighbours.

    `among` (n,) bool says which may be chosen, at least one.

    Returns:
        A row of the split; the first that may be chosen where nothing makes a difference.
    """
    trained = utterance_errors(corpus, outputs, TRAINED)
    growth = np.max([utterance_errors(corpus, outputs, v) - trained for v in _NEEDED], axis=0)
    return int(np.where(among, growth, -np.inf).argmax())


def same_words(corpus: Corpus, rows: np.ndarray, index: int) -> np.ndarray:
    """The other utterances of `rows` (n,) with the words of ``rows[index]``, (k,) indices.

    Case and outer blanks do not count; none where the utterance has no transcript.
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


@dataclass(frozen=True)
class Encoding:
    """What an encoder does with one utterance.

    Attributes:
        features: (L, d_m) as the encoder sees them, in deviations of the train split; L is 1 at
            utterance level.
        weights: (L,) how much every step counts in the attention pooling, mean over heads,
            summing to 1; None at utterance level, where nothing is pooled.
        hidden: (d,) the hidden state h, from which both codes are made.
        codes: ``z`` and ``s`` → their means (d_z,) and (d_s,).
    """

    features: np.ndarray
    weights: np.ndarray | None
    hidden: np.ndarray
    codes: dict[str, np.ndarray]


def encode_one(model: MMMIE, modality: str, values: np.ndarray) -> Encoding:
    """Send one utterance (L, d_m), L > 0, or (d_m,), through the encoder of its modality.

    `model` is in evaluation mode.
    """
    import torch

    own, device = model.encoder_of(modality), model.label_mean.device
    encoder = own.encoder
    x = torch.from_numpy(np.array(values, np.float32)).to(device)[None]
    looked: list[np.ndarray] = []

    def keep(_module: object, _inputs: object, score: torch.Tensor) -> None:
        looked.append(score[0].softmax(0).mean(1).cpu().numpy())

    score = getattr(encoder, "score", None)
    handle = None if score is None else score.register_forward_hook(keep)
    try:
        with torch.inference_mode():
            lengths = None if score is None else torch.tensor([x.shape[1]], device=device)
            hidden, _ = encoder(x, lengths)
            codes = {"z": own.invariant(hidden)[0], "s": own.specific(hidden)[0]}
            features = encoder.standardise(x)[0]
    finally:
        if handle is not None:
            handle.remove()
    return Encoding(
        features=np.atleast_2d(features.cpu().numpy()),
        weights=looked[0] if looked else None,
        hidden=hidden[0].cpu().numpy(),
        codes={name: code[0].cpu().numpy() for name, code in codes.items()},
    )


def codes_of(
    checkpoint: Checkpoint, corpus: Corpus, row: int
) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """The codes of one utterance.

    Args:
        checkpoint: a model with stochastic encoders.
        corpus: one that fits it.
        row: of the utterance in the corpus.

    Returns:
        ``<kind>.<modality>``, as in `SplitOutputs.spaces`, → mean (d,) and deviation (d,).

    Raises:
        InputError: the weights are unreadable, or the corpus does not fit.
    """
    from mmmie.analysis.ask.asker import Asker

    asker = Asker(checkpoint, corpus)
    codes = asker.codes(np.array([row]))
    return {
        code_name(kind, name): (
            getattr(codes, kind).mean[0, m].cpu().numpy(),
            getattr(codes, kind).log_variance[0, m].div(2).exp().cpu().numpy(),
        )
        for kind in KINDS
        for m, name in enumerate(asker.modalities)
    }


def code_distances(outputs: SplitOutputs, present: np.ndarray, index: int) -> tuple[float, float]:
    """How far the shared codes of one utterance lie apart, and those of two utterances.

    `present` is from `presence`, `index` a row of the split.

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
