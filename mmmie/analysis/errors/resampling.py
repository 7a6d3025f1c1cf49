"""Intervals by the cluster bootstrap, for metrics and all that is a function of sums.

Utterances of one conversation resemble each other, so drawing utterances one by one would give
intervals that are too narrow; conversations are drawn instead (Field and Welsh 2007). All
replicates are one product of a matrix of draws with the sums of every conversation.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from mmmie.analysis.errors.metric_sums import conversation_sums, metric_sums
from mmmie.corpus import Corpus, Label
from mmmie.metrics import METRICS
from mmmie.mi.verdict import LEVEL, Decision, decide

REPEATS = 2000
_CHUNK_DRAWS = 2**22


@dataclass(frozen=True)
class Interval:
    """A value and its 95 % interval; `low` and `high` are NaN with fewer than two conversations."""

    value: float
    low: float
    high: float

    def decided(self, *, looks: int = 1, seeds: int | None = None) -> Decision:
        """What may be said of it, for differences; see `mmmie.mi.verdict.decide`."""
        return decide(self.value, self.low, self.high, looks=looks, seeds=seeds)


def conversation_codes(corpus: Corpus, rows: np.ndarray) -> np.ndarray:
    """The conversation of every utterance (n,), as integers from 0."""
    return corpus.utterances["conversation"].iloc[rows].factorize()[0]


def sums_intervals(
    statistics: np.ndarray,
    combine: Callable[[np.ndarray], np.ndarray],
    groups: np.ndarray,
    mask: np.ndarray | None = None,
    *,
    repeats: int = REPEATS,
    seed: int = 0,
) -> list[Interval]:
    """Values that are functions of sums over utterances, with 95 % intervals.

    Args:
        statistics: (n, k), what is summed over utterances.
        combine: sums (…, k) → values (…, r).
        groups: (n,) integers, the conversation of every utterance.
        mask: (n,) bool, the utterances that count; all if left out. Conversations are drawn from
            the whole split, so that intervals of slices count their size as uncertain.
        repeats: bootstrap replicates.
        seed: of the draws.

    Returns:
        r intervals, NaN at both ends where fewer than two conversations count.
    """
    sums = conversation_sums(statistics, groups, mask)
    values = combine(sums.sum(0))
    replicates = combine(drawn_sums(sums, repeats, seed))
    counted = int(sums.any(1).sum())
    return [_interval(float(v), replicates[:, r], counted) for r, v in enumerate(values)]


def mean_intervals(
    values: np.ndarray,
    groups: np.ndarray,
    mask: np.ndarray | None = None,
    *,
    repeats: int = REPEATS,
    seed: int = 0,
) -> list[Interval]:
    """Means of columns (n, r) over utterances, with intervals as in `sums_intervals`.

    For columns that are differences of two errors this is the paired bootstrap.

    Example:
        >>> values = np.array([[1.0, 0.0], [1.0, 2.0], [1.0, 4.0]])
        >>> [found.value for found in mean_intervals(values, np.array([0, 0, 1]))]
        [1.0, 2.0]
    """

    def means(sums: np.ndarray) -> np.ndarray:
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.asarray(sums[..., :-1] / sums[..., -1:])

    statistics = np.column_stack([values, np.ones(len(values))]).astype(float)
    return sums_intervals(statistics, means, groups, mask, repeats=repeats, seed=seed)


def share_intervals(
    part: np.ndarray,
    whole: np.ndarray,
    groups: np.ndarray,
    mask: np.ndarray | None = None,
    *,
    repeats: int = REPEATS,
    seed: int = 0,
) -> list[Interval]:
    """Shares Σ part / Σ whole of columns (n, r) over utterances, with intervals.

    No draw differs where all or none of a whole is part of it. There the other end is that of the
    exact binomial interval with as many draws as conversations hold some of the whole. Arguments
    as for `sums_intervals`.

    Example:
        >>> whole = np.ones((3, 1))
        >>> [none] = share_intervals(0 * whole, whole, np.arange(3))
        >>> none.value, none.low, round(none.high, 3)
        (0.0, 0.0, 0.708)
    """
    count = part.shape[1]

    def shares(sums: np.ndarray) -> np.ndarray:
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.asarray(sums[..., :count] / sums[..., count:])

    statistics = np.concatenate([part, whole], 1).astype(float)
    found = sums_intervals(statistics, shares, groups, mask, repeats=repeats, seed=seed)
    held = (conversation_sums(statistics[:, count:], groups, mask) > 0).sum(0)
    return [_share_interval(one, int(n)) for one, n in zip(found, held, strict=True)]


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
        groups, mask, repeats, seed: as for `sums_intervals`.
    """
    parts = metric_sums(metric, label, output, targets)

    def value(sums: np.ndarray) -> np.ndarray:
        return parts.combine(sums)[..., None]

    if METRICS[metric].share:
        right, counts = parts.terms[:, :1], parts.terms[:, 1:]
        return share_intervals(right, counts, groups, mask, repeats=repeats, seed=seed)[0]
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

    Both meet the same draws, so what makes an utterance hard for either cancels. Arguments as for
    `metric_interval`.
    """
    parts = [metric_sums(metric, label, output, targets) for output in (first, second)]
    width = parts[0].terms.shape[1]

    def difference(sums: np.ndarray) -> np.ndarray:
        before, after = parts[0].combine(sums[..., :width]), parts[1].combine(sums[..., width:])
        return (after - before)[..., None]

    terms = np.concatenate([part.terms for part in parts], 1)
    return sums_intervals(terms, difference, groups, mask, repeats=repeats, seed=seed)[0]


def drawn_sums(sums: np.ndarray, repeats: int = REPEATS, seed: int = 0) -> np.ndarray:
    """Sums (repeats, k) over drawn conversations, from their own sums (conversations, k)."""
    generator = np.random.default_rng(seed)
    chunk = max(1, _CHUNK_DRAWS // len(sums))  # draws of many conversations go part by part
    sizes = (min(chunk, repeats - start) for start in range(0, repeats, chunk))
    return np.concatenate([draws(len(sums), size, generator) @ sums for size in sizes])


def draws(conversations: int, repeats: int, generator: np.random.Generator) -> np.ndarray:
    """How often every conversation is drawn, (repeats, conversations)."""
    equal = np.full(conversations, 1 / conversations)
    return generator.multinomial(conversations, equal, repeats).astype(float)


def _interval(value: float, replicates: np.ndarray, counted: int) -> Interval:
    finite = replicates[np.isfinite(replicates)]
    # every draw of a single conversation is the same: that is no certainty
    if counted < 2 or len(finite) < len(replicates) / 2:
        return Interval(value, float("nan"), float("nan"))
    tail = (1 - LEVEL) / 2
    low, high = np.quantile(finite, [tail, 1 - tail])
    return Interval(value, float(low), float(high))


def _share_interval(found: Interval, conversations: int) -> Interval:
    if conversations < 2:
        return Interval(found.value, float("nan"), float("nan"))
    if found.value not in (0, 1):
        return found
    reach = 1 - ((1 - LEVEL) / 2) ** (1 / conversations)
    return Interval(found.value, max(0.0, found.value - reach), min(1.0, found.value + reach))
