"""A run while it trains: where it stands, its curves, its map, and the buttons that steer it."""

from __future__ import annotations

import html
import os
from dataclasses import dataclass
from typing import Any

import plotly.graph_objects as go
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from app import loading
from app.parts import page_text as say
from app.parts.figures import chart, figure_footer
from app.parts.fragment import fragment
from app.parts.layout import wide_columns
from app.parts.names import plain
from app.parts.numbers import duration_words
from app.runs.actions import clone, other_pages, steering
from app.runs.live_map import draw_run_map, run_map_footer
from app.runs.run_words import advice_for, asked_words, best_words, run_facts, standing_words
from app.runs.training_curves import curves_frame, training_figure
from mmmie.corpus import Kind
from mmmie.errors import InputError
from mmmie.files import surviving_folder
from mmmie.jobs import ahead, log_tail, new_metrics, observe, run_faults, silent_seconds
from mmmie.metrics import primary_metric
from mmmie.training.checkpoint_files import checkpoint_folder, read_checkpoint_info
from mmmie.training.config import Config, load_config
from mmmie.training.run_folder import ENDED, RunFolder, Status, read_metrics

_POLL_SECONDS = 0.7  # with drawing, what is new is on the screen within a second
_LOG_LINES = 20
_MOST_FAULTS = 4
_COLOURS: dict[str, Any] = {
    "queued": "gray",
    "running": "blue",
    "paused": "orange",
    "finished": "green",
    "stopped": "violet",
    "failed": "red",
    "unreadable": "red",
}
ICONS = {
    "queued": ":material/hourglass_empty:",
    "running": ":material/play_arrow:",
    "paused": ":material/pause:",
    "finished": ":material/check:",
    "stopped": ":material/stop:",
    "failed": ":material/report:",
    "unreadable": ":material/report:",
}
_EXPLANATION = (
    "**Top**: the whole loss (solid) and its task part (dotted) on the train split. **Middle**: "
    "the metric on the valid split that chooses the epoch; the mark is the best so far, which is "
    "kept as the checkpoint. **Bottom**: solid lines are lower bounds of the mutual "
    "information between the shared codes of two modalities, pushed up; dashed ones upper "
    "bounds of what a shared code keeps of its input, pushed down. In nats, on a fixed sample "
    "of the valid split."
)


@dataclass(frozen=True)
class _Boxes:
    """Where a run that is redrawn all the time puts what stands among things that stay."""

    curves: DeltaGenerator
    map: DeltaGenerator
    log: DeltaGenerator


def live_run(run: RunFolder) -> None:
    """Draw a run; it refreshes itself every second while it is active."""
    status = observe(run)
    active = status is None or status.state not in ENDED
    if st.session_state.get("watched-active") == str(run.path) and not active:
        _say_ended(run, status)
    st.session_state["watched-active"] = str(run.path) if active else None
    if status is not None and status.state == "unreadable":
        _unreadable(run, status)
        return
    top = st.container()
    shape = _shape_of(run, status)
    boxes = _frame(run, status) if status is not None else None
    with top:
        fragment(_draw, run_every=_POLL_SECONDS if active else None)(str(run.path), shape, boxes)


def _unreadable(run: RunFolder, status: Status) -> None:
    """A run of which nobody can tell how it stands: why, and what can be done with it."""
    _name_and_state(run, status)
    st.error(plain(status.error or ""), icon=":material/report:")
    steering(run, status)
    with _log_box(status):
        _log(run)


def _shape_of(run: RunFolder, status: Status | None) -> tuple[bool, bool, bool]:
    """What the frame of a run depends on: whether it began, ended, and has a checkpoint."""
    kept = os.path.exists(surviving_folder(run.best))
    return status is not None, status is not None and status.state in ENDED, kept


