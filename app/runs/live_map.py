"""The map of the fused codes that moves while a run trains."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import streamlit as st

from app import loading, state
from app.parts import page_text as say
from app.parts.colouring import Colouring, colouring
from app.parts.figures import figure_footer
from app.parts.maps import (
    Marks,
    Panel,
    Places,
    maps_message,
    point_maps,
    steps_between,
    utterance_words,
    value_words,
)
from app.parts.names import plain
from app.parts.style import NEUTRAL
from mmmie.analysis.codes.snapshots import (
    MapAxes,
    fit_axes,
    half_width,
    label_share,
    place,
    snapshot_files,
)
from mmmie.corpus import Corpus
from mmmie.errors import InputError
from mmmie.training.snapshot_files import epoch_of

_HEIGHT = 400
_EXPLANATION = """
One point per utterance of the valid split, coloured by its label, at the place of its fused code.
The two axes are the principal axes of the first snapshot and do not change: what moves on the map
moved in the space. A faint line begins where an utterance was one epoch before. The share is the
R² of a linear fit of the label on the two axes, for classes of one column per class. The higher it
is, the better the map orders utterances by the label. Movement in other directions is not seen
here; Representations has maps of every code. Click a point, or drag a box or a lasso, to choose
utterances on every page.
"""


@dataclass(frozen=True)
class _Placed:
    """The latest snapshot on the axes of the first, with what is known of its utterances."""

    epochs: tuple[int, int]
    ids: list[str]
    points: np.ndarray
    before: np.ndarray | None
    reach: float
    sample: pd.DataFrame | None
    shares: tuple[float, float]


@dataclass(frozen=True)
class _RunMap:
    """What all who watch a run see: its title, and what the maps are told."""

    title: str
    ids: dict[str, int]
    places: Places
    words: bytes
    colours: Colouring | None


def draw_run_map(folder: Path, data: str, epoch: int, label: str = "") -> None:
    """Draw the latest snapshot of a run, or say what is missing.

    The labels are of its corpus, `data`, read as `label` says; points are grey where that is gone.
    More epochs done are a sign that there may be another snapshot.
    """
    corpus = _corpus(data, label)
    shown, stamps = _shown(folder, epoch)
    try:
        drawn = _drawn(shown, stamps, corpus.fingerprint if corpus else "", corpus)
    except InputError as error:
        say.words("**A map of the fused codes**")
        say.caption(plain(str(error)))
        return
    except OSError:  # a run that starts anew replaces its snapshots
        drawn = None
    if drawn is None:
        say.words("**A map of the fused codes**")
        say.caption("It begins after the first epoch, where the run keeps snapshots.")
        return
    say.words(f"**{drawn.title}**")
    chosen = state.selection()
    marks = Marks(
        selected=[drawn.ids[name] for name in chosen.ids if name in drawn.ids],
        primary=drawn.ids.get(chosen.primary or ""),
        pinned=drawn.ids.get(chosen.pinned or ""),
        within=np.ones(len(drawn.ids), bool),
        joined=[],
        by="label",
        colours=drawn.colours,
    )
    message = maps_message(drawn.places, drawn.words, marks, key=True, height=_HEIGHT)
    point_maps(message, key="run-map", choose=state.select)


def run_map_footer(folder: Path, data: str, label: str = "") -> None:
    """What belongs to the map and stays while it moves: the words and the downloads."""

    def table() -> pd.DataFrame:
        placed = None
        with suppress(OSError, InputError):
            placed = _placed(_shown(folder, -1)[0], _corpus(data, label))
        if placed is None:
            return pd.DataFrame(columns=["id", "x", "y"])
        return pd.DataFrame({"id": placed.ids, "x": placed.points[:, 0], "y": placed.points[:, 1]})

    figure_footer(
        key="run-map",
        caption="A sample of the valid split, coloured by label; principal axes of the first "
        "snapshot.",
        explanation=_EXPLANATION,
        data=table,
        pictures=("run-map",),
    )


def _shown(folder: Path, epoch: int) -> tuple[list[Path], tuple[int, ...]]:
    """The first snapshot, the one before the latest and the latest, and when they were written."""
    try:
        files = _files(folder, (folder / "snapshots").stat().st_mtime_ns, epoch)
        shown = [files[0], files[max(len(files) - 2, 0)], files[-1]] if files else []
        return shown, tuple(file.stat().st_mtime_ns for file in shown)
    except OSError:
        return [], ()


@st.cache_resource(show_spinner=False, max_entries=32)  # a long run has thousands
def _files(folder: Path, stamp: int, epoch: int) -> list[Path]:
    return snapshot_files(folder)


@st.cache_resource(show_spinner=False, max_entries=32)  # made once for all who watch
def _drawn(
    shown: list[Path], stamps: tuple[int, ...], fingerprint: str, _corpus: Corpus | None
) -> _RunMap | None:
    """The map of the last of three snapshots; None where there is none."""
    placed = _placed(shown, _corpus)
    if placed is None:
        return None
    sample, colours = placed.sample, None
    if _corpus is not None and sample is not None:
        colours = colouring(sample, "label", _corpus.label)
    return _RunMap(
        map_title(placed.epochs, placed.shares),
        {name: i for i, name in enumerate(placed.ids)},
        run_places(placed.points, placed.before, placed.reach),
        run_words(placed.ids, sample),
        colours,
    )


def _placed(shown: list[Path], corpus: Corpus | None) -> _Placed | None:
    if not shown:
        return None
    axes = _axes(str(shown[0]), shown[0].stat().st_mtime_ns)
    first, before, points = (place(file, axes) for file in shown)
    if first is None or points is None:
        return None
    sample = _sample(corpus, axes.ids) if corpus else None
    shares = (float("nan"), float("nan"))
    if corpus is not None and sample is not None:
        targets = _targets(sample, corpus)
        shares = label_share(first, targets), label_share(points, targets)
    epochs, reach = (epoch_of(shown[0]), epoch_of(shown[-1])), half_width(first, points)
    return _Placed(epochs, axes.ids, points, before, reach, sample, shares)


@st.cache_resource(show_spinner=False, max_entries=32)
def _axes(file: str, stamp: int) -> MapAxes:
    return fit_axes(Path(file))


def _corpus(data: str, label: str) -> Corpus | None:
    try:
        return loading.open_data(data, label=label)
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


def run_places(points: np.ndarray, before: np.ndarray | None, reach: float) -> Places:
    """A square map with axes that stay, `reach` wide to either side of its centre.

    The `points` are (n, 2), and so is `before`, an epoch earlier, where faint lines begin.
    """
    ends = {"now": points} if before is None else {"now": points, "before": before}
    buffers = {name: steps_between(at, -reach, reach).tobytes() for name, at in ends.items()}
    panel = Panel("fused", "", NEUTRAL, "now", before="" if before is None else "before")
    return Places((panel,), 1, 2, buffers, square=True)


def run_words(ids: list[str], sample: pd.DataFrame | None) -> bytes:
    """What the map says of each utterance; only its id where the corpus is gone."""
    if sample is None:
        return utterance_words(pd.DataFrame({"id": ids}), pd.Series("", range(len(ids))))
    return utterance_words(sample, "label " + sample["label"].map(value_words))


def map_title(epochs: tuple[int, int], shares: tuple[float, float]) -> str:
    """How much of the label (R²) the two axes explain, in the first snapshot and in this one."""
    first, now = shares
    if not np.isfinite(now):
        return f"The fused codes after epoch {epochs[1]}"
    if epochs[0] == epochs[1] or not np.isfinite(first):
        return f"After epoch {epochs[1]} the map explains {now:.0%} of the label"
    return (
        f"The map explains {now:.0%} of the label after epoch {epochs[1]}, "
        f"{first:.0%} after epoch {epochs[0]}"
    )
