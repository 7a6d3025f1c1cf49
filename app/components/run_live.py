"""A run while it trains: where it stands, its curves, and the buttons that steer it."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import streamlit as st

from app.components.figures import figure
from app.views.names import plain
from app.views.style import three_digits
from app.views.training_curves import (
    curves_frame,
    duration_words,
    seconds_left,
    training_figure,
)
from app.views.words import metric
from mmmie.errors import InputError
from mmmie.jobs import log_tail, new_metrics, observe
from mmmie.jobs.steer import steer
from mmmie.metrics import primary_metric
from mmmie.training.checkpoint import checkpoint_folder, read_checkpoint_info
from mmmie.training.run_folder import ENDED, RunFolder, Status

_SILENT_SECONDS = 15
_COLOURS: dict[str, Any] = {
    "queued": "gray",
    "running": "blue",
    "paused": "orange",
    "finished": "green",
    "stopped": "violet",
    "failed": "red",
}
_ICONS = {
    "queued": ":material/hourglass_empty:",
    "running": ":material/play_arrow:",
    "paused": ":material/pause:",
    "finished": ":material/check:",
    "stopped": ":material/stop:",
    "failed": ":material/report:",
}
# wish → (button, icon, states in which it can be made, what it does)
_WISHES = {
    "pause": (
        "Pause",
        ":material/pause:",
        ("running",),
        "After the present batch. The process keeps its memory.",
    ),
    "step": (
        "Step one epoch",
        ":material/skip_next:",
        ("running", "paused"),
        "Train to the end of one epoch, then pause.",
    ),
    "resume": (
        "Resume",
        ":material/play_arrow:",
        ("paused", "stopped", "failed"),
        "Go on; a run that ended goes on after its last whole epoch, in a new process.",
    ),
    "stop": (
        "Stop",
        ":material/stop:",
        ("queued", "running", "paused"),
        "End the run. Its checkpoints stay and it can be resumed.",
    ),
}


def live_run(run: RunFolder) -> None:
    """Draw a run; it refreshes itself every second while it is active."""
    status = observe(run)
    active = status is not None and status.state not in ENDED
    if st.session_state.get("watched-active") == str(run.path) and not active:
        _say_ended(run, status)
    st.session_state["watched-active"] = str(run.path) if active else None
    st.fragment(_draw, run_every=1 if active else None)(str(run.path))
    if status is not None and not active:
        _go_on(run)


def history_of(run: RunFolder) -> list[dict[str, Any]]:
    """The metric history, read on from where the last call of this session stopped."""
    key = f"history-{run.path}"
    held, offset = st.session_state.get(key) or ([], 0)
    try:
        fresh, offset = new_metrics(run, offset)
    except ValueError:  # a resumed run wrote its file anew: the offset is inside a line
        held = []
        fresh, offset = new_metrics(run)
    merged = merge_history(held, fresh)
    st.session_state[key] = (merged, offset)
    return merged


def merge_history(held: list[dict[str, Any]], fresh: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """A history with further lines; epochs that were trained anew replace the old ones."""
    if not fresh:
        return held
    return [line for line in held if line["epoch"] < fresh[0]["epoch"]] + fresh


def _draw(path: str) -> None:
    run = RunFolder(path)
    status = observe(run)
    if status is None:
        st.info("This run has written nothing yet.", icon=":material/hourglass_empty:")
        return
    if status.state in ENDED and st.session_state.get("watched-active") == path:
        st.rerun()  # the whole page: polling ends, the buttons to go on appear
    history = history_of(run)
    _standing(run, status, history)
    _buttons(run, status)
    if status.state == "failed":
        st.error(plain(status.error or "It failed without a word."), icon=":material/report:")
    _curves(run, status, history)
    with st.expander("Log", icon=":material/terminal:", expanded=status.state == "failed"):
        st.code("\n".join(log_tail(run, 20)) or "The log is empty.", language=None, wrap_lines=True)


def _standing(run: RunFolder, status: Status, history: list[dict[str, Any]]) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.subheader(plain(run.path.name), width="content")
        st.badge(status.state, icon=_ICONS[status.state], color=_COLOURS[status.state])
    st.progress(min(max(status.progress, 0.0), 1.0), text=progress_words(status, history))
    silent = time.time() - status.heartbeat
    if status.state == "running" and silent > _SILENT_SECONDS:
        st.warning(
            f"No sign of life for {duration_words(silent)}; an epoch may be slow to validate.",
            icon=":material/heart_broken:",
        )


def progress_words(status: Status, history: list[dict[str, Any]]) -> str:
    """Epoch, pace, time left, device and heartbeat in a line."""
    parts = [f"epoch {status.epoch} of {status.epochs}"]
    left = seconds_left(history, status.epoch, status.epochs)
    if left is not None:
        parts.append(f"{duration_words(history[-1].get('seconds') or 0)} an epoch")
        if status.state == "running":
            parts.append(f"at most {duration_words(left)} left")
    if status.device:
        parts.append(f"on {status.device}")
    if status.state not in ENDED:
        parts.append(f"heard {duration_words(max(time.time() - status.heartbeat, 0))} ago")
    return " · ".join(parts)


def _buttons(run: RunFolder, status: Status) -> None:
    with st.container(horizontal=True):
        for wish, (name, icon, states, help_text) in _WISHES.items():
            st.button(
                name,
                icon=icon,
                help=help_text,
                disabled=status.state not in states,
                key=f"steer-{wish}",
                on_click=_wish,
                args=(str(run.path), wish),
            )
    said = st.session_state.pop("steered", None)
    if said is not None:
        st.toast(plain(said[0]), icon=said[1])
        if said[2]:
            st.rerun()  # a new process: the page begins to poll again


def _wish(path: str, wish: str) -> None:
    status = observe(RunFolder(path))
    ended = status is None or status.state in ENDED
    try:
        said = steer(path, wish)
    except InputError as error:
        st.session_state["steered"] = (str(error), ":material/report:", False)
        return
    st.session_state["steered"] = (said.capitalize(), ":material/check:", ended)


def _curves(run: RunFolder, status: Status, history: list[dict[str, Any]]) -> None:
    if not history:
        waiting = status.state in ("queued", "running")
        st.caption("Curves appear after the first epoch." if waiting else "No epoch was finished.")
        return
    kind = "regression" if "valid/mae" in history[0] else "classification"
    name, higher = primary_metric(kind)  # type: ignore[arg-type]
    curves = curves_frame(history)
    figure(
        training_figure(curves, max(status.epochs, status.epoch), name, higher, _modalities(run)),
        key="training",
        caption=_best_words(curves, name, higher),
        explanation=(
            "**Left**: the whole loss (solid) and its task part (dotted) on the train split. "
            "**Middle**: the metric on the valid split that chooses the epoch; the mark is the "
            "best so far, which is what the checkpoint holds. **Right**: solid lines are lower "
            "bounds of the mutual information between the invariant codes of two modalities, "
            "pushed up; dashed ones upper bounds of what an invariant code keeps of its input, "
            "pushed down. In nats, on a fixed sample of the valid split."
        ),
        data=curves,
        alt="Loss, validation metric and mutual information bounds over the epochs",
    )


def _best_words(curves: Any, name: str, higher: bool) -> str:
    rows = curves[(curves["panel"] == "valid") & (curves["curve"] == name)]
    if rows.empty:
        return "No validation yet."
    best = rows.iloc[rows["value"].argmax() if higher else rows["value"].argmin()]
    return (
        f"Best so far: {metric(name).name} {three_digits(float(best['value']))} on valid after "
        f"epoch {int(best['epoch'])}. Lower bounds solid, upper bounds dashed."
    )


def _modalities(run: RunFolder) -> list[str]:
    try:
        return list(read_checkpoint_info(run.path).modalities)
    except InputError:
        return []


def _say_ended(run: RunFolder, status: Status | None) -> None:
    state = status.state if status else "gone"
    st.toast(f"{plain(run.path.name)}: {state}", icon=_ICONS.get(state, ":material/check:"))


def _go_on(run: RunFolder) -> None:
    """Buttons that open the run on the other pages."""
    try:
        checkpoint_folder(run.path)
    except InputError:
        return
    name = f"runs/{Path(run.path).name}"
    with st.container(horizontal=True):
        for title, page, icon in (
            ("Open in Overview", "screens/overview.py", ":material/home:"),
            ("Open in Representations", "screens/representations.py", ":material/bubble_chart:"),
        ):
            if st.button(title, icon=icon, on_click=_pick_checkpoint, args=(name,)):
                # What widgets hold is written to the URL again by the next page.
                st.switch_page(page, query_params={})


def _pick_checkpoint(name: str) -> None:
    st.session_state["checkpoint"] = name