def _frame(run: RunFolder, status: Status) -> _Boxes | None:
    """All that stays the same while a run trains; what changes is drawn into the boxes.

    Buttons, explanations and downloads cost the server and the browser several times what the
    news of a second do.
    """
    ended = status.state in ENDED
    if ended:
        other_pages(run, "open")
    if ended and not history_of(run):
        return _Boxes(st.container(), st.container(), _log_box(status))
    left, right = wide_columns([3, 2], key="live-columns", least=270)
    path, config = str(run.path), _config_of(run)
    with left:
        curves = st.container()
        figure_footer(
            key="training",
            caption="The mark is the best epoch so far, the one that is kept as the checkpoint.",
            explanation=_EXPLANATION,
            data=lambda: curves_frame(read_metrics(path)),
            pictures=("training",),
        )
    with right:
        run_map_box = st.container()
        run_map_footer(run.path, config.data, config.label)
    if not ended:
        other_pages(run, "open")
    return _Boxes(curves, run_map_box, _log_box(status))


def history_of(run: RunFolder) -> list[dict[str, Any]]:
    """The metric history, read on from where the last call of this session stopped."""
    key = f"history-{run.path}"
    known, offset = st.session_state.get(key) or ([], 0)
    fresh, offset = new_metrics(run, offset)
    merged = merge_history(known, fresh)
    st.session_state[key] = (merged, offset)
    return merged


