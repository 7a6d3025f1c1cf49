"""How sure a metric is: bootstrap intervals over whole conversations.

Utterances of one conversation resemble each other, so drawing utterances one by one would give
intervals that are too narrow; conversations are drawn instead (the cluster bootstrap, Field and
Welsh 2007). Every metric here is a function of sums over utterances, so that all replicates are
one product of a matrix of draws with the sums of every conversation.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from mmmie.corpus import Label

REPEATS = 2000
_LEVEL = 0.95

# sums over utterances (..., k) → metric (...)
_Combine = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True)
class Interval:
    """A value and its 95 % interval; `low` and `high` are NaN with fewer than two conversations."""

    value: float
    low: float
    high: float

    @property
    def excludes_zero(self) -> bool:
        """Whether zero lies outside, for differences."""
        return bool(self.low > 0 or self.high < 0)


def metrics_with_intervals(label: Label) -> list[str]:
    """The metrics that `metric_interval` knows for a label, the most telling first."""
    if label.kind == "classification":
        return ["f1_weighted", "accuracy", "f1_macro"]
    names = ["mae", "corr"]
    return [*names, "acc2_nonzero"] if label.range else names


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
        metric: one of `metrics_with_intervals`.
        label: what is predicted.
        output: (n,) predictions, or (n, classes) scores.
        targets: (n,) labels, or class indices.
        groups: (n,) integers, the conversation of every utterance.
        mask: (n,) bool, the utterances that count; all if left out. Conversations are still drawn
            from the whole split, so that intervals of slices hold their own size uncertain.
        repeats: bootstrap replicates.
        seed: of the draws.
    """
    statistics, combine = _statistics(metric, label, output, targets)
    sums = _cluster_sums(statistics, groups, mask)
    draws = _draws(len(sums), repeats, seed)
    return _interval(float(combine(sums.sum(0))), combine(draws @ sums), _counted(sums))


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
    values, replicates, counted = [], [], 0
    for output in (first, second):
        statistics, combine = _statistics(metric, label, output, targets)
        sums = _cluster_sums(statistics, groups, mask)
        values.append(float(combine(sums.sum(0))))
        replicates.append(combine(_draws(len(sums), repeats, seed) @ sums))
        counted = _counted(sums)
    return _interval(values[1] - values[0], replicates[1] - replicates[0], counted)


def _statistics(
    metric: str, label: Label, output: np.ndarray, targets: np.ndarray
) -> tuple[np.ndarray, _Combine]:
    """What to sum over utterances (n, k), and how the sums make the metric."""
    one = np.ones(len(targets))
    if metric == "mae":
        return np.stack([np.abs(output - targets), one], 1).astype(float), _ratio
    if metric == "acc2_nonzero":
        counts = targets != label.centre
        right = (output > label.centre) == (targets > label.centre)
        return np.stack([right & counts, counts], 1).astype(float), _ratio
    if metric == "corr":
        # centred first: sums of squares of far-off numbers would lose their digits
        p, y = output - float(output.mean()), targets - float(targets.mean())
        return np.stack([one, p, y, p * p, y * y, p * y], 1).astype(float), _correlation
    if metric not in ("accuracy", "f1_weighted", "f1_macro"):
        raise ValueError(f"no interval for metric {metric!r}")
    guess = output.argmax(1)
    if metric == "accuracy":
        return np.stack([guess == targets, one], 1).astype(float), _ratio
    classes = output.shape[1]
    table = np.zeros((len(targets), classes * classes))
    table[np.arange(len(targets)), targets * classes + guess] = 1
    return table, lambda sums: _f1(sums, classes, weighted=metric == "f1_weighted")


def _ratio(sums: np.ndarray) -> np.ndarray:
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(sums[..., 0] / sums[..., 1])


def _correlation(sums: np.ndarray) -> np.ndarray:
    n, p, y, pp, yy, py = np.moveaxis(sums, -1, 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        spread = (pp - p * p / n) * (yy - y * y / n)
        return np.where(spread > 1e-12, (py - p * y / n) / np.sqrt(np.abs(spread)), np.nan)


def _f1(sums: np.ndarray, classes: int, weighted: bool) -> np.ndarray:
    table = sums.reshape(*sums.shape[:-1], classes, classes)  # truth, prediction
    right = np.diagonal(table, axis1=-2, axis2=-1)
    support, guessed = table.sum(-1), table.sum(-2)
    f1 = 2 * right / np.maximum(support + guessed, 1e-12)
    if not weighted:
        return np.asarray(f1.mean(-1))
    return np.asarray((f1 * support).sum(-1) / np.maximum(support.sum(-1), 1e-12))


def _cluster_sums(
    statistics: np.ndarray, groups: np.ndarray, mask: np.ndarray | None
) -> np.ndarray:
    """Sums per conversation (clusters, k)."""
    codes = np.unique(groups, return_inverse=True)[1]
    sums = np.zeros((codes.max() + 1, statistics.shape[1]))
    kept = slice(None) if mask is None else mask
    np.add.at(sums, codes[kept], statistics[kept])
    return sums


def _draws(clusters: int, repeats: int, seed: int) -> np.ndarray:
    """How often every conversation is drawn, (repeats, clusters)."""
    generator = np.random.default_rng(seed)
    return generator.multinomial(clusters, np.full(clusters, 1 / clusters), repeats).astype(float)


def _counted(sums: np.ndarray) -> int:
    """How many conversations have an utterance that counts."""
    return int(sums.any(1).sum())


def _interval(value: float, replicates: np.ndarray, counted: int) -> Interval:
    finite = replicates[np.isfinite(replicates)]
    # every draw of a single conversation is the same: that is no certainty
    if counted < 2 or len(finite) < len(replicates) / 2:
        return Interval(value, float("nan"), float("nan"))
    tail = (1 - _LEVEL) / 2
    low, high = np.quantile(finite, [tail, 1 - tail])
    return Interval(value, float(low), float(high))
