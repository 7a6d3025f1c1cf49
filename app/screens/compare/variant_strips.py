"""One row per variant on one axis: its seeds as small dots, their mean and its interval."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from app.parts.names import shortened
from app.parts.rows import Rows
from app.parts.style import ACCENT, NEUTRAL
from app.parts.svg import WORDS, add, hint
from mmmie.analysis.errors.resampling import Interval
from mmmie.experiments.strips import Scale

_LETTERS = 34
_SEED_DOWN, _SEED_RADIUS, _THICK = 10, 2.5, 6  # pixels


@dataclass(frozen=True)
class Strip:
    """A row.

    Attributes:
        said: the value in words, on the right.
        mean: what the dot and the line show.
        seeds: seed → its value.
        over_seeds: a second, thick line; none where it is not known.
        clear: whether the dot is filled.
        strong: whether the name is bold.
    """

    name: str
    said: str
    mean: Interval
    seeds: dict[int, float]
    over_seeds: Interval | None = None
    clear: bool = True
    strong: bool = False


def strips_svg(
    strips: Sequence[Strip], title: str, alt: str, *, zero: str = "", share: bool = False
) -> str:
    """The rows, the first on top; what lies far off the others is an arrow at the edge.

    Args:
        zero: what is written over a line at zero; no line if empty.
        share: whether values are shares, written as percentages.
    """
    every = [strip.mean for strip in strips]
    every += [Interval(v, v, v) for strip in strips for v in strip.seeds.values()]
    scale = Scale.over(every, always=[0.0] if zero else [])
    drawn = Rows(len(strips), (scale.low, scale.high), alt, headed=bool(zero))
    drawn.axis(title, share=share)
    if zero:
        drawn.line(0, zero)
    for at, strip in enumerate(strips):
        down = drawn.row(at, shortened(strip.name, _LETTERS), strip.said, strong=strip.strong)
        colour = ACCENT if zero and strip.clear else NEUTRAL
        if strip.over_seeds is not None:
            _bar(drawn, scale, down, strip.over_seeds, NEUTRAL, _THICK, opacity=0.35)
        _bar(drawn, scale, down, strip.mean, colour, 2)
        for seed, value in strip.seeds.items():
            if scale.contains(value):
                said = f"{strip.name}\nseed {seed}: {value:.3g}".replace("-", "−")
                drawn.dot(down + _SEED_DOWN, value, NEUTRAL, said, radius=_SEED_RADIUS)
        _mean(drawn, scale, down, strip, colour)
    return drawn.write()


def _mean(drawn: Rows, scale: Scale, down: float, strip: Strip, colour: str) -> None:
    value, told = strip.mean.value, f"{strip.name}\n{strip.said}"
    if not np.isfinite(value):
        return
    if scale.contains(value):
        drawn.dot(down, value, colour, told, hollow=not strip.clear)
        return
    right = value > scale.high
    arrow = add(
        drawn.root, "text", "▶" if right else "◀", x="100%" if right else "0%", y=down + 5,
        text_anchor="end" if right else "start", **WORDS,
    )  # fmt: skip
    hint(arrow, told)


def _bar(
    drawn: Rows, scale: Scale, down: float, ends: Interval, colour: str, width: float,
    *, opacity: float = 1,
) -> None:  # fmt: skip
    """The part of an interval that lies on the axis."""
    low, high = max(ends.low, scale.low), min(ends.high, scale.high)
    if low <= high:
        drawn.bar(down, low, high, colour, width, opacity)
