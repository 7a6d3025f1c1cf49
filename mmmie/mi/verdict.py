"""What may be said of a number: the one place where pages and commands decide what is shown."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from statistics import NormalDist
from typing import Literal

from mmmie.mi.thresholds import SURE

Verdict = Literal["shown", "contradicted", "not shown", "not known"]
LEVEL = 0.95
"""Of every interval of the analyses and the reports."""

ONE_SEED = "one seed each"
_TAIL = (1 - LEVEL) / 2


@dataclass(frozen=True)
class Decision:
    """What may be said of the claim that a quantity lies above a limit.

    Attributes:
        verdict: ``shown`` where the whole interval lies above the limit, ``contradicted`` where it
            lies below, ``not shown`` where it holds the limit, ``not known`` where there is none.
        value: the estimate.
        low, high: its interval, widened for the number of looks; NaN where there is none.
        seeds: trainings behind each side of a comparison, None where no training is compared.
    """

    verdict: Verdict
    value: float
    low: float
    high: float
    seeds: int | None = None

    @property
    def above(self) -> bool:
        """Whether the quantity is shown to lie above the limit."""
        return self.verdict == "shown"

    @property
    def below(self) -> bool:
        """Whether the quantity is shown to lie below the limit."""
        return self.verdict == "contradicted"

    @property
    def clear(self) -> bool:
        """Whether it is shown on which side of the limit the quantity lies."""
        return self.above or self.below

    @property
    def note(self) -> str:
        """What a comparison of trainings has to add: ``one seed each``; empty where nothing."""
        return ONE_SEED if self.seeds == 1 and self.clear else ""


def decide(
    value: float,
    low: float,
    high: float,
    *,
    limit: float = 0.0,
    looks: int = 1,
    seeds: int | None = None,
) -> Decision:
    """Decide whether a quantity may be said to lie above a limit, or below it.

    Of many quantities some interval excludes the limit by chance. So where one out of several is
    named, its interval is widened around the estimate until all of them hold together (Bonferroni,
    each side as that of a normal distribution).

    Args:
        value: the estimate; NaN where there is none.
        low, high: its 95 % interval, or two standard errors to either side; NaN where unknown.
        limit: 0 for differences.
        looks: how many quantities were looked at to find this one.
        seeds: trainings behind each side, for a comparison of trainings.

    Example:
        >>> decide(0.2, 0.1, 0.3).verdict, decide(0.2, -0.1, 0.5).verdict
        ('shown', 'not shown')
        >>> decide(0.2, 0.01, 0.39, looks=20).verdict, decide(-0.2, -0.3, -0.1).verdict
        ('not shown', 'contradicted')
        >>> decide(0.2, float("nan"), float("nan")).verdict
        'not known'
    """
    if not all(map(math.isfinite, (value, low, high))):
        return Decision("not known", value, math.nan, math.nan, seeds)
    wider = widened(looks)
    low, high = min(low, value - wider * (value - low)), max(high, value + wider * (high - value))
    verdict: Verdict = "shown" if low > limit else "contradicted" if high < limit else "not shown"
    return Decision(verdict, value, low, high, seeds)


def widened(looks: int) -> float:
    """Times by which an interval is widened so that all of so many hold together (Bonferroni).

    Example:
        >>> widened(1), round(widened(20), 2)
        (1.0, 1.54)
    """
    normal = NormalDist()
    return normal.inv_cdf(1 - _TAIL / max(looks, 1)) / normal.inv_cdf(1 - _TAIL)


def decide_within(value: float, std: float, *, limit: float = 0.0, looks: int = 1) -> Decision:
    """`decide` for an estimate with a standard error, NaN where it is unknown.

    Example:
        >>> decide_within(0.06, 0.04).verdict, decide_within(0.06, 0.02).verdict
        ('not shown', 'shown')
    """
    return decide(value, value - SURE * std, value + SURE * std, limit=limit, looks=looks)


def decide_by_chance(value: float, chance: float) -> Decision:
    """`decide` for a quantity of which is known how often chance alone would show as much.

    Args:
        value: the estimate, a difference from 0.
        chance: its p value, corrected where several were looked at; NaN where unknown.

    Example:
        >>> decide_by_chance(0.3, 0.01).verdict, decide_by_chance(-0.3, 0.2).verdict
        ('shown', 'not shown')
    """
    if not all(map(math.isfinite, (value, chance))):
        return Decision("not known", value, math.nan, math.nan)
    sure = chance < 1 - LEVEL
    verdict: Verdict = "not shown"
    if sure and value:
        verdict = "shown" if value > 0 else "contradicted"
    return Decision(verdict, value, math.nan, math.nan)


def decide_all(
    values: Iterable[float], lows: Iterable[float], highs: Iterable[float], looks: int | None = None
) -> list[Decision]:
    """`decide` for all quantities of a table of differences; its rows are the looks if left out.

    Example:
        >>> [found.clear for found in decide_all([0.2, 0.2], [0.1, 0.01], [0.3, 0.39])]
        [True, False]
    """
    rows = list(zip(values, lows, highs, strict=True))
    return [decide(*row, looks=looks or len(rows)) for row in rows]


def leader(values: Iterable[float], lows: Iterable[float], highs: Iterable[float]) -> int | None:
    """The place of the quantity that is shown to be the largest of all; None where none is.

    The difference to every other one is taken to be as unsure as both together, so that paired
    differences, which are surer, might show more.

    Example:
        >>> leader([0.1, 0.5], [0.0, 0.4], [0.2, 0.6]), leader([0.1, 0.5], [0.0, 0.1], [0.2, 0.9])
        (1, None)
    """
    rows = list(zip(values, lows, highs, strict=True))
    if any(math.isnan(value) for value, _, _ in rows) or not rows:
        return None
    top = max(range(len(rows)), key=lambda place: rows[place][0])
    value, low, high = rows[top]
    for place, (other, least, most) in enumerate(rows):
        found = decide(value - other, low - most, high - least, looks=len(rows) - 1)
        if place != top and not found.above:
            return None
    return top
