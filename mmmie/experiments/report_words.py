"""What the report says about numbers: names, formats and findings."""

from __future__ import annotations

import math
from collections.abc import Sequence

from mmmie.analysis.errors.resampling import Interval
from mmmie.experiments.comparison import Row

ALPHA = 0.05
NOTHING = "–"
_TITLES = {
    "mae": "MAE",
    "corr": "Corr",
    "acc7": "Acc-7",
    "acc5": "Acc-5",
    "acc2_nonneg": "Acc-2 non-negative",
    "f1_nonneg": "F1 non-negative",
    "acc2_nonzero": "Acc-2 non-zero",
    "f1_nonzero": "F1 non-zero",
    "accuracy": "Accuracy",
    "f1_weighted": "Weighted F1",
    "f1_macro": "Macro F1",
}
_LOWER_IS_BETTER = ("mae",)


def title_of(metric: str) -> str:
    """What a metric is called."""
    return _TITLES.get(metric, metric)


def direction(metric: str) -> str:
    """Which way is better."""
    return "lower is better" if metric in _LOWER_IS_BETTER else "higher is better"


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
    return row.effect is not None and row.corrected < ALPHA


def verdict(row: Row, metric: str) -> str:
    """What a row says against the reference."""
    if row.is_reference:
        return "reference"
    if row.effect is None or not math.isfinite(row.corrected):
        return NOTHING
    if not is_shown(row):
        return "no difference shown"
    return "better" if _is_better(row.effect.interval.value, metric) else "worse"


def findings(
    rows: Sequence[Row], metric: str, split: str, conversations: int, reference: str
) -> list[str]:
    """The result in sentences, the nulls among them.

    Args:
        rows: of the metric on all utterances of the split.
        metric: its name.
        split: train, valid or test.
        conversations: of the split.
        reference: the name of the reference.
    """
    own = next((row for row in rows if row.is_reference), None)
    title = title_of(metric)
    if own is None:
        return [f"{reference}, the reference, has no finished trial; nothing can be compared."]
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
    null = [row for row in rows if verdict(row, metric) == "no difference shown"]
    if null:
        said.append(
            f"No difference that {conversations} conversations and {seeds} could show, corrected "
            f"for {_comparisons(rows)}: {_listed(null)}."
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


def _is_better(difference: float, metric: str) -> bool:
    return difference < 0 if metric in _LOWER_IS_BETTER else difference > 0
