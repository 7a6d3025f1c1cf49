"""The map of the fused codes that moves while a run trains."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from app import loading
from app.components.figures import figure
from app.views.colouring import colouring
from app.views.run_map import hover_words, map_title, run_map
from mmmie.analysis.live_map import MapAxes, fit_axes, half_width, label_share, place
from mmmie.analysis.snapshots import snapshot_files
from mmmie.corpus import Corpus
from mmmie.errors import InputError

_EXPLANATION = (
    "Every point is an utterance of the valid split, coloured by its label, where its fused code "
    "lies. The two axes are the principal axes of the first snapshot and stay, so what moves on "
    "the map moved in the space; a faint line joins a point to where it was an epoch before. The "
    "share is the R² of a linear fit of the label (of the classes, one column each) on the two "
    "axes: the higher, the better the map sorts the label. What moves across other directions is "
    "not seen here; Representations has maps of every code."
)


@dataclass(frozen=True)
class _Drawn:
    """A map as it stands, with what is said about it."""

    title: str
    picture: go.Figure
    caption: str
    data: pd.DataFrame


def draw_run_map(folder: Path, data: str) -> None:
    """Draw the latest snapshot of a run, or say what is missing.

    Args:
        folder: the run folder.
        data: its corpus, for the labels; grey points where that is gone.
    """
    files = snapshot_files(folder)
    corpus = _corpus(data)
    try:
        shown = [files[0], files[max(len(files) - 2, 0)], files[-1]] if files else []
        stamps = tuple(file.stat().st_mtime_ns for file in shown)
        drawn = _drawn(shown, stamps, corpus.fingerprint if corpus else "", corpus)
    except (OSError, ValueError):  # a run that starts anew replaces its snapshots
        drawn = None
    if drawn is None:
        st.markdown("**A map of the fused codes**")
        st.caption("It begins after the first epoch, where the run keeps snapshots.")
        return
    st.markdown(f"**{drawn.title}**")
    figure(
        drawn.picture,
        key="run-map",
        caption=drawn.caption,
        explanation=_EXPLANATION,
        data=drawn.data,
        alt="Map of the fused codes while the run trains.",
    )


@st.cache_resource(show_spinner=False, max_entries=32)  # one picture for all who watch
def _drawn(
    shown: list[Path], stamps: tuple[int, ...], fingerprint: str, _corpus: Corpus | None
) -> _Drawn | None:
    """The map of the last of three snapshots: the first, the one before, the latest."""
    if not shown:
        return None
    axes = _axes(str(shown[0]), stamps[0])
    first, before, points = (place(file, axes) for file in shown)
    if first is None or points is None:
        return None
    sample = _sample(_corpus, axes.ids) if _corpus else None
    colours, shares = None, (float("nan"), float("nan"))
    if _corpus is not None and sample is not None:
        colours = colouring(sample, "label", _corpus.label)
        targets = _targets(sample, _corpus)
        shares = label_share(first, targets), label_share(points, targets)
    epochs = _epoch(shown[0]), _epoch(shown[-1])
    reach, words = half_width(first, points), hover_words(axes.ids, sample)
    return _Drawn(
        map_title(epochs, shares),
        run_map(points, before, reach, colours, words),
        f"{len(axes.ids)} utterances of the valid split after epoch {epochs[1]}"
        f"{', coloured by label' if colours else ''}; principal axes of epoch {epochs[0]}.",
        pd.DataFrame({"id": axes.ids, "x": points[:, 0], "y": points[:, 1]}),
    )


@st.cache_resource(show_spinner=False, max_entries=32)
def _axes(file: str, stamp: int) -> MapAxes:
    return fit_axes(Path(file))


def _corpus(data: str) -> Corpus | None:
    try:
        return loading.open_data(data)
    except InputError:
        return None


def _sample(corpus: Corpus, ids: list[str]) -> pd.DataFrame | None:
    """Their rows in the order of `ids`; None if the corpus is another by now."""
    rows = _row_of(corpus.fingerprint, corpus)
    if any(name not in rows for name in ids):
        return None
    return corpus.utterances.iloc[[rows[name] for name in ids]].reset_index(drop=True)


@st.cache_resource(show_spinner=False, max_entries=4)
def _row_of(fingerprint: str, _corpus: Corpus) -> dict[str, int]:
    return {str(name): i for i, name in enumerate(_corpus.utterances["id"])}


def _targets(sample: pd.DataFrame, corpus: Corpus) -> np.ndarray:
    if corpus.label.classes is None:
        return sample["label"].to_numpy(float)
    return np.column_stack([(sample["label"] == c).to_numpy(float) for c in corpus.label.classes])


def _epoch(file: Path) -> int:
    return int(file.stem.rpartition("-")[2])
