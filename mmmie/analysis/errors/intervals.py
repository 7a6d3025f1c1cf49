"""How sure a metric is: bootstrap intervals over whole conversations."""

from __future__ import annotations

import numpy as np

from mmmie.analysis.errors.metric_sums import metric_sums
from mmmie.analysis.errors.resampling import REPEATS, Interval, sums_intervals
from mmmie.corpus import Label


def metric_interval(
    metric: str,
    label: Label,
    output: np.ndarray,
    targets: np.ndarray,
    groups: np.ndarray,
    mask: np.ndarray | None = None,
    *,
    repeats: int = REPEATS,
    seed: int = 0,
) -> Interval:
    """A metric and its interval.

    Args:
        metric: one of `mmmie.metrics.metric_names`.
        label: what is predicted.
        output: (n,) predictions, or (n, classes) scores.
        targets: (n,) labels, or class indices.
        groups: (n,) integers, the conversation of every utterance.
        mask: (n,) bool, the utterances that count; all if left out. Conversations are still drawn
            from the whole split, so that intervals of slices count their size as uncertain.
        repeats: bootstrap replicates.
        seed: of the draws.
    """
    parts = metric_sums(metric, label, output, targets)

    def value(sums: np.ndarray) -> np.ndarray:
        return parts.combine(sums)[..., None]

    return sums_intervals(parts.terms, value, groups, mask, repeats=repeats, seed=seed)[0]


def difference_interval(
    metric: str,
    label: Label,
    first: np.ndarray,
    second: np.ndarray,
    targets: np.ndarray,
    groups: np.ndarray,
    mask: np.ndarray | None = None,
    *,
    repeats: int = REPEATS,
    seed: int = 0,
) -> Interval:
    """The metric of `second` minus that of `first` on the same utterances.

    Both are computed on the same draws of conversations, so what makes an utterance hard for
    either cancels. Arguments as for `metric_interval`.
    """
    parts = [metric_sums(metric, label, output, targets) for output in (first, second)]
    width = parts[0].terms.shape[1]

    def difference(sums: np.ndarray) -> np.ndarray:
        before, after = parts[0].combine(sums[..., :width]), parts[1].combine(sums[..., width:])
        return (after - before)[..., None]

    terms = np.concatenate([part.terms for part in parts], 1)
    return sums_intervals(terms, difference, groups, mask, repeats=repeats, seed=seed)[0]
