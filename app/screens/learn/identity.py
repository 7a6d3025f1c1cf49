"""Step 6 of the lesson: who is speaking, and what changes if the model is not told."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from app.parts import page_text as say
from app.parts.drawings import drawn_figure
from app.parts.names import beginning, plain
from app.parts.style import three_digits
from app.screens.learn.frame import LETTERS, Formula, closing, opening
from app.screens.learn.subject import Subject
from app.utterance.chat import chat, window_bubbles
from app.utterance.window import said_drawing
from mmmie.analysis.ask.context_use import RELATIONS, shares_of, window_places
from mmmie.analysis.ask.question import Question
from mmmie.analysis.checkpoint import Checkpoint
from mmmie.analysis.outputs import TRAINED
from mmmie.corpus import Corpus

if TYPE_CHECKING:
    from mmmie.analysis.ask.asker import Answer

FORMULA = Formula(
    (r"\text{token}_{j,m} = A\, z_{j,m} + A_m\, s_{j,m} + r_{j-i} + p_{ij} + e_m",),
    (
        (r"i, j", "the target utterance, and a turn in its window"),
        (r"r_{j-i}", "role: how many turns before or after the target"),
        (r"p_{ij}", "speaker: the same as the target's, another, or unknown"),
        (r"e_m", "modality: text, audio, vision or whatever the corpus has"),
    ),
)
_TERMS = {
    "role": "Role: which turn it is",
    "speaker": "Speaker: the same or another",
    "modality": "Modality: which one it is",
}
_EXPLANATION = """
The model stays as it was trained; only what it is told about identity changes. The **hollow** mark
is the truth. **Filled** marks are predictions: as trained, with your changes above, and without any
identity term. For classes, the bars are the probabilities of the classes.
"""
_OFF, _CHANGED = "no identity", "with your changes"
_LEAD = (
    "Each utterance in the window becomes one token per modality. A token alone does not say whose "
    "it is. The **identity embedding** adds learned terms: which turn it is, whether the target's "
    "speaker said it, and which modality it is. Take a term away, or swap the speakers. Watch what "
    "the model predicts and, in the conversation below, where it looks (wide borders)."
)
_NONE = (
    "This model was trained **without identity embedding**: its tokens say what was said, but not "
    "by whom or when. The switches below change nothing. Choose a checkpoint with identity in the "
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
        _CHANGED: answer.output[0],
        _OFF: outputs.output["off"][subject.index],
    }
    if not told:
        said.pop(_CHANGED)
    with head:
        opening(_title(subject, said, bool(told)), _LEAD if identity.enabled else _NONE)
    _draw_predictions(subject, said)
    classes = view.corpus.label.classes
    places = window_places(view.corpus, outputs, subject.index)
    shares = shares_of(outputs, subject.index, answer.attention[0])
    bubbles = window_bubbles(places, shares, outputs.modalities, classes is not None)
    with st.container(key="lesson-chat-window"):
        chat(bubbles, key="lesson-window")
    if len(bubbles) > 1:
        known = (places["relation"] != RELATIONS[2]).any()
        sides = "Right: the target's own speaker." if known else "No speaker is known."
        say.caption(f"{sides} Borders: attention of the last layer.")
    speakers = None
    if view.corpus.has_speakers:
        speakers = int(view.corpus.utterances["speaker"].nunique())
    closing(
        FORMULA,
        "the speaker term says only *same as the target's* or *another*, never a name. Why?",
        identity_answer(speakers),
    )


def _switches(subject: Subject) -> Question:
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
            help="Turns of the target's speaker count as another's, and the other way round.",
        )  # fmt: skip
    # A term that was not trained makes no difference, so it does not count as a change.
    off = tuple(
        term
        for term in _TERMS
        if settings.identity.uses(term) and not chosen[term]  # type: ignore[arg-type]
    )
    return Question(terms_off=off, swap=swapped and named and "speaker" not in off)


def _title(subject: Subject, said: dict[str, np.ndarray], changed: bool) -> str:
    now = said[_CHANGED if changed else "as trained"]
    off, truth = said[_OFF], subject.one["label"]
    classes = subject.view.corpus.label.classes
    if classes is None:
        values = (float(np.ravel(now)[0]), float(off), float(truth))
        return identity_title(subject.words, *values, changed)
    names = (classes[int(now.argmax())], classes[int(off.argmax())], str(truth))
    return identity_title(subject.words, *names, changed)


def identity_title(
    words: str, told: float | str, without: float | str, truth: float | str, changed: bool
) -> str:
    """The prediction with what the model is told now and without identity, against the truth."""
    name = f"“{plain(beginning(words, 30))}”" if words else "This utterance"
    now, off, true = (
        plain(v) if isinstance(v, str) else three_digits(v) for v in (told, without, truth)
    )
    how = (
        f"{now} {_CHANGED} and {off} without identity"
        if changed
        else (f"{now} with identity and {off} without")
    )
    return f"{name} is predicted {how}; the truth is {true}"


def identity_answer(speakers: int | None) -> str:
    """Why the speaker term is relative."""
    said = (
        "So that it works for people it has never met. What helps is not the name, but whether the "
        "same person said the turn before."
    )
    if not speakers:
        return f"{said} In this corpus nobody is named, so every turn counts as unknown."
    return f"{said} A table of names would have {speakers} rows here, and none for anybody new."


def _draw_predictions(subject: Subject, said: dict[str, np.ndarray]) -> None:
    label = subject.view.corpus.label
    drawing, data = said_drawing(
        said,
        subject.one["label"],
        label,
        subject.limits,
        alt="Prediction of the utterance as trained, with your changes, and without identity",
        letters=LETTERS,
    )
    drawn_figure(
        drawing,
        key="lesson-identity",
        caption=f"Utterance {plain(subject.name)}. Hollow: truth; filled: prediction."
        if label.classes is None
        else f"Utterance {plain(subject.name)}.",
        explanation=_EXPLANATION,
        data=data,
    )


@st.cache_data(show_spinner=False, max_entries=256)
def _ask(
    fingerprint: str,
    corpus: str,
    row: int,
    told: Question,
    _checkpoint: Checkpoint,
    _corpus: Corpus,
) -> Answer:
    from mmmie.analysis.ask.asker import Asker

    return Asker(_checkpoint, _corpus).answer([row], [told])[0]
