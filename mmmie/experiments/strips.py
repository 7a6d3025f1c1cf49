"""Dots and intervals as small inline SVG, one strip per row of a table."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from markupsafe import Markup

from mmmie.analysis.errors.resampling import Interval

WIDTH, HEIGHT = 190, 30
_MARGIN = 8
_MOST_TICKS = 4


@dataclass(frozen=True)
class Scale:
    """A horizontal axis that all strips of a column share, from `low` to `high`."""

    low: float
    high: float

    @staticmethod
    def over(intervals: Sequence[Interval], always: Sequence[float] = ()) -> Scale:
        """The axis for all intervals but those far off, and `always`, with a little room.

        Far off are values beyond Tukey's outer fences: they would press all others together.
        """
        values = np.array([i.value for i in intervals if math.isfinite(i.value)] or [0.0])
        lower, upper = np.quantile(values, [0.25, 0.75])
        reach = 3 * (upper - lower) or math.inf
        near = [i for i in intervals if lower - reach <= i.value <= upper + reach]
        ends = [end for i in near for end in (i.value, i.low, i.high) if math.isfinite(end)]
        ends += always
        low, high = min(ends, default=0.0), max(ends, default=0.0)
        apart = high - low > 1e-9 * max(abs(low), abs(high))  # not by the rounding of floats alone
        room = 0.05 * (high - low) if apart else abs(high) * 0.1 or 0.1
        return Scale(low - room, high + room)

    def contains(self, value: float) -> bool:
        """Whether a value lies on the axis."""
        return self.low <= value <= self.high

    def __call__(self, value: float) -> float:
        """Pixels from the left end."""
        return _MARGIN + (value - self.low) / (self.high - self.low) * (WIDTH - 2 * _MARGIN)

    @property
    def ticks(self) -> list[float]:
        """Round values, at most four.

        Example:
            >>> Scale(0.18, 0.5).ticks
            [0.2, 0.3, 0.4, 0.5]
        """
        raw = (self.high - self.low) / _MOST_TICKS
        power = 10 ** math.floor(math.log10(raw))
        step = next(m * power for m in (1, 2, 5, 10) if m * power >= raw * 0.999)
        first, last = math.ceil(self.low / step - 1e-9), math.floor(self.high / step + 1e-9)
        return [float(f"{index * step:.6g}") for index in range(first, last + 1)]


def mean_strip(
    scale: Scale, values: Sequence[float], seeds: Interval, conversations: Interval
) -> Markup:
    """Faint dots for seeds, a thin line for conversations, a thick one for seeds, the mean."""
    parts = [_grid(scale), _line(scale, conversations, "thin"), _line(scale, seeds, "thick")]
    parts += [_dot(scale, value, 2.2, "seed") for value in values]
    parts.append(_dot(scale, seeds.value, 4.5, "mean"))
    return _svg(parts)


def difference_strip(scale: Scale, difference: Interval, shown: bool) -> Markup:
    """A line for the interval and a dot: filled where a difference is shown, else a ring."""
    zero = f'<line class="zero" x1="{scale(0):.1f}" x2="{scale(0):.1f}" y1="0" y2="{HEIGHT}"/>'
    line = _line(scale, difference, "thin")
    return _svg([zero, line, _dot(scale, difference.value, 4.5, "mean" if shown else "ring")])


def axis_strip(scale: Scale) -> Markup:
    """The numbers of the axis."""
    step = scale.ticks[1] - scale.ticks[0] if len(scale.ticks) > 1 else 1.0
    decimals = max(0, -math.floor(math.log10(step) + 1e-9))
    middle = 'y="14" text-anchor="middle"'
    texts = [f"<text x='{scale(t):.1f}' {middle}>{_tick(t, decimals)}</text>" for t in scale.ticks]
    return _svg(texts)


def _tick(value: float, decimals: int) -> str:
    return f"{value:.{decimals}f}".replace("-", "−")


def _grid(scale: Scale) -> str:
    return "".join(
        f'<line class="grid" x1="{scale(t):.1f}" x2="{scale(t):.1f}" y1="0" y2="{HEIGHT}"/>'
        for t in scale.ticks
    )


def _line(scale: Scale, interval: Interval, kind: str) -> str:
    low, high = max(interval.low, scale.low), min(interval.high, scale.high)
    if not low <= high:  # it is not known, or it lies beyond the ends
        return ""
    y = HEIGHT / 2
    return f'<line class="{kind}" x1="{scale(low):.1f}" x2="{scale(high):.1f}" y1="{y}" y2="{y}"/>'


def _dot(scale: Scale, value: float, radius: float, kind: str) -> str:
    if not math.isfinite(value):
        return ""
    if scale.contains(value):
        return f'<circle class="{kind}" cx="{scale(value):.1f}" cy="{HEIGHT / 2}" r="{radius}"/>'
    if kind == "seed":
        return ""
    end, way = (WIDTH - 2, -1) if value > scale.high else (2, 1)  # an arrow: it lies further out
    points = f"{end},{HEIGHT / 2} {end + 9 * way},{HEIGHT / 2 - 5} {end + 9 * way},{HEIGHT / 2 + 5}"
    return f'<polygon class="{kind}" points="{points}"/>'


def _svg(parts: Sequence[str]) -> Markup:
    inner = "".join(parts)
    return Markup(
        f'<svg width="{WIDTH}" height="{HEIGHT}" viewBox="0 0 {WIDTH} {HEIGHT}" '
        f'aria-hidden="true">{inner}</svg>'
    )
