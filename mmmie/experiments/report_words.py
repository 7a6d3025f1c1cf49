"""What the report says about numbers: names, formats and findings."""

from __future__ import annotations

import math
from collections.abc import Sequence

from mmmie.analysis.errors.resampling import Interval
from mmmie.experiments.statistics import Row
from mmmie.metrics import METRICS
from mmmie.mi.verdict import Decision, decide_by_chance

NOTHING = "–"
NO_DIFFERENCE = "no clear difference"


def title_of(metric: str) -> str:
    """What a metric is called."""
    return METRICS[metric].name


def direction(metric: str) -> str:
    """Which way is better."""
    return "higher is better" if METRICS[metric].higher_is_better else "lower is better"


def number(value: float | None) -> str:
    """Three decimals.

    Example:
        >>> number(-0.25), number(float("nan"))
        ('−0.250', '–')
    """
    if value is None or not math.isfinite(value):
        return NOTHING
    return f"{value:.3f}".replace("-", "−")


def signed(value: float) -> str:
    """Three decimals with a sign."""
    return f"+{number(value)}" if value > 0 else number(value)


def ends(interval: Interval) -> str:
    """The ends of an interval in brackets."""
    if not math.isfinite(interval.low):
        return NOTHING
    return f"[{number(interval.low)}, {number(interval.high)}]"


def probability(p: float) -> str:
    """A p value.

    Example:
        >>> probability(0.00004), probability(0.0312)
        ('<0.001', '0.031')
    """
    if not math.isfinite(p):
        return NOTHING
    return "<0.001" if p < 0.001 else f"{p:.3f}"


def is_shown(row: Row) -> bool:
    """Whether a difference to the reference is shown, after correction for their number."""
    return decided(row).clear


def decided(row: Row) -> Decision:
    """What may be said of a row's difference to the reference, after Holm's correction."""
    value = math.nan if row.effect is None else row.effect.interval.value
    return decide_by_chance(value, row.corrected)


def verdict(row: Row, metric: str) -> str:
    """How a row compares with the reference."""
    if row.is_reference:
        return "reference"
    found = decided(row)
    if found.verdict == "not known":
        return NOTHING
    if not found.clear:
        return NO_DIFFERENCE
    return "better" if found.above == METRICS[metric].higher_is_better else "worse"


def findings(
    rows: Sequence[Row], metric: str, split: str, conversations: int, reference: str
) -> list[str]:
    """Sentences on `rows`: the reference, what is better or worse, and what shows no difference.

    `rows` are of one metric on all utterances of a split of so many conversations.
    """
    own = next((row for row in rows if row.is_reference), None)
    title = title_of(metric)
    if own is None:
        return [f"The reference {reference} has no finished trial, so nothing can be compared."]
    count = len(own.values)
    seeds = f"{count} seed{'s' if count > 1 else ''}"
    said = [
        f"On {split}, {reference} has {title} {number(own.over_conversations.value)} "
        f"{ends(own.over_conversations)} over {conversations} conversations, mean of {seeds}."
    ]
    for wanted in ("better", "worse"):
        chosen = [row for row in rows if verdict(row, metric) == wanted]
        if chosen:
            said.append(f"{wanted.capitalize()} than it: {_listed(chosen)}.")
    null = [row for row in rows if verdict(row, metric) == NO_DIFFERENCE]
    if null:
        said.append(
            f"No clear difference with {conversations} conversations and {seeds}, corrected for "
            f"{_comparisons(rows)}: {_listed(null)}."
        )
    return said


def _listed(rows: Sequence[Row]) -> str:
    return "; ".join(
        f"{row.name} ({signed(row.effect.interval.value)} {ends(row.effect.interval)})"
        for row in rows
        if row.effect
    )


def _comparisons(rows: Sequence[Row]) -> str:
    count = sum(math.isfinite(row.corrected) for row in rows)
    return f"{count} comparison{'s' if count > 1 else ''}"
