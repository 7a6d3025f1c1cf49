"""What if this utterance were different: controls, the prediction now and before, and tries."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import streamlit as st

from app.parts import page_text as say
from app.parts.drawings import drawn_figure
from app.parts.figures import figure
from app.parts.fragment import fragment
from app.parts.layout import wide_columns
from app.parts.names import plain
from app.screens.predictions.what_if_answer import (
    AS_IT_IS,
    TOGETHER,
    change_name,
    edit_name,
    moves_figure,
    noise_figure,
    noise_title,
    readers_title,
    tries_figure,
    tries_title,
    what_if_title,
)
from app.screens.predictions.what_if_controls import ask, asked, controls, suggestions
from app.state import View
from app.utterance.contribution_steps import turn_name
from app.utterance.conversation import label_limits
from app.utterance.face_and_tone import (
    face_of,
    spoken_seconds,
    utterance_face,
    utterance_tone,
    voice_of,
)
from app.utterance.question_in_address import ABOUT_UTTERANCE
from app.utterance.window import class_prediction_svg
from mmmie.analysis.ask.question import FEATURES_FIELD, Question
from mmmie.errors import InputError

if TYPE_CHECKING:
    from mmmie.analysis.ask.what_if import EditableUtterance

_TRIES = "what-if-tries"
_MOST_SHOWN = 12

_TOLD = (
    "A modality that is off is told to the model as **missing**, as modality dropout does in "
    "training: its tokens are masked, nothing is filled in. Zeros would be features like any other."
)
_RESULT = """
Every row is the model's answer for a copy of this utterance: as it is, with **each change alone**,
and with all of them. The thin tick is the prediction as it is, the filled dot the one after the
change, and the hollow dot the truth. What the changes do alone need not add up to what they do
together.

