"""Folders of ``mmmie experiment``: those beside the runs, in named folders, and opened by path."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import streamlit as st

from app import loading
from mmmie.errors import InputError
from mmmie.experiments.folder import ExperimentFolder
from mmmie.experiments.reading import ExperimentResults, read_kept_plan, read_results_apart
from mmmie.hosting import refuse_if_read_only, roots
from mmmie.reading import is_text, stamp

_OPENED, _BESIDE_RUNS = "opened-experiments", "experiments"


def known_experiments() -> dict[str, Path]:
    """Name → folder of every experiment that can be chosen now."""
    found: dict[str, Path] = {}
    for path in _inside(loading.runs_folder() / _BESIDE_RUNS):
        found[f"{_BESIDE_RUNS}/{path.name}"] = path
    for root in roots():
        for path in (root, *_inside(root), *_inside(root / _BESIDE_RUNS)):
            found[str(path)] = path
    for opened in st.session_state.get(_OPENED, []):
        found[opened] = Path(opened)
    return {
        name: path
        for name, path in found.items()
        if is_text(path)
        and loading.may_open(path)
        and os.path.isfile(ExperimentFolder(path).plan_file)
    }


def remember_experiment(path: str) -> None:
    """Offer the experiment at a path in this session.

    Raises:
        InputError: it is none, or this server does not open it.
    """
    refuse_if_read_only("open a folder by its path")
    loading.check_may_open(path)
    read_kept_plan(path)
    opened = [p for p in st.session_state.get(_OPENED, []) if p != path]
    st.session_state[_OPENED] = [*opened, path]


def open_experiment(path: Path) -> ExperimentResults:
    """What an experiment has come to; read again when one of its trials has ended.

    Raises:
        InputError: it, or its corpus, cannot be read, or is outside of what this server opens.
    """
    loading.check_may_open(path)
    kept = read_kept_plan(path)
    moved = st.session_state.get("moved_corpora", {}).get(kept.corpus.fingerprint)
    data = moved or kept.found_at
    loading.check_may_open(data)
    return _results(str(path), data, tuple(sorted(_stamps(path))))


@st.cache_resource(show_spinner="Reading the experiment", max_entries=16)
def _results(path: str, data: str, stamps: tuple[tuple[int, int], ...]) -> ExperimentResults:
    return read_results_apart(path, data)


def _stamps(path: Path) -> Iterator[tuple[int, int]]:
    """What differs once the plan was written anew or a trial has ended."""
    yield stamp(ExperimentFolder(path).plan_file)
    for configuration in _inside(path / "trials"):
        for trial in _inside(configuration):
            yield from (stamp(trial / name) for name in ("result.json", "error.json"))


def _inside(folder: Path) -> list[Path]:
    with suppress(OSError, InputError):
        return sorted(folder.iterdir())
    return []
