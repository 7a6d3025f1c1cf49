"""Step 9 of the lesson: train a small model on the page and compare it with the shipped one."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from app import loading, state
from app.pages import switch_to
from app.parts import page_text as say
from app.parts.drawings import drawn_figure
from app.parts.names import plain, text_of
from app.parts.numbers import metric
from app.parts.style import three_digits
from app.runs.actions import pick_pair
from app.runs.live_run import live_run
from app.runs.new_run_form import free_name, start_run
from app.runs.setting_fields import config_of
from app.screens.learn.frame import LETTERS, Formula, closing, opening
from app.screens.learn.subject import Subject
from app.utterance.window import prediction_svg
from mmmie.analysis.checkpoint import Checkpoint
from mmmie.errors import InputError
from mmmie.hosting import read_only
from mmmie.metrics import primary_metric
from mmmie.training.config import Config
from mmmie.training.run_folder import RunFolder

FORMULA = Formula(
    (
        r"\text{loss} = \text{task} - \alpha \sum_{m<n} I_{\text{low}}(z_m; z_n) "
        r"+ \beta \sum_m I_{\text{up}}(x_m; z_m)",
        r"{} + \gamma\,\text{separation} + \delta\,\text{reconstruction}",
    ),
    (
        (r"\text{task}", "the error of the predictions"),
        (r"\alpha", "how strongly the codes are pulled together"),
        (r"\beta", "how strongly they are squeezed"),
        (r"\gamma, \delta", "keep s from repeating z, and from forgetting its input"),
    ),
)
_PREFIX = "lesson"
_SHIPPED = "demo"
_SMALL: dict[str, Any] = {
    "data": "demo",
    "model.heads": 2,
    "model.invariant_dim": 4,
    "model.specific_dim": 4,
    "training.batch_size": 128,
    "training.learning_rate": 0.005,
    "training.averaging": 0.9,  # twenty steps per epoch: a longer mean would lag behind
    "training.mi_check_every": 0,
}
_LEAD = (
    "The formula below sums it all up. Now train a model yourself on the demo corpus, in a "
    "separate process. Its codes and layers are smaller than those of the shipped one, and it sees "
    "the corpus only a few times. Switch off a part of the loss and compare."
)
_EXPLANATION = """
Both models on the same utterance: **hollow** is the truth, **filled** what they predict. One
utterance is an anecdote. *Compare* shows all of them, with intervals.
"""


def draw_train(subject: Subject) -> None:
    """Draw the last step."""
    head = st.container()
    started = _form()
    run = started or last_run()
    shipped = _open(_SHIPPED)
    mine = None if run is None or loading.active_status(run) else _open(f"runs/{run.name}")
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
        FORMULA,
        "train once more with the squeeze switched off. What will happen to the dashed lines, and "
        "to the error?",
        train_answer(*(_squeezed(_open(which)) for which in (_SHIPPED, f"{_SHIPPED}-no-mi-min"))),
    )


def train_title(
    epochs: int, name: str, mine: float | None, shipped: float | None, shipped_epochs: int
) -> str:
    """Your own model, None before the end, against the shipped one, None if there is none."""
    if mine is None and shipped is None:
        return "Train a model of your own, here and now"
    if mine is None:
        return (
            f"The shipped model reached {name} {three_digits(shipped)} in {shipped_epochs} epochs"
        )
    plural = "" if epochs == 1 else "s"
    said = f"Your model reaches {name} {three_digits(mine)} after {epochs} epoch{plural}"
    if shipped is None:
        return said
    return f"{said}, the shipped one {three_digits(shipped)} after {shipped_epochs}"


def train_answer(full: tuple[float, float] | None, without: tuple[float, float] | None) -> str:
    """What the squeeze does: upper bounds of all z in nats and the error, with it and without."""
    said = (
        "The dashed lines are the upper bounds: without the squeeze nothing pushes them down, and "
        "they rise. The error may stay where it is. The squeeze cleans the codes, but a model can "
        "also predict well from codes that keep too much."
    )
    if full is None or without is None:
        return said
    return (
        f"{said} The full shipped checkpoint keeps at most {three_digits(full[0])} nats in all its "
        f"shared codes, with an error of {three_digits(full[1])}. The one trained without the "
        f"squeeze keeps up to {three_digits(without[0])} nats, with {three_digits(without[1])}."
    )


def small_config(epochs: int, width: int, pull: bool, squeeze: bool, identity: bool) -> Config:
    """The settings of a run of the lesson."""
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
    return next((run for run in loading.runs() if run.name.startswith(_PREFIX)), None)


def _form() -> RunFolder | None:
    """The settings and the button; the run that it started now, if any.

    A read-only server has none of them.
    """
    if read_only():
        return None
    with st.container(border=True):
        left, right = st.columns(2)
        epochs = left.slider("Epochs", 1, 10, 4, key="lesson-epochs")
        width = right.select_slider("Width of the layers", (8, 16, 32, 64), 16, key="lesson-width")
        with st.container(horizontal=True):
            pull = st.toggle("Pull together", True, key="lesson-pull-on")
            squeeze = st.toggle("Squeeze", True, key="lesson-squeeze-on")
            identity = st.toggle("Say who is speaking", True, key="lesson-identity-on")
        newest = last_run()
        busy = newest is not None and loading.active_status(newest) is not None
        if not st.button(
            "Train it",
            icon=":material/play_arrow:",
            type="primary",
            width="stretch",
            disabled=busy,
            help="A run of this lesson is training. Stop it below first." if busy else None,
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
        same = here.data_fingerprint == corpus.data_fingerprint
        row = subject.row if same else int(corpus.rows("valid")[0])
        values = {
            "yours": _prediction(mine.fingerprint, row, mine),
            f"shipped: {shipped.info.name}": _prediction(shipped.fingerprint, row, shipped),
        }
    except InputError as error:
        st.info(plain(str(error)), icon=":material/info:")
        return
    one = corpus.utterances.iloc[row]
    said = text_of(one.get("transcript"))
    say.finding(
        f"“{plain(said)}”: yours says {three_digits(values['yours'])}, the shipped one "
        f"{three_digits(values[f'shipped: {shipped.info.name}'])}, the truth is "
        f"{three_digits(float(one['label']))}"
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
                 on_click=pick_pair, args=(f"runs/{mine.info.name}", _SHIPPED)):  # fmt: skip
        switch_to("compare")


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
    from mmmie.analysis.ask.asker import Asker

    corpus = loading.open_corpus(_checkpoint)
    return float(Asker(_checkpoint, corpus).answer([row])[0].output[0])
