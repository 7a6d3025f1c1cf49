"""The map of the fused codes that moves while a run trains."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
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


def draw_run_map(folder: Path, data: str) -> None:
    """Draw the latest snapshot of a run, or say what is missing.

    Args:
        folder: the run folder.
        data: its corpus, for the labels; grey points where that is gone.
    """
    files = snapshot_files(folder)
    try:
        axes = _axes(str(files[0]), files[0].stat().st_mtime_ns) if files else None
        points = place(files[-1], axes) if axes else None
    except (OSError, ValueError):  # a run that starts anew replaces its snapshots
        axes, points = None, None
    if axes is None or points is None:
        st.markdown("**A map of the fused codes**")
        st.caption("It begins after the first epoch, where the run keeps snapshots.")
        return
    before = _placed(files[-2], axes) if len(files) > 1 else None
    first = _placed(files[0], axes)
    first = points if first is None else first
    corpus = _corpus(data)
    sample = _sample(corpus, axes.ids) if corpus else None
    colours, shares = None, (float("nan"), float("nan"))
    if corpus is not None and sample is not None:
        colours = colouring(sample, "label", corpus.label)
        targets = _targets(sample, corpus)
        shares = label_share(first, targets), label_share(points, targets)
    epochs = _epoch(files[0]), _epoch(files[-1])
    st.markdown(f"**{map_title(epochs, shares)}**")
    figure(
        run_map(points, before, half_width(first, points), colours, hover_words(axes.ids, sample)),
        key="run-map",
        caption=f"{len(axes.ids)} utterances of the valid split after epoch {epochs[1]}; principal "
        f"axes of epoch {epochs[0]}.",
        explanation=_EXPLANATION,
        data=pd.DataFrame({"id": axes.ids, "x": points[:, 0], "y": points[:, 1]}),
        alt="Map of the fused codes while the run trains.",
    )


@st.cache_resource(show_spinner=False, max_entries=32)
def _axes(file: str, stamp: int) -> MapAxes:
    return fit_axes(Path(file))


def _placed(file: Path, axes: MapAxes) -> np.ndarray | None:
    try:
        return place(file, axes)
    except OSError:
        return None


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
