"""Named rows over one axis: a name, its value in words, and below them where the value lies."""

from __future__ import annotations

import numpy as np
import pandas as pd

from app.parts.numbers import interval_text
from app.parts.style import ACCENT, NEUTRAL, short_number
from app.parts.svg import WORDS, add, drawing, headline, hint, per_cent, ticks, write

_MARGIN = 0.02  # of the width, on either side
_EDGE = 0.1  # of the width, where words would be cut if they stood in the middle
_ROW, _NAME, _MARK, _HALF = 42, 12, 25, 9  # pixels, of a row
_HEAD, _FOOT = 18, 36
_LETTERS = 42
_MOST_TICKS = 6


class Rows:
    """A drawing of rows, the first on top.

    Args:
        headed: whether something is written above the first row, see `line` and `key`.
    """

    def __init__(
        self, count: int, limits: tuple[float, float], alt: str, *, headed: bool = False
    ) -> None:
        pad = 0.03 * max(limits[1] - limits[0], 1e-9)
        self.low, self.high = limits[0] - pad, limits[1] + pad
        self._count, self._top = count, _HEAD if headed else 0
        self._bottom = self._top + _ROW * count
        self.root = drawing(self._bottom + _FOOT, alt)

    def across(self, value: float) -> str:
        """Where a value stands."""
        share = (value - self.low) / (self.high - self.low)
        return per_cent(_MARGIN + (1 - 2 * _MARGIN) * share)

    def axis(self, title: str, *, share: bool = False) -> None:
        """Round numbers and their lines, to be drawn first.

        Args:
            share: whether values are shares, written as percentages.
        """
        for place in ticks(self.low, self.high, _MOST_TICKS):
            x = self.across(place)
            self._upright(x, stroke_opacity=0.3)
            text = f"{short_number(round(100 * place, 9))}%" if share else short_number(place)
            add(self.root, "text", text, x=x, y=self._bottom + 13, text_anchor="middle", **WORDS)
        add(
            self.root, "text", title, x="50%", y=self._bottom + 30, text_anchor="middle",
            fill="currentColor", font_size="13",
        )  # fmt: skip

    def line(self, value: float, name: str = "") -> None:
        """A dotted line at a value to compare with, named above the rows."""
        x = self.across(value)
        self._upright(x, stroke_dasharray="2 2", stroke_width=1.5)
        share = (value - self.low) / (self.high - self.low)
        anchor = "start" if share < _EDGE else "end" if share > 1 - _EDGE else "middle"
        add(self.root, "text", name, x=x, y=11, text_anchor=anchor, font_size="11", **WORDS)

    def key(self, hollow: str, filled: str) -> None:
        """What a hollow and what a filled dot are, above the rows."""
        for x, name, fill in ((8, hollow, "none"), (80, filled, NEUTRAL)):
            add(self.root, "circle", cx=x, cy=8, r=5, fill=fill, stroke=NEUTRAL, stroke_width=2)
            add(self.root, "text", name, x=x + 11, y=12, **WORDS)

    def row(self, at: int, name: str, said: str, *, strong: bool = False) -> float:
        """Write a name on the left and a value on the right of a row; returns where marks go."""
        top = self._top + _ROW * at
        headline(self.root, top + _NAME, name, said, _LETTERS, strong=strong)
        return top + _MARK

    def bar(
        self,
        down: float,
        low: float,
        high: float,
        colour: str,
        width: float = 2,
        opacity: float = 1,
    ) -> None:
        """A line from one value to another, an interval say."""
        add(
            self.root, "line", x1=self.across(low), x2=self.across(high), y1=down, y2=down,
            stroke=colour, stroke_width=width, stroke_opacity=opacity,
        )  # fmt: skip

    def dot(
        self,
        down: float,
        value: float,
        colour: str,
        said: str,
        *,
        radius: float = 5,
        hollow: bool = False,
    ) -> None:
        """A value; `said` is what the pointer says on it."""
        dot = add(
            self.root, "circle", cx=self.across(value), cy=down, r=radius, stroke=colour,
            fill="none" if hollow else colour, stroke_width=2, pointer_events="all",
        )  # fmt: skip
        hint(dot, said)

    def _upright(self, x: str, **style: str | float) -> None:
        """A line down the drawing, broken where the rows have their words."""
        for at in range(self._count):
            down = self._top + _ROW * at + _MARK
            add(
                self.root, "line", "", x1=x, x2=x, y1=down - _HALF, y2=down + _HALF, stroke=NEUTRAL,
                **style,
            )  # fmt: skip

    def write(self) -> str:
        """The drawing as markup."""
        return write(self.root)


def dots_svg(
    rows: pd.DataFrame,
    title: str,
    alt: str,
    *,
    highlight: str | None = None,
    reference: float | None = None,
    reference_name: str = "",
    share: bool = False,
    from_zero: bool = False,
) -> str:
    """One row per `label`, the first on top.

    Args:
        rows: `label`, `value` and, where known, `low`, `high`, `n`.
        share: whether values are shares, written as percentages.
    """
    compared = reference is not None and bool(np.isfinite(reference))
    low, high = _column(rows, "low"), _column(rows, "high")
    ends = np.concatenate([rows["value"].to_numpy(float), low, high, [reference] * compared])
    first, last = (np.nanmin(ends), np.nanmax(ends)) if len(rows) else (0.0, 1.0)
    limits = (0.0 if from_zero else float(first), float(last))
    drawn = Rows(len(rows), limits, alt, headed=compared)
    drawn.axis(title, share=share)
    if compared and reference is not None:
        drawn.line(reference, reference_name)
    for i, (row, lo, hi) in enumerate(zip(rows.to_dict("records"), low, high, strict=True)):
        own = row["label"] == highlight
        colour = ACCENT if own else NEUTRAL
        said = interval_text(row["value"], lo, hi, share=share)
        down = drawn.row(i, row["label"], said, strong=own)
        if np.isfinite(lo) and np.isfinite(hi):
            drawn.bar(down, lo, hi, colour)
        more = f"\n{row['n']:,} utterances" if "n" in row else ""
        drawn.dot(down, row["value"], colour, f"{row['label']}\n{said}{more}")
    return drawn.write()


def _column(rows: pd.DataFrame, name: str) -> np.ndarray:
    return rows[name].to_numpy(float) if name in rows else np.full(len(rows), np.nan)
