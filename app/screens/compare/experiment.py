"""An experiment: its table, what differs, and every seed."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from app import state
from app.access.typed_path import typed_path
from app.parts import page_text as say
from app.parts.layout import wide_columns
from app.parts.names import plain
from app.screens.compare.experiment_folders import (
    known_experiments,
    open_experiment,
    remember_experiment,
)
from app.screens.compare.seed_words import Sample, differences_line
from app.screens.compare.variants import draw_variants, pick_metric
from mmmie.errors import InputError
from mmmie.experiments.reading import ExperimentResults
from mmmie.hosting import read_only

_KEY, _SPLIT, _FAULT = "experiment", "experiment_split", "experiment-fault"
_QUESTION, _MOST_NAMED = "What did the experiment show?", 3


def draw_experiment() -> None:
    """The experiment that the address names, else the first there is; it ends the page if none."""
    heading = st.empty()
    heading.title(_QUESTION)
    _look_at_address()
    known = known_experiments()
    if not known:
        _nothing_yet()
    state.forget_unless(_KEY, known)
    picked, split_box, metric_box = wide_columns([2, 1, 1], key="experiment-controls", least=200)
    with picked:
        name = str(
            st.selectbox(
                "Experiment", list(known), key=_KEY, bind="query-params", on_change=_forget_fault
            )
        )
    _opener()
    with state.readable_errors(way_out=("Name its corpus on the Data page", "data")):
        results = open_experiment(known[name])
    names = [split.name for split in results.splits]
    with split_box:
        state.forget_unless(_SPLIT, names)
        chosen = st.selectbox("Split", names, key=_SPLIT, bind="query-params")
    split = results.splits[names.index(str(chosen))]
    with metric_box:
        metric = pick_metric(list(split.rows))
    rows = split.rows[metric]
    title = differences_line(rows, metric, results.reference) if rows else _QUESTION
    say.title(plain(title), place=heading)
    _about(results, known[name])
    if not rows:
        st.info("No trial has finished yet.", icon=":material/hourglass_empty:")
        st.stop()
    draw_variants(
        rows, metric, results.reference, Sample(split.name, split.utterances, split.conversations)
    )


def _about(results: ExperimentResults, folder: Path) -> None:
    """What it is for, on what it ran, and which trials are missing."""
    if results.description:
        say.words(plain(results.description))
    say.caption(f"{plain(results.name)} on {plain(results.corpus)}, in {plain(str(folder))}.")
    for said, trials in (("failed", results.failed), ("not finished yet", results.unfinished)):
        if trials:
            more = len(trials) - _MOST_NAMED
            named = "; ".join(trials[:_MOST_NAMED]) + (f"; and {more} more" if more > 0 else "")
            count = f"{len(trials)} trial{'s' * (len(trials) > 1)}"
            st.warning(f"{count} {said}: {plain(named)}", icon=":material/report:")


def _nothing_yet() -> None:
    with st.container(border=True):
        st.subheader("No experiment yet")
        st.write(
            "An experiment trains variants of the model with several seeds each. Run one on the "
            "command line; it appears here while it runs:"
        )
        st.code("mmmie experiment experiments/ablations.toml", language=None)
        _opener()
    st.stop()


def _opener() -> None:
    """The field for a folder elsewhere, and what is wrong with the one that was named last."""
    if not read_only():
        with st.popover("Open a folder", icon=":material/folder_open:"):
            path = typed_path(
                "Folder of an experiment",
                key="experiment-path",
                placeholder="/path/to/experiment",
            )
            st.button(
                "Open", disabled=not path, on_click=_open, args=(path,), key="experiment-open"
            )
    if fault := st.session_state.get(_FAULT):
        st.error(plain(fault), icon=":material/report:")


def _open(path: str) -> None:
    _forget_fault()
    try:
        remember_experiment(path)
    except InputError as error:
        st.session_state[_FAULT] = str(error)
        return
    st.session_state[_KEY] = path


def _look_at_address() -> None:
    """Open the folder that the address names, or keep why not before the list forgets it."""
    asked = st.query_params.get(_KEY, "")
    if asked and asked not in known_experiments():
        try:
            remember_experiment(asked)
        except InputError as error:
            st.session_state[_FAULT] = str(error)


def _forget_fault() -> None:
    st.session_state.pop(_FAULT, None)
