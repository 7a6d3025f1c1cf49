"""Where a model fails: the error in parts of a split, with intervals."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from mmmie.analysis.intervals import metric_interval
from mmmie.analysis.probes import conversation_codes
from mmmie.analysis.slices import slices
from mmmie.corpus import Corpus

_FEWEST_UTTERANCES = 10
_SHORT, _LONG = 3, 10


def common_slices(corpus: Corpus, rows: np.ndarray) -> Iterator[tuple[str, np.ndarray]]:
    """Name and mask (n,) of parts that nearly every corpus has.

    By label (thirds of the range, or classes), length of the transcript, place in the
    conversation and whether the speaker changed; those of fewer than ten utterances are left
    out, and so are those that are the whole split.
    """
    for name, mask in _common(corpus, rows):
        if _FEWEST_UTTERANCES <= mask.sum() < len(mask):
            yield name, mask


def failures(corpus: Corpus, rows: np.ndarray, output: np.ndarray, seed: int = 0) -> pd.DataFrame:
    """How large the error is in every slice, largest first, with 95 % intervals.

    The measure is the mean absolute error, or the share of wrong classes: both have a meaning
    for a slice with a single label too, unlike correlation or F1.

    Args:
        corpus: the corpus.
        rows: (n,) utterances.
        output: (n,) predictions, or (n, classes) scores.
        seed: of the bootstrap.

    Returns:
        `slice`, `n`, `value`, `low`, `high`; the row ``all`` stands first.
    """
    targets = corpus.targets[rows]
    groups = conversation_codes(corpus, rows)
    metric = "mae" if corpus.label.classes is None else "accuracy"
    everything = [("all", np.ones(len(rows), bool))]
    entries: list[dict[str, object]] = []
    seen: set[bytes] = set()
    for name, mask in [*everything, *slices(corpus, rows), *common_slices(corpus, rows)]:
        if mask.tobytes() in seen:  # the same utterances under another name
            continue
        seen.add(mask.tobytes())
        found = metric_interval(metric, corpus.label, output, targets, groups, mask, seed=seed)
        value, low, high = found.value, found.low, found.high
        if metric == "accuracy":
            value, low, high = 1 - value, 1 - high, 1 - low
        entries.append(
            {"slice": name, "n": int(mask.sum()), "value": value, "low": low, "high": high}
        )
    table = pd.DataFrame(entries)
    worst = table[1:].sort_values("value", ascending=False, kind="stable")
    return pd.concat([table[:1], worst], ignore_index=True)


def _common(corpus: Corpus, rows: np.ndarray) -> Iterator[tuple[str, np.ndarray]]:
    table = corpus.utterances.iloc[rows].reset_index(drop=True)
    if corpus.label.classes is not None:
        for name in corpus.label.classes:
            yield f"label {name}", (table["label"] == name).to_numpy()
    elif corpus.label.range is not None:
        low, high = corpus.label.range
        third = (high - low) / 3
        label = corpus.targets[rows]
        yield "label in the lowest third", label < low + third
        yield "label in the middle third", (label >= low + third) & (label <= high - third)
        yield "label in the highest third", label > high - third
    if "transcript" in table:
        words = np.array([len(str(t).split()) for t in table["transcript"].fillna("")])
        yield f"{_SHORT} words or fewer", words <= _SHORT
        yield f"{_SHORT + 1} to {_LONG} words", (words > _SHORT) & (words <= _LONG)
        yield f"more than {_LONG} words", words > _LONG
    previous = corpus.window(1, 0)[rows, 0]
    yield "first of its conversation", previous < 0
    if corpus.has_speakers:
        # -1 stands for an unknown speaker, and nobody is known to be the same as an unknown one
        codes = corpus.speaker_codes
        before = np.where(previous >= 0, codes[previous], -1)
        known = (before >= 0) & (codes[rows] >= 0)
        yield "speaker goes on", known & (before == codes[rows])
        yield "speaker changes", known & (before != codes[rows])