def merge_history(known: list[dict[str, Any]], fresh: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """A history with further lines; epochs that were trained anew replace the old ones."""
    if not fresh:
        return known
    return [line for line in known if line["epoch"] < fresh[0]["epoch"]] + fresh


def _draw(path: str, shape: tuple[bool, bool, bool], boxes: _Boxes | None) -> None:
    run = RunFolder(path)
    status = observe(run)
    if not os.path.lexists(run.path) or _shape_of(run, status) != shape:
        st.rerun()  # the whole page: its frame has changed, or polling ends
    if status is None or boxes is None:
        st.info("This run has written nothing yet.", icon=":material/hourglass_empty:")
        return
    history = history_of(run)
    config = _config_of(run)
    _standing(run, status, history, config)
    steering(run, status)
    if status.state == "failed":
        _failure(run, status, config)
    _faults(run)
    if history or status.state not in ENDED:
        with boxes.curves:
            _curves(run, status, history)
        with boxes.map:
            draw_run_map(run.path, config.data, status.epoch, config.label)
    with boxes.log:
        _log(run)


def _log(run: RunFolder) -> None:
    lines = log_tail(run, _LOG_LINES)
    st.code("\n".join(lines) or "The log is empty.", language=None, wrap_lines=True)


def _log_box(status: Status) -> DeltaGenerator:
    return st.expander("Log", icon=":material/terminal:", expanded=status.state == "failed")


def _name_and_state(run: RunFolder, status: Status) -> DeltaGenerator:
    """The name of a run and its state on one line, to which more can be added."""
    line = st.container(horizontal=True, vertical_alignment="center", gap="small")
    with line:
        say.finding(plain(run.name), width="content")
        st.badge(status.state, icon=ICONS[status.state], color=_COLOURS[status.state])
    return line


def _faults(run: RunFolder) -> None:
    """What cannot be read in the folder of a run; of many faults the first few."""
    faults = run_faults(run)
    for fault in faults[:_MOST_FAULTS]:
        st.warning(plain(fault), icon=":material/report:")
    if len(faults) > _MOST_FAULTS:
        say.caption(f"{len(faults) - _MOST_FAULTS} more of its files cannot be read.")


def _standing(
    run: RunFolder, status: Status, history: list[dict[str, Any]], config: Config
) -> None:
    with _name_and_state(run, status):
        asked = asked_words(status, *run.read_wish())
        if asked:
            st.badge(asked, icon=":material/schedule:", color="gray")
    waiting = [other.name for other in ahead(run)]
    words = standing_words(status, history, len(waiting))
    best = best_words(history, *_metric(run))
    st.progress(
        min(max(status.progress, 0.0), 1.0),
        text=f"{words} {f'Best: {best}.' if best else ''}",
    )
    if waiting:
        say.caption(f"Before it: {plain(', '.join(waiting))}.")
    say.legend(_facts_markup(run_facts(status, history, _train_utterances(config))))
    silent = silent_seconds(status) if status.state == "running" else 0.0
    if silent:
        st.warning(
            f"No sign of life for {duration_words(silent)}; validation may be slow.",
            icon=":material/heart_broken:",
        )


def _failure(run: RunFolder, status: Status, config: Config) -> None:
    error = status.error or "It failed and gave no reason."
    st.error(plain(error), icon=":material/report:")
    # The reason for a killed process, a full memory say, may be in the log only.
    said = "\n".join([error, *log_tail(run, _LOG_LINES)])
    for i, way in enumerate(advice_for(said, config, status.device)):
        with st.container(horizontal=True, vertical_alignment="center", gap="small", wrap=False):
            if way.changes and st.button(
                ", ".join(f"{key} = {value:g}" for key, value in way.changes.items()),
                icon=":material/content_copy:",
                help="Fill the form with this run's configuration and this change.",
                key=f"advice-{i}",
                on_click=clone,
                args=(str(run.path), way.changes),
            ):
                st.rerun()
            say.caption(way.words)


def _curves(run: RunFolder, status: Status, history: list[dict[str, Any]]) -> None:
    stamp = (
        len(history),
        history[-1]["epoch"] if history else 0,
        loading.stamp_of(run.metrics_file),
    )
    epochs = max(status.epochs, status.epoch)
    chart(
        _curves_figure(str(run.path), stamp, epochs, _metric(run), _task(run)[1], history),
        key="training",
        alt="Loss, validation metric and mutual information bounds over the epochs",
    )


@st.cache_resource(show_spinner=False, max_entries=32)  # one picture for all who watch
def _curves_figure(
    path: str,
    stamp: tuple[int, int, int],
    epochs: int,
    metric: tuple[str, bool],
    modalities: list[str],
    _history: list[dict[str, Any]],
) -> go.Figure:
    return training_figure(curves_frame(_history), epochs, *metric, modalities)


def _facts_markup(facts: dict[str, str]) -> str:
    cells = "".join(
        f"<div style='min-width:84px'><div style='font-size:.75rem;opacity:.65'>"
        f"{html.escape(name)}</div><div style='font-weight:600;white-space:nowrap'>"
        f"{html.escape(value)}</div></div>"
        for name, value in facts.items()
    )
    return f"<div style='display:flex;flex-wrap:wrap;gap:.4rem 1.4rem'>{cells}</div>"


def _metric(run: RunFolder) -> tuple[str, bool]:
    """The metric that chooses the epoch, and whether a higher one is better."""
    return primary_metric(_task(run)[0])


def _task(run: RunFolder) -> tuple[Kind, list[str]]:
    """The kind of the label and the modalities; a guess before the run has said it."""
    try:
        stamp = loading.stamp_of(checkpoint_folder(run.path) / "config.json")
        return _read_task(str(run.path), stamp)
    except (InputError, OSError):
        return "regression", []


@st.cache_data(show_spinner=False, max_entries=64)
def _read_task(path: str, stamp: int) -> tuple[Kind, list[str]]:
    info = read_checkpoint_info(path)
    return info.label.kind, list(info.modalities)


def _config_of(run: RunFolder) -> Config:
    return _config(str(run.path), loading.stamp_of(run.config))


@st.cache_data(show_spinner=False, max_entries=64)
def _config(path: str, stamp: int) -> Config:
    """The configuration of a run; the defaults where it is unreadable."""
    try:
        return load_config(RunFolder(path).config)
    except InputError:
        return Config()


def _train_utterances(config: Config) -> int | None:
    try:
        return len(loading.open_data(config.data, label=config.label).rows("train"))
    except InputError:
        return None


def _say_ended(run: RunFolder, status: Status | None) -> None:
    state = status.state if status else "gone"
    best = best_words(history_of(run), *_metric(run))
    st.toast(
        f"{plain(run.name)} {'has ' if state == 'failed' else 'is '}{state}"
        f"{f'. Best: {best}' if best else ''}",
        icon=ICONS.get(state, ":material/check:"),
        duration="long",
    )
