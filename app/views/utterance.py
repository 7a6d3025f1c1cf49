"""One utterance: its truth and prediction on the scale of the corpus."""

from __future__ import annotations

import numpy as np

from app.views.style import (
    NEUTRAL,
    SENTIMENT_SCALE,
    class_colours,
    sentiment_colour,
    short_number,
    three_digits,
)
from app.views.svg import add, drawing, gradient, headline, hint, per_cent, ticks, write
from mmmie.corpus import Label

_MARGIN = 0.04  # of the width, on either side
_MARKS, _STRIP, _TICKS, _TITLE = 18, 38, 72, 92  # pixels from the top
_ROW, _LETTERS = 30, 40


def scale_svg(label: Label, limits: tuple[float, float], truth: float, prediction: float) -> str:
    """Truth (hollow) and prediction (filled) above the diverging scale of the label."""
    low, high = min(limits[0], prediction), max(limits[1], prediction)

    def across(value: float) -> float:
        return _MARGIN + (1 - 2 * _MARGIN) * (value - low) / (high - low)

    root = drawing(
        _TITLE + 8,
        f"truth {truth:.3g} and prediction {prediction:.3g} on the {label.name} scale",
    )
    fill = gradient(root, "sentiment-scale", SENTIMENT_SCALE)
    add(
        root, "rect", x=per_cent(across(limits[0])), y=_STRIP, height=20, fill=fill,
        width=per_cent(across(limits[1]) - across(limits[0])),
    )  # fmt: skip
    add(
        root, "line", x1=per_cent(across(truth)), x2=per_cent(across(prediction)),
        y1=_MARKS, y2=_MARKS, stroke=NEUTRAL, stroke_width=2,
    )  # fmt: skip
    hollow = add(
        root, "circle", cx=per_cent(across(truth)), cy=_MARKS, r=8, fill="none",
        stroke=NEUTRAL, stroke_width=2.5, pointer_events="all",
    )  # fmt: skip
    hint(hollow, f"truth {three_digits(truth)}")
    filled = add(
        root, "circle", cx=per_cent(across(prediction)), cy=_MARKS, r=7, stroke=NEUTRAL,
        fill=sentiment_colour(prediction, limits), stroke_width=1.5,
    )  # fmt: skip
    hint(filled, f"prediction {three_digits(prediction)}")
    words = {"text_anchor": "middle", "fill": "currentColor"}
    for place in ticks(*limits, 7):
        add(root, "text", short_number(place), x=per_cent(across(place)), y=_TICKS, **words)
    add(root, "text", label.name, x="50%", y=_TITLE, font_size="13", **words)
    return write(root)


def classes_svg(classes: list[str], probabilities: np.ndarray, truth: str) -> str:
    """Probability of every class as bars, the true one named so.

    Args:
        classes: their names.
        probabilities: (classes,).
        truth: the name of the true class.
    """
    colours = class_colours(classes)
    root = drawing(
        _ROW * len(classes) + 4, f"probabilities of the classes; the true one is {truth}"
    )
    for i, (name, probability) in enumerate(zip(classes, probabilities, strict=True)):
        line = _ROW * i + 13
        own = name == truth
        named = f"{name} (truth)" if own else name
        headline(root, line - 2, named, f"{probability:.2f}", _LETTERS, strong=own)
        add(root, "rect", x="0", y=line + 2, width="100%", height=8, rx=2, fill=NEUTRAL,
            fill_opacity=0.16)  # fmt: skip
        bar = add(root, "rect", x="0", y=line + 2, width=per_cent(float(probability)), height=8,
                  rx=2, fill=colours[name])  # fmt: skip
        hint(bar, f"{name}: probability {probability:.3f}")
    return write(root)