Noise is Gaussian, on every channel and step, in standard deviations of the channel on the train
split; its seed is fixed, so the same setting gives the same answer. A channel is shifted in its
own unit, and its movement around its own mean is multiplied. Nothing is trained and nothing is
saved.
"""
_READERS = """
This utterance is context for these turns: it stands in their window. The tick is what the model
says of them as it is, the dot what it says when this utterance is changed as above.
"""
_NOISE = """
The prediction of this utterance with Gaussian noise on one modality at a time, the others as they
are. Faint dots are single draws of the noise, the line is their mean. A line near zero with wide
dots says that noise does move the prediction, in both directions.
"""
_TRIES_EXPLAINED = """
Every setting that was tried in this session, on this checkpoint, the latest on top. The bar is the
change of the prediction against the same utterance as it is.
"""


def what_if(view: View) -> None:
    """Draw the section "What if?" for the primary utterance."""
    say.heading("What if it were different?")
    _section(view)


@fragment
def _section(view: View) -> None:
    row = int(view.outputs.rows[view.primary])
    name = str(view.frame["id"].iloc[view.primary])
    utterance = _editable(view.checkpoint.fingerprint, view.corpus.fingerprint, row, view)
    before = utterance.predict([Question()])[0]
    if np.isnan(before[utterance.own]).any():
        st.info("The utterance has nothing that the model reads.", icon=":material/info:")
        return
    with st.container(horizontal=True, gap="small"):
        for i, (label, wanted) in enumerate(suggestions(view, row)):
            st.button(label, key=f"what-if-ask-{i}", on_click=ask, args=(wanted, name))
        st.button(
            "Reset",
            icon=":material/restart_alt:",
            type="tertiary",
            key="what-if-reset",
            on_click=ask,
            args=(Question(), name),
            disabled=not asked(view, name),
        )
    left, right = wide_columns([2, 3], key="what-if-columns", least=330, gap="large")
    with left:
        question = controls(view, row, name, len(utterance.turns) > 1)
        say.caption(_TOLD)
    ABOUT_UTTERANCE.keep(name, question)
    ABOUT_UTTERANCE.publish(question)
    parts = question.parts if len(question.parts) > 1 else []
    try:
        answers = utterance.predict([question, *parts])
    except InputError as error:  # the text encoder of the checkpoint is gone
        right.error(plain(str(error)), icon=":material/report:")
        return
    own = answers[:, utterance.own]
    with right:
        _result(view, utterance, question, before[utterance.own], own)
        _seen_and_heard(view, utterance, question)
    _remember(view, name, question, before[utterance.own], own[0])
    left, right = wide_columns(2, key="what-if-more", least=330, gap="large")
    with left:
        _readers(view, utterance, question, before, answers[0])
        _tries(view)
    with right:
        _noise(view, utterance, row, before[utterance.own])


def _result(
    view: View,
    utterance: EditableUtterance,
    question: Question,
    before: np.ndarray,
    own: np.ndarray,
) -> None:
    """The prediction as it is, with every change alone, and with all."""
    label, modalities = view.corpus.label, view.corpus.modalities
    limits = _limits(view)
    title = what_if_title(question, modalities, label, before, own[0], limits[1] - limits[0])
    say.finding(title)
    names = [change_name(part, modalities) for part in question.parts]
    values = [before, *own[1:], *([own[0]] if question else [])]
    rows = [AS_IT_IS, *names, TOGETHER] if len(names) > 1 else [AS_IT_IS, *names]
    truth = view.frame["label"].iloc[view.primary]
    shared: dict[str, Any] = {
        "key": "what-if-result",
        "caption": f"Utterance {plain(utterance.turns['id'].iloc[utterance.own])}, its window as "
        + ("it is." if label.classes else "it is. Tick: before; filled: now; hollow: truth."),
        "explanation": _RESULT,
    }
    alt = "The prediction as it is, with every change alone and with all of them"
    if label.classes is None:
        fig = moves_figure(
            rows, [float(before[0])] * len(rows), [float(v[0]) for v in values], limits,
            label.name, truth=float(truth),
        )  # fmt: skip
        data = pd.DataFrame({"prediction": [float(v[0]) for v in values]})
    else:
        # Rows are told apart by their names, and two channels may be called the same.
        unique = [n if rows.count(n) == 1 else f"{n} ({i})" for i, n in enumerate(rows)]
        named = dict(zip(unique, values, strict=True))
        drawing = class_prediction_svg(named, str(truth), list(label.classes), alt=alt)
        data = pd.DataFrame(values, columns=list(label.classes))
    data.insert(0, "change", rows)
    data["truth"] = truth
    if label.classes is None:
        figure(fig, data=data, alt=alt, **shared)
    else:
        drawn_figure(drawing, data=data, **shared)


def _seen_and_heard(view: View, utterance: EditableUtterance, question: Question) -> None:
    """The face and the tone before and now, where they change."""
    before, now = utterance.features(Question()), utterance.features(question)
    face, voice = face_of(view.corpus), voice_of(view.corpus)
    changed = {
        name
        for name in {face, voice} - {None, *question.missing}
        if not np.array_equal(before[str(name)], now[str(name)])
    }
    if not changed:
        return
    seconds = spoken_seconds(view.frame.iloc[view.primary])
    for column, words, features in zip(
        st.columns(2), ("Before", "Now"), (before, now), strict=True
    ):
        with column:
            if face in changed:
                say.words(f"**{words}**", text_alignment="center")
                utterance_face(view.corpus, features, seconds, key=f"what-if-face-{words}")
            if voice in changed:
                utterance_tone(view.corpus, features, seconds, label=words)


def _readers(
    view: View,
    utterance: EditableUtterance,
    question: Question,
    before: np.ndarray,
    now: np.ndarray,
) -> None:
    """What the change does to the turns whose context this utterance is."""
    others = np.flatnonzero(np.arange(len(before)) != utterance.own)
    if not question or not len(others):
        return
    classes, limits = view.corpus.label.classes, _limits(view)
    place = before[others].argmax(1) if classes else np.zeros(len(others), int)
    old, new = (values[others, place] for values in (before, now))
    turns = utterance.turns.iloc[others].reset_index(drop=True)
    names = [turn_name({**turn, "count": 1}) for turn in turns.to_dict("records")]
    say.finding(readers_title(turns, new - old, limits[1] - limits[0]))
    quantity = "probability of the class it said" if classes else view.corpus.label.name
    figure(
        moves_figure(names, list(old), list(new), limits, quantity, classes=classes is not None),
        key="what-if-readers",
        caption="Every turn whose window holds this utterance. Tick: before; filled: now.",
        explanation=_READERS,
        data=turns.assign(before=old, now=new),
        alt="Predictions of the turns that read this utterance, before and now",
    )


def _noise(view: View, utterance: EditableUtterance, row: int, before: np.ndarray) -> None:
    """The prediction over the strength of the noise, asked for by the reader."""
    from mmmie.analysis.ask.what_if import SEEDS

    shown = st.toggle(
        "How much noise does it stand?",
        key="what-if-sweep",
        bind="query-params",
        help="Noise from 0 to 3 standard deviations on one modality at a time.",
    )
    if not shown:
        return
    classes, limits = view.corpus.label.classes, _limits(view)
    place = int(before.argmax())
    effect = _effect(view.checkpoint.fingerprint, view.corpus.fingerprint, row, place, view)
    say.finding(noise_title(effect, limits[1] - limits[0]))
    quantity = f"the probability of {classes[place]}" if classes else view.corpus.label.name
    figure(
        noise_figure(effect, view.outputs.modalities, quantity),
        key="what-if-noise",
        caption=f"This utterance without other changes; {SEEDS} draws of noise per dot, lines are "
        "means.",
        explanation=_NOISE,
        data=effect,
        alt="Change of the prediction over the strength of the noise, one line per modality",
    )


def _remember(
    view: View, name: str, question: Question, before: np.ndarray, now: np.ndarray
) -> None:
    """Keep a try for this session, once."""
    tries = st.session_state.setdefault(_TRIES, {})
    if not question:
        return
    place = int(before.argmax())
    classes = view.corpus.label.classes
    key = (
        view.checkpoint.fingerprint,
        view.corpus.fingerprint,
        name,
        question.address[FEATURES_FIELD],
    )
    tries[key] = {
        "checkpoint": view.choice.name,
        "utterance": name,
        "change": edit_name(question, view.corpus.modalities),
        **({"class": classes[place]} if classes else {}),
        "before": float(before[place]),
        "now": float(now[place]),
        "moved": float(now[place] - before[place]),
    }


def _tries(view: View) -> None:
    """Every try of this session on this checkpoint."""
    own = (view.checkpoint.fingerprint, view.corpus.fingerprint)
    tries = pd.DataFrame([t for key, t in st.session_state[_TRIES].items() if key[:2] == own])
    if tries.empty:
        return
    limits, classes = _limits(view), view.corpus.label.classes is not None
    say.finding(tries_title(tries, limits[1] - limits[0]))
    several = tries["utterance"].nunique() > 1
    names = tries["utterance"] + ": " + tries["change"] if several else tries["change"]
    quantity = "the probability of the class it said" if classes else view.corpus.label.name
    figure(
        tries_figure(
            tries.assign(name=names).tail(_MOST_SHOWN), limits[1] - limits[0], quantity, classes
        ),
        key="what-if-tries-figure",
        caption=f"The latest {_MOST_SHOWN} of {len(tries)} tries of this session; the CSV has all."
        if len(tries) > _MOST_SHOWN
        else "All tries of this session on this checkpoint.",
        explanation=_TRIES_EXPLAINED,
        data=tries,
        alt="Change of the prediction in every try, the latest on top",
    )
    st.button(
        "Forget them", icon=":material/delete:", type="tertiary", on_click=_forget, args=(own,)
    )


def _forget(own: tuple[str, str]) -> None:
    tries = st.session_state[_TRIES]
    st.session_state[_TRIES] = {key: held for key, held in tries.items() if key[:2] != own}


def _limits(view: View) -> tuple[float, float]:
    return label_limits(view.corpus.label, view.frame["label"].to_numpy())


@st.cache_resource(show_spinner=False, max_entries=64)
def _editable(fingerprint: str, corpus: str, row: int, _view: View) -> EditableUtterance:
    from mmmie.analysis.ask.what_if import EditableUtterance

    return EditableUtterance(_view.checkpoint, _view.corpus, row)


@st.cache_data(show_spinner="Adding noise", max_entries=200)
def _effect(fingerprint: str, corpus: str, row: int, place: int, _view: View) -> pd.DataFrame:
    from mmmie.analysis.ask.what_if import noise_effect

    return noise_effect(_editable(fingerprint, corpus, row, _view), _view.outputs.modalities, place)
