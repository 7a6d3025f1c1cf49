"""The estimator lab: pick a task with a known answer and watch estimators approach it."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from app.components.figures import figure
from app.components.lab_controls import PRESETS, controls, fill_in
from app.components.layout import wide_columns
from app.views.estimator_lab import lab_figure
from app.views.estimator_lab_words import LAB_EXPLAINED, lab_levels, lab_sentences, lab_title
from app.views.names import plain
from mmmie.analysis.estimator_lab import (
    LabRun,
    find_lab,
    lab_folder,
    levels_table,
    read_lab,
    start_lab,
    stop_lab,
)
from mmmie.analysis.lab_settings import LabSettings
from mmmie.errors import InputError

_POLL_SECONDS = 1
_KEY = "lab"  # of the run that is shown, in the session and in the URL


def draw_lab() -> None:
    """Draw the lab: questions on top, settings on the left, what comes of them on the right."""
    folder, run = _shown()
    with st.container(horizontal=True):
        for i, preset in enumerate(PRESETS):
            st.button(
                preset.question, key=f"lab-question-{i}", on_click=_ask, args=(preset, folder)
            )
    left, right = wide_columns([3, 8], key="lab-columns", least=230)
    with left:
        settings = controls()
        _steer(settings, folder, run)
    with right:
        if folder is None or run is None:
            st.info(
                "Click a question, or choose a task and press **Start**: the estimators then learn "
                "from pairs whose mutual information is known.",
                icon=":material/science:",
            )
            return
        running = run.state == "running"
        st.session_state["lab-polled"] = running
        st.fragment(_draw_run, run_every=_POLL_SECONDS if running else None)(str(folder))


def _shown() -> tuple[Path | None, LabRun | None]:
    """The run that this session, or the link, is about."""
    key = str(st.session_state.get(_KEY) or st.query_params.get(_KEY) or "")
    folder = find_lab(lab_folder(), key)
    if folder is None:
        return None, None
    try:
        run = read_lab(folder)
    except InputError:
        return None, None
    st.session_state[_KEY] = key
    st.query_params[_KEY] = key
    return folder, run


def _steer(settings: LabSettings, folder: Path | None, run: LabRun | None) -> None:
    fault = None
    try:
        task = settings.tasks()[-1]
        st.caption(f"**{plain(task.title)}**: {plain(task.derivation)}")
    except InputError as error:
        fault = str(error)
        st.error(plain(fault), icon=":material/report:")
    if folder is not None and run is not None and run.state == "running":
        st.button(
            "Stop",
            icon=":material/stop:",
            type="primary",
            width="stretch",
            on_click=stop_lab,
            args=(folder,),
        )
        return
    st.button(
        "Start",
        icon=":material/play_arrow:",
        type="primary",
        width="stretch",
        disabled=fault is not None,
        on_click=_start,
        args=(settings, folder),
    )


def _ask(preset: LabSettings, shown: Path | None) -> None:
    fill_in(preset)
    _start(preset, shown)


def _start(settings: LabSettings, shown: Path | None) -> None:
    if shown is not None:
        stop_lab(shown)
    st.session_state[_KEY] = start_lab(settings, lab_folder()).name


def _draw_run(folder: str) -> None:
    run = read_lab(Path(folder))
    running = run.state == "running"
    if st.session_state.get("lab-polled") and not running:
        st.rerun()  # the whole page: polling ends, Start appears
    settings, table = run.settings, levels_table(run)
    title = lab_title(table, list(settings.nats))
    if settings.question:
        st.subheader(settings.question)
        st.markdown(f"{title}.")
    else:
        st.subheader(title)
    if run.state == "failed":
        st.error(f"The run failed: {plain(run.error or '')}", icon=":material/report:")
    elif running:
        steps = settings.steps * len(settings.nats)
        taken = round(run.progress * steps)
        waiting = "the process is starting" if run.points.empty else f"step {taken:,} of {steps:,}"
        st.progress(min(run.progress, 1.0), text=waiting)
    figure(
        lab_figure(
            run.points, table, list(settings.nats), list(settings.estimators), settings.steps
        ),
        key="estimator-lab",
        caption=_caption(run),
        explanation=LAB_EXPLAINED,
        data=run.points,
        alt="Estimates of mutual information over the steps of learning, beside the truth",
    )
    for sentence in lab_sentences(table, settings).values():
        st.markdown(f"- {sentence}")
    if len(settings.nats) > 1 and len(table):
        st.table(lab_levels(table, settings), border="horizontal", hide_index=True)
        st.caption(
            "Nats at the end of every level; in brackets, with nothing left to learn, where known."
        )


def _caption(run: LabRun) -> str:
    settings = run.settings
    parts = [
        f"{settings.shape().title}, {settings.dim} dimensions"
        if settings.shape().dims[0] != settings.shape().dims[1]
        else settings.shape().title,
        f"fresh batches of {settings.batch_size} at every step",
    ]
    if settings.transform == "copula":
        parts.append("ranks instead of values")
    if settings.from_closed_form:
        parts.append("started from a Gaussian fit")
    parts.append(f"seed {settings.seed}")
    if run.state == "stopped":
        parts.append("stopped before the end")
    return f"{', '.join(parts)}. Thin lines: with nothing left to learn."
