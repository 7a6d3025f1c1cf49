"""What one prediction takes from its window, and what it says under every variant."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pandas as pd

from app.parts.style import (
    NEUTRAL,
    class_colours,
    modality_colour,
    sentiment_colour,
    short_number,
    three_digits,
)
from app.parts.svg import (
    LETTERS,
    WORDS,
    Element,
    add,
    cut,
    drawing,
    hint,
    per_cent,
    place,
    ticks,
    write,
)
from mmmie.corpus import Label

_NAMES = 0.22  # of the width, for the names of the rows
_RIGHT, _GAP = 0.02, 0.03
_EDGE = 0.1  # of a panel, where a number would stand out of it
_BESIDE = 3  # names of a legend on one line


def attention_svg(
    shares: Mapping[str, pd.DataFrame],
    places: Mapping[int, str],
    modalities: list[str],
    *,
    alt: str,
) -> str:
    """Attention on every utterance of a window, stacked by modality, one panel per variant.

    Args:
        shares: title of the panel → `mmmie.analysis.ask.context_use.attention_shares`; the windows
            may differ, then what one of them lacks gets nothing there.
        places: offset to the target → name of every utterance, in order of time.
    """
    matrices = [
        table.pivot(index="offset", columns="modality", values="share").reindex(
            index=list(places), columns=modalities, fill_value=0
        )
        for table in shares.values()
    ]
    most = max((float(m.sum(axis=1).max()) for m in matrices), default=0) * 1.05 or 1.0
    colours = {name: modality_colour(name, modalities) for name in modalities}
    rows = _Rows(list(places.values()), alt, colours, above=26)
    wide = (1 - _NAMES - _RIGHT - _GAP * (len(shares) - 1)) / len(shares)
    for column, (title, matrix) in enumerate(zip(shares, matrices, strict=True)):
        left = _NAMES + column * (wide + _GAP)
        rows.word(title, left + wide / 2, rows.top - 10)
        rows.scale(left, wide, (0, most), "{:.0%}".format, 3, "share of attention", inside=True)
        for row, name in enumerate(rows.names):
            start = left
            for modality in modalities:
                share = float(matrix.iloc[row][modality])
                bar = rows.bar(row, start, wide * share / most, colours[modality])
                hint(bar, f"{name}\n{modality} {share:.1%}")
                start += wide * share / most
    return write(rows.root)


def prediction_svg(
    predictions: Mapping[str, float],
    truth: float,
    label: Label,
    limits: tuple[float, float],
    *,
    alt: str,
    letters: int = LETTERS,
) -> str:
    """The prediction of one utterance under every variant (filled) against the truth (hollow).

    Args:
        predictions: what the variant is called → the prediction, as trained first.
        letters: their size in pixels.
    """
    rows = _Rows(list(predictions), alt, {"truth": "none", "prediction": NEUTRAL}, letters)
    values, margin = list(predictions.values()), 0.05 * (limits[1] - limits[0])
    low = min(limits[0], truth, *values) - margin
    high = max(limits[1], truth, *values) + margin
    wide = 1 - _NAMES - _RIGHT
    rows.scale(_NAMES, wide, (low, high), short_number, 7, label.name)

    def across(value: float) -> str:
        return per_cent(_NAMES + wide * (value - low) / (high - low))

    # What it says as trained, carried down so that a shift is seen at once.
    add(
        rows.root, "line", x1=across(values[0]), x2=across(values[0]), y1=rows.top,
        y2=rows.bottom, stroke=NEUTRAL, stroke_dasharray="2 3",
    )  # fmt: skip
    for row, (name, value) in enumerate(predictions.items()):
        y = rows.middle(row)
        add(
            rows.root, "line", x1=across(truth), x2=across(value), y1=y, y2=y, stroke=NEUTRAL,
            stroke_width=1.5,
        )  # fmt: skip
        hollow = add(
            rows.root, "circle", cx=across(truth), cy=y, r=6.5, fill="none", stroke=NEUTRAL,
            stroke_width=2, pointer_events="all",
        )  # fmt: skip
        hint(hollow, f"truth {three_digits(truth)}")
        filled = add(
            rows.root, "circle", cx=across(value), cy=y, r=6, stroke=NEUTRAL,
            fill=sentiment_colour(value, limits),
        )  # fmt: skip
        hint(filled, f"{name}: {three_digits(value)}")
    return write(rows.root)


def class_prediction_svg(
    probabilities: Mapping[str, np.ndarray],
    truth: str,
    classes: Sequence[str],
    *,
    alt: str,
    letters: int = LETTERS,
) -> str:
    """The same for classes: probabilities (classes,) as bars; the true class is outlined."""
    colours = class_colours(list(classes))
    named = {f"{name} (truth)" if name == truth else name: colours[name] for name in classes}
    rows = _Rows(list(probabilities), alt, named, letters)
    wide = 1 - _NAMES - _RIGHT
    rows.scale(_NAMES, wide, (0, 1), short_number, 6, "probability")
    for row, (variant, shares) in enumerate(probabilities.items()):
        start, outlined = _NAMES, None
        for name, share in zip(classes, map(float, shares), strict=True):
            bar = rows.bar(row, start, wide * share, colours[name])
            hint(bar, f"{variant}\n{name} {share:.3f}")
            outlined = bar if name == truth else outlined
            start += wide * share
        if outlined is not None:  # drawn last, so that no neighbour covers its edge
            rows.root.remove(outlined)
            rows.root.append(outlined)
            outlined.set("stroke", NEUTRAL)
            outlined.set("stroke-width", "2.5")
    return write(rows.root)


def said_drawing(
    said: Mapping[str, np.ndarray],
    truth: object,
    label: Label,
    limits: tuple[float, float],
    *,
    alt: str,
    letters: int = LETTERS,
) -> tuple[str, pd.DataFrame]:
    """One prediction under several questions: `prediction_svg` or that of classes, and its numbers.

    Args:
        said: question → (), (1,) in label units or (classes,) probabilities, as trained first.
        letters: their size in pixels.

    Returns:
        The drawing, and a table with `variant`, `prediction` or one column per class, and `truth`.
    """
    if label.classes is None:
        values = {name: float(np.ravel(output)[0]) for name, output in said.items()}
        drawn = prediction_svg(values, float(str(truth)), label, limits, alt=alt, letters=letters)
        data = pd.DataFrame({"variant": values.keys(), "prediction": values.values()})
    else:
        classes = list(label.classes)
        drawn = class_prediction_svg(said, str(truth), classes, alt=alt, letters=letters)
        data = pd.DataFrame(said, index=classes).T.rename_axis("variant").reset_index()
    return drawn, data.assign(truth=truth)


class _Rows:
    """A drawing of named rows below a legend, with a scale below them."""

    def __init__(
        self,
        names: list[str],
        alt: str,
        legend: Mapping[str, str],
        letters: int = LETTERS,
        above: float = 4,
    ) -> None:
        self.names, self.letters = names, letters
        self.row = 18.0 + letters
        line = letters + 10
        self.top = line * -(-len(legend) // _BESIDE) + above
        self.bottom = self.top + self.row * len(names)
        self.root = drawing(self.bottom + 3.6 * letters, alt, letters)
        self._legend(legend, line)
        for row, name in enumerate(names):
            word = self.word("", _NAMES - 0.01, self.middle(row) + 4, anchor="end")
            cut(word, name, int(_NAMES * 1000 / letters))

    def middle(self, row: int) -> float:
        return self.top + self.row * (row + 0.5)

    def word(self, text: str, x: float, y: float, anchor: str = "middle") -> Element:
        return add(self.root, "text", text, x=per_cent(x), y=y, text_anchor=anchor, **WORDS)

    def bar(self, row: int, x: float, width: float, colour: str) -> Element:
        return add(
            self.root, "rect", x=per_cent(x), y=self.middle(row) - 0.38 * self.row,
            width=per_cent(max(width, 0)), height=0.76 * self.row, fill=colour,
        )  # fmt: skip

    def scale(
        self,
        left: float,
        wide: float,
        limits: tuple[float, float],
        form: Callable[[float], str],
        most: int,
        title: str,
        inside: bool = False,
    ) -> None:
        """Round numbers below a panel, their lines behind it, and what they measure.

        The panel is given in shares of the width. Numbers near its ends stay `inside` it, away
        from those of the next one.
        """
        for value in ticks(*limits, most):
            x = left + wide * (value - limits[0]) / (limits[1] - limits[0])
            add(
                self.root, "line", x1=per_cent(x), x2=per_cent(x), y1=self.top, y2=self.bottom,
                stroke=NEUTRAL, stroke_opacity=0.25,
            )  # fmt: skip
            near = (value - limits[0]) / (limits[1] - limits[0])
            anchor = "start" if near < _EDGE else "end" if near > 1 - _EDGE else "middle"
            y = self.bottom + 1.25 * self.letters
            self.word(form(value), x, y, anchor if inside else "middle")
        self.word(title, left + wide / 2, self.bottom + 2.9 * self.letters)

    def _legend(self, legend: Mapping[str, str], line: float) -> None:
        room = (1 - _NAMES) / min(len(legend), _BESIDE)
        for i, (name, colour) in enumerate(legend.items()):
            x, y = _NAMES + room * (i % _BESIDE), line * (i // _BESIDE) + line / 2
            mark = place(self.root, per_cent(x), y)
            add(
                mark, "circle", cx=6, cy=0, r=5.5, fill=colour, stroke=NEUTRAL,
                stroke_width=2 if colour == "none" else 0,
            )  # fmt: skip
            add(mark, "text", name, x=18, y=4, **WORDS)
