"""The card of an utterance with what both checkpoints say of it."""

from __future__ import annotations

import numpy as np
import pandas as pd
import streamlit as st

from app.parts import page_text as say
from app.parts.drawings import draw
from app.parts.names import plain, text_of
from app.parts.rows import Rows
from app.parts.style import NEUTRAL, three_digits
from app.parts.svg import WORDS, add, cut, drawing, headline, hint, per_cent, write
from app.screens.compare.comparison import FIRST, SECOND, Names
from app.state import View
from app.utterance.conversation import label_limits
from mmmie.analysis.outputs import TRAINED
from mmmie.corpus import Label


def draw_both_cards(view: View, other: View, both: pd.DataFrame) -> None:
    """The card of the primary utterance and, under it, that of the pinned one.

    Args:
        view: the first checkpoint.
        other: the second.
        both: from `mmmie.analysis.errors.comparison.disagreements`, all utterances of the split.
    """
    by_id = both.set_index("id")
    for row, key in ((view.primary, "compared"), (view.pinned, "compared-pinned")):
        if row is None:
            continue
        with st.container(border=True, key=key):
            if key == "compared-pinned":
                st.badge("pinned", icon=":material/keep:", color="gray")
            one = by_id.loc[view.frame["id"].iloc[row]]
            _heading(view.frame, row)
            _predictions(view, other, row, one, key)


def _heading(frame: pd.DataFrame, row: int) -> None:
    one = frame.iloc[row]
    turns = int((frame["conversation"] == one["conversation"]).sum())
    who = text_of(one.get("speaker"))
    say.words(f"**{plain(who) if who else 'Unknown speaker'}**")
    place = f"utterance {one['id']} · turn {int(one['position']) + 1} of {turns}"
    say.caption(plain(place))
    said = text_of(one.get("transcript"))
    if said:
        say.verbatim(f"“{said}”")
    else:
        say.caption("This utterance has no transcript.")


def _predictions(view: View, other: View, row: int, one: pd.Series, key: str) -> None:
    label, frame = view.corpus.label, view.frame
    names = (view.choice.name, other.choice.name)
    finding = card_finding(one, names, classes=label.classes is not None)
    say.words(f"**{plain(finding)}**")
    if label.classes is not None:
        probabilities = tuple(v.outputs.output[TRAINED][row] for v in (view, other))
        drawing = both_on_classes_svg(
            list(label.classes),
            (probabilities[0], probabilities[1]),
            names,
            str(one["label"]),
            f"{finding}: class probabilities of both checkpoints",
        )
        draw(drawing, key=f"{key}-predictions")
        return
    limits = label_limits(label, frame["label"].to_numpy())
    truth, first, second = (float(one[name]) for name in ("label", "first", "second"))
    alt = f"truth {truth:.3g}, {names[0]} {first:.3g}, {names[1]} {second:.3g}"
    drawing = both_on_scale_svg(label, limits, truth, (first, second), names, alt)
    draw(drawing, key=f"{key}-predictions")
    say.caption(
        f"truth {three_digits(truth)} (hollow), {plain(names[0])} {three_digits(first)}, "
        f"{plain(names[1])} {three_digits(second)} (filled); the length of a line is the error."
    )


_CLASS, _LETTERS, _NAME_LETTERS = 48, 40, 12


def both_on_scale_svg(
    label: Label,
    limits: tuple[float, float],
    truth: float,
    predictions: tuple[float, float],
    names: Names,
    alt: str,
) -> str:
    """Truth (hollow) and prediction (filled) of both checkpoints, one row each."""
    whole = min(limits[0], *predictions), max(limits[1], *predictions)
    drawn = Rows(2, whole, alt)
    drawn.axis(label.name)
    both = zip(names, predictions, (FIRST, SECOND), strict=True)
    for i, (name, value, colour) in enumerate(both):
        down = drawn.row(i, name, three_digits(value))
        drawn.bar(down, truth, value, colour)
        drawn.dot(down, truth, NEUTRAL, f"truth {three_digits(truth)}", radius=7, hollow=True)
        drawn.dot(down, value, colour, f"{name} {three_digits(value)}", radius=6)
    return drawn.write()


def both_on_classes_svg(
    classes: list[str],
    probabilities: tuple[np.ndarray, np.ndarray],
    names: Names,
    truth: str,
    alt: str,
) -> str:
    """Probability of every class by both checkpoints; the true one is named so.

    Args:
        probabilities: (classes,) of both.
    """
    root = drawing(_CLASS * len(classes) + 4, alt)
    for i, name in enumerate(classes):
        top, own = _CLASS * i, name == truth
        headline(root, top + 12, f"{name} (truth)" if own else name, "", _LETTERS, strong=own)
        both = zip(names, probabilities, (FIRST, SECOND), strict=True)
        for j, (which, values, colour) in enumerate(both):
            down, probability = top + 18 + 13 * j, float(values[i])
            named = add(root, "text", x="0", y=down + 8, font_size="11", **WORDS)
            cut(named, which, _NAME_LETTERS)
            bar = add(
                root, "rect", x="26%", y=down, width=per_cent(0.6 * probability), height=9, rx=2,
                fill=colour,
            )  # fmt: skip
            hint(bar, f"{which}, {name}: probability {probability:.3f}")
            add(
                root, "text", three_digits(probability), x="100%", y=down + 8, text_anchor="end",
                **WORDS,
            )  # fmt: skip
    return write(root)


def card_finding(one: pd.Series, names: Names, *, classes: bool) -> str:
    """Which of the two is nearer to the truth.

    Args:
        one: a row of `mmmie.analysis.errors.comparison.disagreements`.
    """
    if classes:
        keys = zip(("first", "second"), names, strict=True)
        right = [name for key, name in keys if one[key] == one["label"]]
        if len(right) == 1:
            return f"Only {right[0]} is right"
        return "Both are right" if right else "Both are wrong"
    gain = float(one["gain"])
    if abs(gain) < 0.005:
        return "Both are equally far off"
    return f"{names[gain > 0]} is nearer by {three_digits(abs(gain))}"
