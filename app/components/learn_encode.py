"""The lesson goes on: features become one vector."""

from __future__ import annotations

import numpy as np
import pandas as pd
import streamlit as st

from app.components.figures import figure
from app.components.learn_frame import closing, opening, remark
from app.components.learn_subject import Subject
from app.views.contributions import channel_title
from app.views.learn_encode import encoding_figure
from app.views.learn_formulas import VECTOR_ENCODER
from app.views.learn_words import change_words, encode_title
from app.views.names import capital, plain
from app.views.style import modality_colour
from mmmie.analysis.channels import readable_channels
from mmmie.analysis.lesson_encoding import Encoding, encode_one

_STEP_NAMES = {"text": "word"}
_EXPLANATION = """
**Top**: the features of the utterance, a row a channel and a column a step, in standard deviations
of the train split: grey is low, colour is high. **Middle**: how much every step counts when the
steps are added up; the dotted line is a plain mean. **Bottom**: the hidden state *h*, the only
thing that the rest of the model sees of this modality. Where you changed a channel, short lines
show *h* before.
"""
_SEQUENCE = (
    "This modality comes as a **sequence**: a row of numbers for every {step}. The encoder puts "
    "all channels on one scale, looks at each {step} together with those beside it, and adds them "
    "up with weights that it has learned. What comes out is as long for one word as for a minute: "
    "the **hidden state** *h*."
)
_VECTOR = (
    "This modality comes as **one vector an utterance**. The encoder puts all its numbers on one "
    "scale and sends them through a small network. What comes out is the **hidden state** *h*: "
    "all that the rest of the model sees of this modality."
)


def draw_encode(subject: Subject) -> None:
    """Draw the second step."""
    head = st.container()
    if not subject.modalities:
        with head:
            opening("There is nothing to encode", "This utterance has no features at all.")
        return
    modality = _modality(subject)
    values = np.asarray(subject.view.corpus.features[modality].of(subject.row), np.float32)
    channels = _channel_names(subject, modality)
    place, by = _change(modality, channels, _readable(subject, modality))
    model = subject.view.checkpoint.model
    before = encode_one(model, modality, values)
    found = encode_one(model, modality, _shifted(subject, modality, values, place, by))
    step, steps = _steps(subject, modality, len(found.features))
    sequence = found.weights is not None
    with head:
        opening(
            encode_title(modality, before, steps, step),
            _SEQUENCE.format(step=step) if sequence else _VECTOR,
        )
    if by:
        remark(change_words(before, found, channel_title(channels[place]), by), "change")
    names = subject.view.outputs.modalities
    figure(
        encoding_figure(
            found, before if by else None, channels, steps, step, modality_colour(modality, names)
        ),
        key="lesson-encode",
        caption=f"{capital(plain(modality))} of utterance {plain(subject.name)}; scaled by "
        "mean and deviation of the train split, as the encoder does it."
        + (" Weights: mean over attention heads." if sequence else ""),
        explanation=_EXPLANATION,
        data=_data(found, channels, steps, step),
        alt=f"Features of {modality}, the weight of every step, and the hidden state",
    )
    closing(
        1,
        "why is every channel scaled by the whole train split, and not by this utterance alone?",
        "Because how high a voice is, or how loud, says something. Scaled by itself, a shout and a "
        "whisper would look the same. Scaled by the train split, both keep their distance from "
        "what is usual; and the same numbers can be used for an utterance that is new.",
        None if sequence else VECTOR_ENCODER,
    )


def _modality(subject: Subject) -> str:
    shown = subject.modalities
    if len(shown) == 1:
        return shown[0]
    # The voice and the face say more at a glance than word embeddings do.
    first = next((m for m in shown if m != "text"), shown[0])
    picked = st.segmented_control(
        "Modality",
        shown,
        default=first,
        required=True,
        format_func=plain,
        key=f"lesson-encode-{'-'.join(shown)}",
        wrap=True,
    )
    return str(picked)


def _channel_names(subject: Subject, modality: str) -> list[str]:
    about = subject.view.corpus.modalities[modality]
    return list(about.channels or (f"channel {i}" for i in range(about.dim)))


def _readable(subject: Subject, modality: str) -> list[int]:
    about = subject.view.corpus.modalities[modality]
    return readable_channels(about, about.dim) or list(range(about.dim))


def _change(modality: str, channels: list[str], offered: list[int]) -> tuple[int, float]:
    left, right = st.columns(2)
    place = left.selectbox(
        "Try it: change a channel",
        offered,
        format_func=lambda i: channel_title(channels[i]),
        key=f"lesson-channel-{modality}-{len(channels)}",
    )
    by = right.slider(
        "by so many standard deviations", -3.0, 3.0, 0.0, 0.5, key="lesson-channel-by"
    )
    return int(place or 0), float(by)


def _shifted(
    subject: Subject, modality: str, values: np.ndarray, place: int, by: float
) -> np.ndarray:
    standardise = subject.view.checkpoint.model.encoder_of(modality).encoder.standardise
    changed = values.copy()
    changed[..., place] += by * float(standardise.deviation[place])
    return changed


def _steps(subject: Subject, modality: str, length: int) -> tuple[str, list[str]]:
    """What a step is, and what the steps are called: words where there is one for each."""
    step = _STEP_NAMES.get(modality, "frame")
    words = subject.words.split()
    named = step == "word" and len(words) == length
    return step, words if named else [str(i + 1) for i in range(length)]


def _data(found: Encoding, channels: list[str], steps: list[str], step: str) -> pd.DataFrame:
    table = pd.DataFrame(found.features, columns=channels)
    if found.weights is not None:
        table.insert(0, "weight", found.weights)
        table.insert(0, step, steps)
    return table
