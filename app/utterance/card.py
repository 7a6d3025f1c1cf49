"""The card of one utterance: what was said, what is true, what the model says."""

from __future__ import annotations

import numpy as np
import pandas as pd
import streamlit as st

from app import state
from app.parts.drawings import draw, drawn_figure
from app.parts.layout import wide_columns
from app.parts.names import channel_words, plain
from app.parts.style import (
    NEUTRAL,
    SENTIMENT_SCALE,
    class_colours,
    modality_colour,
    sentiment_colour,
    short_number,
    three_digits,
)
from app.parts.svg import add, drawing, gradient, headline, hint, per_cent, ticks, write
from app.state import View
from app.utterance.channels import channels_svg
from app.utterance.conversation import label_limits
from app.utterance.face_and_tone import (
    face_of,
    spoken_seconds,
    usual,
    utterance_face,
    utterance_tone,
    voice_of,
)
from mmmie.analysis.corpora.channels import readable_channels
from mmmie.analysis.outputs import TRAINED
from mmmie.corpus import Corpus, Label

_STEP_NAMES = {"text": "word"}


def utterance_card(view: View, row: int, *, key: str = "card", channels: bool = True) -> None:
    """Draw the card of one utterance; below the primary one's, the pinned one's.

    Args:
        view: what the page looks at.
        row: of ``view.frame``.
        key: unique on the page.
        channels: whether to draw its face, its tone and the named channels too.
    """
    one = view.frame.iloc[row]
    with st.container(border=True, key=key):
        _heading(one, view.frame, key)
        _said(view, row, one, key, expression=channels, tone=channels)
        _truth_and_prediction(view, row, one, key)
        curves = st.container()
    if row == view.primary and view.pinned is not None:
        _pinned_card(view, view.pinned, key=f"{key}-pinned", expression=channels)
        curves = st.container()  # below both, so that the cards stand together
    if channels:
        with curves:
            utterance_channels(view.corpus, int(view.outputs.rows[row]), str(one["id"]), key=key)


def _pinned_card(view: View, row: int, *, key: str, expression: bool) -> None:
    """The pinned utterance, shorter: what was said, its face, its truth and prediction."""
    one = view.frame.iloc[row]
    with st.container(border=True, key=key):
        _heading(one, view.frame, key)
        _said(view, row, one, key, expression=expression, tone=False)
        _truth_and_prediction(view, row, one, key)


def _heading(one: pd.Series, frame: pd.DataFrame, key: str) -> None:
    speaker = one.get("speaker")
    turns = int((frame["conversation"] == one["conversation"]).sum())
    parts = [f"utterance {one['id']}", f"turn {int(one['position']) + 1} of {turns}"]
    if pd.notna(one.get("start")) and pd.notna(one.get("end")):
        parts.append(f"{float(one['start']):.1f}–{float(one['end']):.1f} s")
    pinned = state.selection().pinned == one["id"]
    name = plain(str(speaker)) if pd.notna(speaker) else "Unknown speaker"
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(f"{':material/square: ' if pinned else ''}**{name}**", width="stretch")
        st.button(
            "Unpin" if pinned else "Pin",
            icon=":material/keep_off:" if pinned else ":material/keep:",
            type="tertiary",
            key=f"{key}-pin",
            on_click=state.pin,
            args=(None if pinned else str(one["id"]),),
            help="Let it go" if pinned else "Hold it beside whatever you look at next",
        )
    st.caption(plain(" · ".join([*(["pinned"] if pinned else []), *parts])))


def _said(view: View, row: int, one: pd.Series, key: str, *, expression: bool, tone: bool) -> None:
    """What was said and, where the channels tell, how it looked and sounded."""
    if not expression or (face_of(view.corpus) is None and voice_of(view.corpus) is None):
        _transcript(one)
        return
    corpus_row = int(view.outputs.rows[row])
    features = {name: held.of(corpus_row) for name, held in view.corpus.features.items()}
    seconds = spoken_seconds(one)
    left, right = wide_columns([2, 3], key=f"{key}-expression", least=120, gap="small")
    with left:
        utterance_face(view.corpus, features, seconds, key=f"{key}-face")
    with right:
        _transcript(one)
        if tone:
            utterance_tone(view.corpus, features, seconds)


