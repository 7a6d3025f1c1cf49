"""The side of the truth that an estimate is on: its words, sign, dash and mark."""

from __future__ import annotations

from dataclasses import dataclass

from app.parts.style import LOWER_LINE, NEITHER_LINE, UPPER_LINE


@dataclass(frozen=True)
class Side:
    """How estimates of one side are written and drawn."""

    words: str
    before: str
    sign: str
    dash: str
    symbol: str


SIDES = {
    "lower": Side("lower bound", "at least", "≥", LOWER_LINE, "triangle-right"),
    "neither": Side("no bound", "about", "≈", NEITHER_LINE, "circle"),
    "upper": Side("upper bound", "at most", "≤", UPPER_LINE, "triangle-left"),
}
"""By bound, in the order of rows."""
