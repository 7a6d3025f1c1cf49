"""The lesson begins: one utterance, its conversation, and a guess."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from app import state
from app.components.chat import Bubble, chat
from app.components.figures import figure
from app.components.learn_frame import closing, opening, remark
from app.components.learn_subject import Subject
from app.components.window_chat import place_names
from app.views.contributions_words import number
from app.views.conversation import label_limits
from app.views.learn_utterance import class_labels_figure, labels_figure
from app.views.learn_words import label_words, utterance_title, wordless_answer, words_answer
from app.views.names import plain, text_of
from app.views.style import three_digits
from app.views.words import listed
from mmmie.analysis.context_use import window_places
from mmmie.analysis.lesson import same_words
from mmmie.analysis.outputs import TRAINED

_EXPLANATION = """
The strip is the scale of the label. **Faint bars**: how many utterances of the split have which
label. **Dots**: other utterances with exactly the same words. The **triangle** is your guess, and
the **ring** the label that people, or the generator of the demo, gave to this utterance.
"""
_CLASS_EXPLANATION = """
How often every class occurs: in the whole split, and among other utterances with exactly the same
words. Your guess and, once you show it, the label are named beside the classes.
"""


def draw_utterance(subject: Subject) -> None:
    """Draw the first step."""
    view, label = subject.view, subject.view.corpus.label
    same = same_words(view.corpus, view.outputs.rows, subject.index)
    targets = view.corpus.targets[view.outputs.rows]
    opening(
        utterance_title(subject.words, subject.name, targets[same], label, view.split),
        f"MMMIE reads **{listed([plain(m) for m in view.outputs.modalities])}** of an utterance "
        f"and of its neighbours in the conversation, and predicts its **{plain(label.name)}**: "
        f"{label_words(label)}. "
        + (
            "Guess it yourself first, from the words alone; then show the conversation and guess "
            "again."
            if subject.words
            else "Without words you can only guess from how often each label occurs."
        ),
    )
    with st.container(horizontal=True, vertical_alignment="center"):
        around = st.toggle("Show the conversation", key="lesson-around")
        revealed = st.toggle("Show the label", key=f"lesson-label-{subject.name}")
    _draw_conversation(subject, around)
    truth = subject.one["label"]
    key = f"lesson-guess-{'-'.join(label.classes or ())}-{label_limits(label, targets)}"
    if label.classes is not None:
        guess: Any = st.segmented_control(
            "Your guess",
            label.classes,
            default=label.classes[0],
            required=True,
            key=key,
            format_func=plain,
            wrap=True,
        )
        fig = class_labels_figure(
            label.classes, targets, targets[same], guess, str(truth) if revealed else None
        )
    else:
        low, high = (float(v) for v in subject.limits)
        guess = st.slider("Your guess", low, high, (low + high) / 2, (high - low) / 60, key=key)
        fig = labels_figure(
            label.name, (low, high), targets, targets[same], guess,
            float(truth) if revealed else None,
        )  # fmt: skip
    if revealed:
        remark(_verdict(guess, truth), "verdict")
    figure(
        fig,
        key="lesson-labels",
        caption=f"Labels of {len(targets):,} utterances of the {view.split} split"
        + (f", {len(same)} of them with the same words." if subject.words else "."),
        explanation=_EXPLANATION if label.classes is None else _CLASS_EXPLANATION,
        data=pd.DataFrame(
            {
                "id": view.frame["id"],
                "label": view.frame["label"],
                "same_words": np.isin(np.arange(len(targets)), same),
            }
        ),
        alt=f"Labels of the split and of utterances with the same words as {subject.name}",
    )
    if not subject.words:
        closing(
            0,
            "how far does a guess get that knows nothing of the utterance?",
            wordless_answer(label, targets),
        )
        return
    group = np.append(same, subject.index)
    closing(
        0,
        "could anyone who sees only these words be right?",
        words_answer(
            label, targets[group], view.outputs.output[TRAINED][group], view.outputs.modalities
        ),
    )


def _draw_conversation(subject: Subject, around: bool) -> None:
    places = window_places(subject.view.corpus, subject.view.outputs, subject.index)
    if not around:
        places = places[places["offset"] == 0]
    bubbles = [
        Bubble(
            id=str(place["id"]),
            text=text_of(place.get("transcript")) or "(no transcript)",
            who=name if around else text_of(place.get("speaker")) or "unknown speaker",
            right=place["relation"] == "same speaker",
            target=place["offset"] == 0,
        )
        for place, name in zip(places.to_dict("records"), place_names(places), strict=True)
    ]
    with st.container(key="lesson-chat-turns"):
        chat(bubbles, key="lesson-turns", on_pick=_choose)
    if around:
        if len(bubbles) > 1:
            st.caption("Right: the same speaker. Click a turn to take it for the lesson.")
        else:
            st.caption("The model sees no neighbours of this utterance.")


def _verdict(guess: Any, truth: Any) -> str:
    if isinstance(truth, str):
        verdict = "right" if guess == truth else "wrong"
        return f"The label is **{plain(truth)}**: your guess is {verdict}."
    off = abs(float(guess) - float(truth))
    return f"The label is **{number(float(truth))}**: your guess is off by {three_digits(off)}."


def _choose(name: str) -> None:
    state.select(state.selection().ids, name)