def _transcript(one: pd.Series) -> None:
    transcript = one.get("transcript")
    if not isinstance(transcript, str) or not transcript:
        st.caption("This utterance has no transcript.")
        return
    st.text(f"“{transcript}”")


def _truth_and_prediction(view: View, row: int, one: pd.Series, key: str) -> None:
    label, frame = view.corpus.label, view.frame
    if label.classes is None:
        limits = label_limits(label, frame["label"].to_numpy())
        truth, prediction = float(one["label"]), float(one["prediction"])
        draw(scale_svg(label, limits, truth, prediction), key=f"{key}-scale")
        easier = float((frame["absolute_error"] < one["absolute_error"]).mean())
        st.caption(
            f"truth {three_digits(truth)} (hollow), prediction {three_digits(prediction)} "
            f"(filled): off by {three_digits(abs(prediction - truth))}, more than for "
            f"{'nearly all' if easier > 0.995 else f'{easier:.0%}'} of the {view.split} split."
        )
        return
    probabilities = view.outputs.output[TRAINED][row]
    draw(classes_svg(list(label.classes), probabilities, str(one["label"])), key=f"{key}-scale")
    verdict = "right" if one["correct"] else f"wrong: the truth is {plain(str(one['label']))}"
    st.caption(f"Predicted {plain(str(one['prediction']))}, {verdict}.")


def utterance_channels(corpus: Corpus, row: int, name: str, *, key: str) -> bool:
    """Draw the named channels of an utterance, one modality at a time.

    Args:
        corpus: what it belongs to.
        row: of the corpus.
        name: its id.
        key: unique on the page.

    Returns:
        Whether any modality has named channels.
    """
    readable = {m: readable_channels(modality) for m, modality in corpus.modalities.items()}
    shown = [m for m, found in readable.items() if found]
    if not shown:
        return False
    modality = shown[0]
    if len(shown) > 1:
        # The voice and the face say more at a glance than the length of words does.
        first = next((m for m in shown if m != "text"), shown[0])
        modality = st.segmented_control(
            "Channels of",
            shown,
            default=first,
            required=True,
            format_func=plain,
            key=f"{key}-modality",
            wrap=True,
        )
    _one_modality(corpus, row, name, modality, readable[modality], key)
    return True


def _one_modality(
    corpus: Corpus, row: int, name: str, modality: str, chosen: list[int], key: str
) -> None:
    values = np.asarray(corpus.features[modality].of(row), float)
    names = [(corpus.modalities[modality].channels or ())[i] for i in chosen]
    mean, deviation = (a[chosen] for a in usual(corpus.fingerprint, modality, corpus))
    if corpus.modalities[modality].level == "utterance":
        _values(names, values[chosen], mean, deviation)
        return
    if not len(values):
        st.caption(f"This utterance has no {modality}.")
        return
    step = _STEP_NAMES.get(modality, "frame")
    colour = modality_colour(modality, list(corpus.modalities))
    chart_key = f"{key}-{modality}"
    data = pd.DataFrame(values[:, chosen], columns=names)
    data.insert(0, step, np.arange(1, len(data) + 1))
    drawn_figure(
        channels_svg(
            values[:, chosen],
            names,
            mean,
            deviation,
            colour,
            step_name=step,
            alt=f"{modality} channels of the utterance over time",
        ),
        key=chart_key,
        caption=f"{len(values)} {step}s of utterance {plain(name)}.",
        explanation=(
            "Every panel is one channel of the features, in its unit. The dotted line is its "
            "average over the corpus and the limits are about three standard deviations around "
            "it, so a curve near an edge is unusual."
        ),
        data=data,
    )


def _values(names: list[str], values: np.ndarray, mean: np.ndarray, deviation: np.ndarray) -> None:
    """Channels at utterance level: one number each, and how unusual it is."""
    words = [channel_words(name) for name in names]
    spreads = (values - mean) / np.where(deviation > 0, deviation, 1)
    table = pd.DataFrame(
        {
            "channel": [name for name, _ in words],
            "value": [
                f"{three_digits(v)} {unit}".strip()
                for v, (_, unit) in zip(values, words, strict=True)
            ],
            "against the corpus": [f"{z:+.1f} SD".replace("-", "−") for z in spreads],
        }
    )
    st.dataframe(table, hide_index=True, width="stretch")


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
