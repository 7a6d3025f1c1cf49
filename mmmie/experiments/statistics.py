"""Means, intervals and paired tests over seeds and conversations.

Two things are drawn at random in an experiment: the seeds of the training, and the conversations
that the models are measured on. Every seed meets the same conversations, so the two are crossed.

How far a metric depends on each conversation is found by leaving it out (the jackknife over
clusters; Efron and Tibshirani 1993, chapter 11), which holds for any metric, not only for means.
The variance over both adds that over seeds and that over conversations and subtracts once what
both contain (two-way clustering: Cameron, Gelbach and Miller 2011). Intervals and p values
are those of a t distribution with the degrees of freedom of such a sum (Satterthwaite 1946). In
simulations of data without an effect, with 2 to 10 seeds and 15 to 100 conversations, 2 to 7 %
of tests at the 5 % level rejected (at the worst 13 %, with two seeds only); a bootstrap that
draws seeds and conversations together rejected anything between 0 and 50 %.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from mmmie.analysis.errors.metric_sums import conversation_sums, metric_sums
from mmmie.analysis.errors.resampling import LEVEL, Interval
from mmmie.corpus import Label


@dataclass(frozen=True)
class Sample:
    """A metric for every seed, and what every conversation contributes to it.

    Attributes:
        values: (S,) the metric of every seed on all conversations.
        influence: (S, C) what each of the C conversations adds to `values`: the jackknife's
            (C - 1) (value - value without the conversation), less its mean over conversations.
    """

    values: np.ndarray
    influence: np.ndarray

    @property
    def mean(self) -> float:
        """The mean over seeds."""
        return float(self.values.mean())

    def minus(self, other: Sample) -> Sample:
        """The difference, seed by seed; a sample of one seed is the same for every seed.

        Raises:
            ValueError: the numbers of seeds or conversations differ.
        """
        return Sample(self.values - other.values, self.influence - other.influence)


@dataclass(frozen=True)
class Effect:
    """A difference with its 95 % interval over seeds and conversations.

    Attributes:
        interval: the difference and its ends.
        p: two-sided, that the difference is zero; NaN where nothing varies.
    """

    interval: Interval
    p: float


def sample_of(
    metric: str,
    label: Label,
    outputs: list[np.ndarray],
    targets: np.ndarray,
    groups: np.ndarray,
    mask: np.ndarray | None = None,
) -> Sample:
    """A metric of several seeds on the same utterances.

    Args:
        metric: one of `mmmie.metrics.metric_names`.
        label: what is predicted.
        outputs: of every seed, (n,) predictions or (n, classes) scores.
        targets: (n,) labels, or class indices.
        groups: (n,) integers, the conversation of every utterance.
        mask: (n,) bool, the utterances that count; all if left out.

    Example:
        >>> label = Label("sentiment", "regression", range=(-3.0, 3.0))
        >>> outputs = [np.array([1.0, 2.0, 0.0]), np.array([0.0, 2.0, 0.0])]
        >>> sample = sample_of("mae", label, outputs, np.zeros(3), np.array([0, 0, 1]))
        >>> sample.values.round(3).tolist(), sample.influence.shape
        ([1.0, 0.667], (2, 2))
    """
    values, influence = [], []
    for output in outputs:
        parts = metric_sums(metric, label, output, targets)
        sums = conversation_sums(parts.terms, groups, mask)
        sums = sums[sums.any(1)]  # conversations with nothing that counts say nothing
        total = sums.sum(0)
        value = float(parts.combine(total))
        pull = (len(sums) - 1) * (value - parts.combine(total - sums))
        values.append(value)
        influence.append(pull - pull.mean())
    return Sample(np.array(values), np.array(influence))


def over_seeds(sample: Sample) -> Interval:
    """The mean and its 95 % t interval over seeds, on these very conversations."""
    return _interval(sample.mean, _seed_variance(sample), len(sample.values) - 1)


def over_conversations(sample: Sample) -> Interval:
    """The mean and its 95 % t interval over conversations, for these very trainings."""
    freedom = sample.influence.shape[1] - 1
    return _interval(sample.mean, _conversation_variance(sample), freedom)


def effect_of(difference: Sample) -> Effect:
    """A difference, its interval over seeds and conversations together, and its p value.

    With one seed, or one conversation, the other alone makes the interval.
    """
    from scipy.stats import t

    seeds, conversations = difference.influence.shape
    if not difference.values.any() and not difference.influence.any():
        return Effect(Interval(0.0, 0.0, 0.0), 1.0)
    parts = [
        (_seed_variance(difference), seeds - 1),
        (_conversation_variance(difference), conversations - 1),
    ]
    parts = [(variance, freedom) for variance, freedom in parts if freedom > 0]
    if not parts:
        return Effect(Interval(difference.mean, math.nan, math.nan), math.nan)
    both = sum(variance for variance, _ in parts)
    shared = _shared_variance(difference) if len(parts) == 2 else 0.0
    variance = max(both - shared, *(variance for variance, _ in parts))
    spread = sum(variance**2 / freedom for variance, freedom in parts)
    freedom = both**2 / spread if spread > 0 else math.nan
    interval = _interval(difference.mean, variance, freedom)
    if not variance > 0:
        return Effect(interval, math.nan)
    return Effect(interval, float(2 * t.sf(abs(difference.mean) / math.sqrt(variance), freedom)))


def holm(p_values: list[float]) -> list[float]:
    """p values corrected for their number (Holm 1979); NaN stays and does not count.

    Example:
        >>> holm([0.01, 0.04, 0.03])
        [0.03, 0.06, 0.06]
    """
    known = sorted((p, place) for place, p in enumerate(p_values) if math.isfinite(p))
    corrected = [math.nan] * len(p_values)
    highest = 0.0
    for rank, (p, place) in enumerate(known):
        highest = max(highest, min(1.0, p * (len(known) - rank)))
        corrected[place] = highest
    return corrected


def _seed_variance(sample: Sample) -> float:
    seeds = len(sample.values)
    return float(sample.values.var(ddof=1)) / seeds if seeds > 1 else math.nan


def _conversation_variance(sample: Sample) -> float:
    conversations = sample.influence.shape[1]
    if conversations < 2:
        return math.nan
    mean = sample.influence.mean(0)
    return float((mean**2).sum()) / (conversations * (conversations - 1))


def _shared_variance(sample: Sample) -> float:
    """What seeds and conversations do together: it is in the variance over either."""
    seeds, conversations = sample.influence.shape
    rest = sample.influence - sample.influence.mean(0)
    cells = seeds * (seeds - 1) * conversations * (conversations - 1)
    return float((rest**2).sum()) / cells


def _interval(value: float, variance: float, freedom: float) -> Interval:
    from scipy.stats import t

    if not (math.isfinite(variance) and freedom > 0):
        return Interval(value, math.nan, math.nan)
    half = float(t.ppf((1 + LEVEL) / 2, freedom)) * math.sqrt(variance)
    return Interval(value, value - half, value + half)
