"""Two checkpoints on the same utterances."""

from __future__ import annotations

import numpy as np
import pandas as pd

from mmmie.analysis.errors.resampling import (
    conversation_codes,
    difference_interval,
    mean_intervals,
)
from mmmie.analysis.errors.slices import every_slice, sorted_below_all
from mmmie.analysis.outputs import TRAINED, SplitOutputs
from mmmie.corpus import Corpus
from mmmie.metrics import metric_names, metrics_for


def metric_differences(
    corpus: Corpus,
    first: SplitOutputs,
    second: SplitOutputs,
    seed: int = 0,
    mask: np.ndarray | None = None,
) -> pd.DataFrame:
    """Metrics of both, on the same split, and their paired difference with 95 % intervals.

    Conversations are drawn; `mask` (n,) bool says which utterances count, all if left out.

    Returns:
        `metric`, `first`, `second`, `difference` (second minus first), `low`, `high`.
    """
    targets = corpus.targets[first.rows]
    groups = conversation_codes(corpus, first.rows)
    a, b = first.output[TRAINED], second.output[TRAINED]
    kept = slice(None) if mask is None else mask
    before, after = (metrics_for(corpus.label, x[kept], targets[kept]) for x in (a, b))
    entries = []
    for metric in metric_names(corpus.label):
        found = difference_interval(metric, corpus.label, a, b, targets, groups, mask, seed=seed)
        entries.append((metric, before[metric], after[metric], found.value, found.low, found.high))
    columns = ["metric", "first", "second", "difference", "low", "high"]
    return pd.DataFrame(entries, columns=columns)


def disagreements(corpus: Corpus, first: SplitOutputs, second: SplitOutputs) -> pd.DataFrame:
    """The utterances with both predictions, those that disagree most first.

    Returns:
        `id`, `conversation`, `label`, `first`, `second` (predictions), `distance` between them:
        absolute for numbers, total variation between the class probabilities otherwise,
        `gain`: how much smaller the error of the second is; and `speaker` and `transcript`
        where the corpus has them.
    """
    a, b = first.frame(corpus), second.frame(corpus)
    x, y = first.output[TRAINED], second.output[TRAINED]
    distance = np.abs(x - y) if x.ndim == 1 else np.abs(x - y).sum(1) / 2
    known = [c for c in ("id", "conversation", "speaker", "label", "transcript") if c in a]
    table = a[known].assign(
        first=a["prediction"],
        second=b["prediction"],
        distance=distance.astype(float),
        gain=a["absolute_error"] - b["absolute_error"],
    )
    return table.sort_values("distance", ascending=False, kind="stable").reset_index(drop=True)


def slice_gains(
    corpus: Corpus, first: SplitOutputs, second: SplitOutputs, seed: int = 0
) -> pd.DataFrame:
    """How much smaller the error of the second is in every slice, with paired 95 % intervals.

    The error is the absolute error, or 1 where the class is wrong: unlike correlation or F1, both
    also mean something for a slice with a single label.

    Returns:
        `slice`, `n`, `first`, `second` (mean errors), `gain` (first minus second: above 0 the
        second is better), `low`, `high`; the row ``all`` first, then by falling gain. Slices of
        the same utterances are named once.
    """
    targets = corpus.targets[first.rows]
    groups = conversation_codes(corpus, first.rows)
    errors = np.stack([_errors(o.output[TRAINED], targets) for o in (first, second)], 1)
    gain = errors[:, :1] - errors[:, 1:]
    entries = []
    for name, mask in [("all", np.ones(len(targets), bool)), *every_slice(corpus, first.rows)]:
        (found,) = mean_intervals(gain, groups, mask, seed=seed)
        means = map(float, errors[mask].mean(0))
        entries.append((name, int(mask.sum()), *means, found.value, found.low, found.high))
    columns = ["slice", "n", "first", "second", "gain", "low", "high"]
    return sorted_below_all(pd.DataFrame(entries, columns=columns), "gain")


def _errors(output: np.ndarray, targets: np.ndarray) -> np.ndarray:
    if output.ndim == 1:
        return np.abs(output.astype(float) - targets)
    return (output.argmax(1) != targets).astype(float)
