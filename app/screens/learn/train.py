"""The lesson ends: train a small model in the page, and compare it with the shipped one."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from app import loading, state
from app.pages import switch_to
from app.parts.drawings import drawn_figure
from app.parts.names import plain, text_of
from app.parts.numbers import metric
from app.runs.live_run import live_run
from app.runs.new_run_form import free_name, start_run
from app.runs.settings_form import config_of
from app.screens.learn.frame import closing, opening
from app.screens.learn.lesson_style import LETTERS
from app.screens.learn.lesson_words import train_answer, train_title
from app.screens.learn.subject import Subject
from app.utterance.contribution_steps import number
from app.utterance.window import prediction_svg
from mmmie.analysis.ask.lesson_answers import Told, ask
from mmmie.analysis.checkpoints import Checkpoint
from mmmie.errors import InputError
from mmmie.jobs import list_runs, observe
from mmmie.metrics import primary_metric
from mmmie.training.config import Config
from mmmie.training.run_folder import ENDED, RunFolder

_PREFIX = "lesson"
_SHIPPED = "demo"
_SMALL: dict[str, Any] = {
    "data": "demo",
    "model.heads": 2,
    "model.invariant_dim": 4,
    "model.specific_dim": 4,
    "training.batch_size": 128,
    "training.learning_rate": 0.005,
    "training.averaging": 0.9,  # twenty steps an epoch: a longer mean would lag behind
    "training.mi_check_every": 0,
}
_LEAD = (
    "The formula below is all of it in one line. Now train a model yourself, on the demo corpus, "
    "in a process of its own: it has fewer numbers in its codes and layers than the shipped one "
    "and sees the corpus only a few times. Switch a part of the loss off and compare."
)
_EXPLANATION = """
Both models on the same utterance: **hollow** is the truth, **filled** what they predict. One
utterance is an anecdote; for all of them with intervals, go on to *Compare*.
"""


def draw_train(subject: Subject) -> None:
    """Draw the last step."""
    head = st.container()
    started = _form()
    run = started or last_run()
    shipped = _open(_SHIPPED)
    mine = None if run is None or _active(run) else _open(f"runs/{run.path.name}")
    name = metric(primary_metric("regression")[0])
    with head:
        opening(
            train_title(
                0 if mine is None else len(mine.history),
                name.name,
                _error(mine),
                _error(shipped),
                0 if shipped is None else len(shipped.history),
            ),
            _LEAD,
        )
    if run is not None:
        live_run(run)
    if mine is not None and shipped is not None:
        _compare(subject, mine, shipped)
    closing(
        7,
        "train once more with the squeeze switched off. What do you expect of the dashed lines, "
        "and of the error?",
        train_answer(*(_squeezed(_open(which)) for which in (_SHIPPED, f"{_SHIPPED}-no-mi-min"))),
    )


def small_config(epochs: int, width: int, pull: bool, squeeze: bool, identity: bool) -> Config:
    """The settings of a run of the lesson.

    Args:
        epochs: passes over the train split.
        width: of encoders and fusion.
        pull: whether modalities are pulled together.
        squeeze: whether codes are squeezed.
        identity: whether tokens say whose they are.
    """
    return config_of(
        {
            **_SMALL,
            "training.epochs": epochs,
            "model.dim": width,
            "objective.maximise.enabled": pull,
            "objective.minimise.enabled": squeeze,
            "model.identity.enabled": identity,
        }
    )


def last_run() -> RunFolder | None:
    """The newest run that was started from the lesson, None if there is none."""
    runs = list_runs(loading.runs_folder())
    return next((run for run in runs if run.path.name.startswith(_PREFIX)), None)


def _form() -> RunFolder | None:
    """The settings and the button; the run that it started now, if any."""
    with st.container(border=True):
        left, right = st.columns(2)
        epochs = left.slider("Epochs", 1, 10, 4, key="lesson-epochs")
        width = right.select_slider("Width of the layers", (8, 16, 32, 64), 16, key="lesson-width")
        with st.container(horizontal=True):
            pull = st.toggle("Pull together", True, key="lesson-pull-on")
            squeeze = st.toggle("Squeeze", True, key="lesson-squeeze-on")
            identity = st.toggle("Say who is speaking", True, key="lesson-identity-on")
        newest = last_run()
        busy = newest is not None and _active(newest)
        if not st.button(
            "Train it",
            icon=":material/play_arrow:",
            type="primary",
            width="stretch",
            disabled=busy,
            help="A run of this lesson is training; stop it below first." if busy else None,
            key="lesson-train",
        ):
            return None
    folder = loading.runs_folder()
    out = folder / free_name(_PREFIX, "full model", 0, folder)
    with state.readable_errors():
        start_run(small_config(int(epochs), int(width), pull, squeeze, identity), out, "auto")
    return RunFolder(out)


def _compare(subject: Subject, mine: Checkpoint, shipped: Checkpoint) -> None:
    try:
        corpus = loading.open_corpus(shipped)
        here = subject.view.corpus
        row = (
            subject.row
            if here.data_fingerprint == corpus.data_fingerprint
            else int(corpus.rows("valid")[0])
        )
        values = {
            "yours": _prediction(mine.fingerprint, row, mine),
            f"shipped: {shipped.info.name}": _prediction(shipped.fingerprint, row, shipped),
        }
    except InputError as error:
        st.info(plain(str(error)), icon=":material/info:")
        return
    one = corpus.utterances.iloc[row]
    said = text_of(one.get("transcript"))
    st.subheader(
        f"“{plain(said)}”: yours says {number(values['yours'])}, the shipped one "
        f"{number(values[f'shipped: {shipped.info.name}'])}, the truth is "
        f"{number(float(one['label']))}"
    )
    assert corpus.label.range is not None
    drawn_figure(
        prediction_svg(
            values,
            float(one["label"]),
            corpus.label,
            corpus.label.range,
            alt="Prediction of one utterance by your model and by the shipped one, and the truth",
            letters=LETTERS,
        ),
        key="lesson-compare",
        caption=f"Utterance {plain(str(one['id']))} of the demo corpus.",
        explanation=_EXPLANATION,
        data=pd.DataFrame({"model": values.keys(), "prediction": values.values()}),
    )
    if st.button("Compare them on every utterance", icon=":material/compare:",
                 on_click=_pick, args=(f"runs/{mine.info.name}",)):  # fmt: skip
        switch_to("compare")


def _pick(name: str) -> None:
    st.session_state["checkpoint"] = name
    st.session_state["compare"] = _SHIPPED


def _active(run: RunFolder) -> bool:
    status = observe(run)
    return status is not None and status.state not in ENDED


def _open(name: str) -> Checkpoint | None:
    choice = state.choices().get(name)
    try:
        return None if choice is None else loading.open_checkpoint(choice)
    except InputError:
        return None


def _error(checkpoint: Checkpoint | None) -> float | None:
    if checkpoint is None:
        return None
    value = checkpoint.info.metrics.get(primary_metric("regression")[0])
    return None if value is None else float(value)


def _squeezed(checkpoint: Checkpoint | None) -> tuple[float, float] | None:
    """Upper bounds of all z together in nats at the chosen epoch, and the error on valid."""
    error = _error(checkpoint)
    if checkpoint is None or error is None:
        return None
    lines = [line for line in checkpoint.history if line["epoch"] == checkpoint.info.epoch]
    nats = [line.get(f"mi/min/{m}") for line in lines for m in checkpoint.info.modalities]
    known = [float(value) for value in nats if value is not None]
    return (sum(known), error) if known else None


@st.cache_data(show_spinner=False, max_entries=64)
def _prediction(fingerprint: str, row: int, _checkpoint: Checkpoint) -> float:
    corpus = loading.open_corpus(_checkpoint)
    return float(ask(_checkpoint, corpus, row, Told()).output[0])
