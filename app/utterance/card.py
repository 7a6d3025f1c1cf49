"""The card of one utterance: its words, its face and tone, its label and its prediction."""

from __future__ import annotations

import numpy as np
import pandas as pd
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from app import state
from app.parts import page_text as say
from app.parts.drawings import draw
from app.parts.layout import wide_columns
from app.parts.names import plain, text_of
from app.parts.style import (
    NEUTRAL,
    SENTIMENT_SCALE,
    class_colours,
    sentiment_colour,
    short_number,
    three_digits,
)
from app.parts.svg import add, drawing, gradient, headline, hint, per_cent, ticks, write
from app.state import View
from app.utterance.channels import utterance_channels
from app.utterance.conversation import label_limits
from app.utterance.face_and_tone import (
    face_of,
    spoken_seconds,
    utterance_face,
    utterance_tone,
    voice_of,
)
from mmmie.analysis.outputs import TRAINED
from mmmie.corpus import Label


def utterance_card(view: View, row: int, *, key: str = "card", channels: bool = True) -> None:
    """Draw the card of a row of ``view.frame``; below the primary one's, the pinned one's.

    With `channels` it has its face, its tone and the named channels too.
    """
    curves = _card(view, row, key, expression=channels, tone=channels)
    if row == view.primary and view.pinned is not None:
        _card(view, view.pinned, f"{key}-pinned", expression=channels, tone=False)
        curves = st.container()  # below both, so that the cards stand together
    if channels:
        name = str(view.frame["id"].iloc[row])
        with curves:
            utterance_channels(view.corpus, int(view.outputs.rows[row]), name, key=key)


def _card(view: View, row: int, key: str, *, expression: bool, tone: bool) -> DeltaGenerator:
    """Draw one card, and return the room at its end."""
    one = view.frame.iloc[row]
    with st.container(border=True, key=key):
        _heading(one, view.frame, key)
        _said(view, row, one, key, expression=expression, tone=tone)
        _truth_and_prediction(view, row, one, key)
        return st.container()


def _heading(one: pd.Series, frame: pd.DataFrame, key: str) -> None:
    speaker = one.get("speaker")
    turns = int((frame["conversation"] == one["conversation"]).sum())
    parts = [f"utterance {one['id']}", f"turn {int(one['position']) + 1} of {turns}"]
    if pd.notna(one.get("start")) and pd.notna(one.get("end")):
        parts.append(f"{float(one['start']):.1f}–{float(one['end']):.1f} s")
    pinned = state.selection().pinned == one["id"]
    name = plain(str(speaker)) if pd.notna(speaker) else "Unknown speaker"
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        say.words(f"{':material/square: ' if pinned else ''}**{name}**", width="stretch")
        st.button(
            "Unpin" if pinned else "Pin",
            icon=":material/keep_off:" if pinned else ":material/keep:",
            type="tertiary",
            key=f"{key}-pin",
            on_click=state.pin,
            args=(None if pinned else str(one["id"]),),
            help="Unpin this utterance" if pinned else "Keep it beside the one you look at next",
        )
    say.caption(plain(" · ".join([*(["pinned"] if pinned else []), *parts])))


def _said(view: View, row: int, one: pd.Series, key: str, *, expression: bool, tone: bool) -> None:
    """The words and, where the channels allow it, the face and the tone."""
    if not expression or (face_of(view.corpus) is None and voice_of(view.corpus) is None):
        _transcript(one)
        return
    corpus_row = int(view.outputs.rows[row])
    features = {name: values.of(corpus_row) for name, values in view.corpus.features.items()}
    seconds = spoken_seconds(one)
    left, right = wide_columns([2, 3], key=f"{key}-expression", least=120, gap="small")
    with left:
        utterance_face(view.corpus, features, seconds, key=f"{key}-face")
    with right:
        _transcript(one)
        if tone:
            utterance_tone(view.corpus, features, seconds)


def _transcript(one: pd.Series) -> None:
    if transcript := text_of(one.get("transcript")):
        say.verbatim(f"“{transcript}”")
    else:
        say.caption("This utterance has no transcript.")


def _truth_and_prediction(view: View, row: int, one: pd.Series, key: str) -> None:
    label, frame = view.corpus.label, view.frame
    if label.classes is None:
        limits = label_limits(label, frame["label"].to_numpy())
        truth, prediction = float(one["label"]), float(one["prediction"])
        draw(scale_svg(label, limits, truth, prediction), key=f"{key}-scale")
        easier = float((frame["absolute_error"] < one["absolute_error"]).mean())
        say.caption(
            f"truth {three_digits(truth)} (hollow), prediction {three_digits(prediction)} "
            f"(filled): off by {three_digits(abs(prediction - truth))}, more than "
            f"{'nearly all' if easier > 0.995 else f'{easier:.0%}'} of the {view.split} split."
        )
        return
    probabilities = view.outputs.output[TRAINED][row]
    draw(classes_svg(list(label.classes), probabilities, str(one["label"])), key=f"{key}-scale")
    verdict = "right" if one["correct"] else f"wrong: the truth is {plain(str(one['label']))}"
    say.caption(f"Predicted {plain(str(one['prediction']))}, {verdict}.")


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
    """The probability of each class, (classes,), as a bar; the true class is marked."""
    colours = class_colours(classes)
    root = drawing(
        _ROW * len(classes) + 4, f"probabilities of the classes; the true one is {truth}"
    )
    for i, (name, probability) in enumerate(zip(classes, probabilities, strict=True)):
        line = _ROW * i + 13
        named = f"{name} (truth)" if name == truth else name
        headline(root, line - 2, named, f"{probability:.2f}", _LETTERS, strong=name == truth)
        add(root, "rect", x="0", y=line + 2, width="100%", height=8, rx=2, fill=NEUTRAL,
            fill_opacity=0.16)  # fmt: skip
        bar = add(root, "rect", x="0", y=line + 2, width=per_cent(float(probability)), height=8,
                  rx=2, fill=colours[name])  # fmt: skip
        hint(bar, f"{name}: probability {probability:.3f}")
    return write(root)
