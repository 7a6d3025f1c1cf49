"""The lesson goes on: who is speaking, and what changes if the model is not told."""

from __future__ import annotations

import numpy as np
import pandas as pd
import streamlit as st

from app.parts.drawings import drawn_figure
from app.parts.names import plain
from app.screens.learn.frame import closing, opening
from app.screens.learn.lesson_style import LETTERS
from app.screens.learn.lesson_words import identity_answer, identity_title
from app.screens.learn.subject import Subject
from app.utterance.chat import chat
from app.utterance.window import class_prediction_svg, prediction_svg
from app.utterance.window_chat import window_bubbles
from mmmie.analysis.ask.context_use import RELATIONS, window_places
from mmmie.analysis.ask.lesson_answers import Answer, Told, ask
from mmmie.analysis.checkpoints import Checkpoint
from mmmie.analysis.outputs import TRAINED
from mmmie.corpus import Corpus

_TERMS = {
    "role": "Role: which turn it is",
    "speaker": "Speaker: the same or another",
    "modality": "Modality: which one it is",
}
_EXPLANATION = """
The model stays as it was trained; only what it is told about identity changes. The **hollow** mark
is the truth, **filled** ones are predictions: as trained, as told by the switches above, and
without any identity term. For classes the bars are the probabilities of the classes.
"""
_OFF = "no identity"
_LEAD = (
    "Every utterance in the window becomes one token a modality. Alone, a token does not say whose "
    "it is. The **identity embedding** adds learned terms: which turn it is, whether the target's "
    "own speaker said it, and which modality it is. Take a term away, or swap the speakers, and "
    "watch what it predicts and, in the conversation below, where it looks (the wide borders)."
)
_NONE = (
    "This model was trained **without identity embedding**: its tokens say what was said, but not "
    "by whom or when. The switches below change nothing; choose a checkpoint with identity in the "
    "sidebar to see the difference."
)


def draw_identity(subject: Subject) -> None:
    """Draw the sixth step."""
    view, outputs = subject.view, subject.view.outputs
    identity = view.checkpoint.info.config.model.identity
    head = st.container()
    told = _switches(subject)
    answer = _ask(view.checkpoint.fingerprint, view.corpus.fingerprint, subject.row, told,
                  view.checkpoint, view.corpus)  # fmt: skip
    said = {
        "as trained": outputs.output[TRAINED][subject.index],
        "as told now": answer.output,
        _OFF: outputs.output["off"][subject.index],
    }
    changed = told != Told()
    if not changed:
        said.pop("as told now")
    with head:
        opening(_title(subject, said, changed), _LEAD if identity.enabled else _NONE)
    _draw_predictions(subject, said)
    classes = view.corpus.label.classes
    places = window_places(view.corpus, outputs, subject.index)
    bubbles = window_bubbles(places, answer.attention, outputs.modalities, classes is not None)
    with st.container(key="lesson-chat-window"):
        chat(bubbles, key="lesson-window")
    if len(bubbles) > 1:
        known = (places["relation"] != RELATIONS[2]).any()
        sides = "Right: the target's own speaker." if known else "No speaker is known."
        st.caption(f"{sides} Borders: attention of the last layer.")
    speakers = None
    if view.corpus.has_speakers:
        speakers = int(view.corpus.utterances["speaker"].nunique())
    closing(
        5,
        "the speaker term says only *same as the target's* or *another*, never a name. Why?",
        identity_answer(speakers),
    )


def _switches(subject: Subject) -> Told:
    settings = subject.view.checkpoint.info.config.model
    outputs = subject.view.outputs
    chosen = {}
    with st.container(horizontal=True):
        for term, words in _TERMS.items():
            used = settings.identity.uses(term)  # type: ignore[arg-type]
            chosen[term] = st.toggle(
                words, True, key=f"lesson-term-{term}", disabled=not used,
                help=None if used else "This model was trained without this term.",
            )  # fmt: skip
        named = bool((outputs.relation[subject.index] < 2).any()) and outputs.window.shape[1] > 1
        swapped = st.toggle(
            "Swap the speakers", key="lesson-swapped",
            disabled=not (named and settings.identity.uses("speaker") and chosen["speaker"]),
            help="What the target's speaker said counts as another's, and the other way round.",
        )  # fmt: skip
    # A term that was not trained makes no difference, and says so by not counting as a change.
    role, speaker, modality = (
        chosen[term] or not settings.identity.uses(term)  # type: ignore[arg-type]
        for term in _TERMS
    )
    return Told(role, speaker, modality, swapped and named and speaker)


def _title(subject: Subject, said: dict[str, np.ndarray], changed: bool) -> str:
    now = said["as told now" if changed else "as trained"]
    off, truth = said[_OFF], subject.one["label"]
    classes = subject.view.corpus.label.classes
    if classes is None:
        values = (float(np.ravel(now)[0]), float(off), float(truth))
        return identity_title(subject.words, *values, changed)
    names = (classes[int(now.argmax())], classes[int(off.argmax())], str(truth))
    return identity_title(subject.words, *names, changed)


def _draw_predictions(subject: Subject, said: dict[str, np.ndarray]) -> None:
    label, truth = subject.view.corpus.label, subject.one["label"]
    alt = "Prediction of the utterance as trained, as told now, and without identity"
    if label.classes is None:
        values = {name: float(np.ravel(output)[0]) for name, output in said.items()}
        drawing = prediction_svg(
            values, float(truth), label, subject.limits, alt=alt, letters=LETTERS
        )
        data = pd.DataFrame({"told": values.keys(), "prediction": values.values()})
    else:
        drawing = class_prediction_svg(
            said, str(truth), list(label.classes), alt=alt, letters=LETTERS
        )
        data = pd.DataFrame(said, index=list(label.classes)).T.rename_axis("told").reset_index()
    drawn_figure(
        drawing,
        key="lesson-identity",
        caption=f"Utterance {plain(subject.name)}. Hollow: truth; filled: prediction."
        if label.classes is None
        else f"Utterance {plain(subject.name)}.",
        explanation=_EXPLANATION,
        data=data.assign(truth=truth),
    )


@st.cache_data(show_spinner=False, max_entries=256)
def _ask(
    fingerprint: str, corpus: str, row: int, told: Told, _checkpoint: Checkpoint, _corpus: Corpus
) -> Answer:
    return ask(_checkpoint, _corpus, row, told)
