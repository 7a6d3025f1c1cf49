"""The map of the fused codes that moves while a run trains."""

from __future__ import annotations
from dataclasses import dataclass
from pathlib import Path
import numpy as np
import pandas as pd
import streamlit as st
from app import loading
from app.parts import say
from app.parts.figures import chart, figure_footer, words_first
from app.parts.colouring import colouring
from mmmie.analysis.codes.live_map import MapAxes, fit_axes, half_width, label_share, place
from mmmie.analysis.codes.snapshots import snapshot_files
from mmmie.corpus import Corpus
from mmmie.errors import InputError
import html
from typing import Any
import numpy as np
import pandas as pd
import plotly.graph_objects as go
from app.parts.colouring import Colouring
from app.parts.names import beginning
from app.parts.style import NEUTRAL, blank

_EXPLANATION = (
    "Every point is an utterance of the valid split, coloured by its label, where its fused code "
    "lies. The two axes are the principal axes of the first snapshot and stay, so what moves on "
    "the map moved in the space; a faint line joins a point to where it was an epoch before. The "
    "share is the R² of a linear fit of the label (of the classes, one column each) on the two "
    "axes: the higher, the better the map sorts the label. What moves across other directions is "
    "not seen here; Representations has maps of every code."
)


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


def draw_run_map(folder: Path, data: str, epoch: int) -> None:
    """Draw the latest snapshot of a run, or say what is missing.

    Args:
        folder: the run folder.
        data: its corpus, for the labels; grey points where that is gone.
        epoch: epochs done, a sign that there may be another snapshot.
    """
    words_first()
    corpus = _corpus(data)
    shown, stamps = _shown(folder, epoch)
    try:
        there = _drawn(shown, stamps, corpus.fingerprint if corpus else "", corpus)
    except (OSError, ValueError):  # a run that starts anew replaces its snapshots
        there = False
    if not there:
        say.words("**A map of the fused codes**")
        say.caption("It begins after the first epoch, where the run keeps snapshots.")


def run_map_footer(folder: Path, data: str) -> None:
    """What belongs to the map and stays while it moves: the words and the downloads.

    Args:
        folder: the run folder.
        data: its corpus.
    """

    def table() -> pd.DataFrame:
        placed = _placed(_shown(folder, -1)[0], _corpus(data))
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


@st.cache_resource(show_spinner=False, max_entries=32)  # one picture for all who watch
def _drawn(
    shown: list[Path], stamps: tuple[int, ...], fingerprint: str, _corpus: Corpus | None
) -> bool:
    """Draw the map of the last of three snapshots; False where there is none."""
    placed = _placed(shown, _corpus)
    if placed is None:
        return False
    colours = None
    if _corpus is not None and placed.sample is not None:
        colours = colouring(placed.sample, "label", _corpus.label)
    say.words(f"**{map_title(placed.epochs, placed.shares)}**")
    words = hover_words(placed.ids, placed.sample)
    chart(
        run_map(placed.points, placed.before, placed.reach, colours, words),
        key="run-map",
        alt="Map of the fused codes while the run trains.",
    )
    return True


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
    epochs, reach = (_epoch(shown[0]), _epoch(shown[-1])), half_width(first, points)
    return _Placed(epochs, axes.ids, points, before, reach, sample, shares)


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


_HEIGHT = 430
_GROUND = "rgba(123,135,148,0.10)"
_MOVE_MS = 600


def run_map(
    points: np.ndarray,
    before: np.ndarray | None,
    reach: float,
    colours: Colouring | None,
    hover: list[str],
) -> go.Figure:
    """A square map of n utterances; the axes stay, and points glide to where they are next.

    Args:
        points: (n, 2) now.
        before: (n, 2) an epoch earlier, drawn as faint lines; None for the first.
        reach: half the width of the map.
        colours: of the n; None draws them grey.
        hover: (n,) what to say about each, as markup.
    """
    marker: dict[str, Any] = {"size": 7, "opacity": 0.85, "color": NEUTRAL}
    marker["line"] = {"width": 0.5, "color": NEUTRAL}  # near-white marks on a light ground
    figure = blank(_HEIGHT)
    if colours is not None:
        marker["color"] = colours.values
        if colours.scale is not None:
            marker["coloraxis"] = "coloraxis"
            bar = {**colours.scale["colorbar"], "title": None, "len": 1.0, "thickness": 8, "y": 1}
            figure.update_layout(coloraxis={**colours.scale, "colorbar": bar})
    figure.add_traces(
        [
            _trails(points, before),
            {
                "type": "scatter",
                "x": points[:, 0],
                "y": points[:, 1],
                "mode": "markers",
                "marker": marker,
                "text": hover,
                "hovertemplate": "%{text}<extra></extra>",
                "showlegend": False,
            },
            *_legend(colours),
        ]
    )
    figure.update_layout(
        plot_bgcolor=_GROUND,
        margin={"l": 4, "r": 4, "t": 40, "b": 4},
        transition={"duration": _MOVE_MS, "easing": "cubic-in-out"},
    )
    quiet = {"showticklabels": False, "showgrid": False, "zeroline": False, "ticks": ""}
    figure.update_xaxes(range=[-reach, reach], **quiet)
    figure.update_yaxes(range=[-reach, reach], scaleanchor="x", **quiet)
    return figure


def map_title(epochs: tuple[int, int], shares: tuple[float, float]) -> str:
    """What the map shows: how much of the label its two axes explain, first and now.

    Args:
        epochs: of the first snapshot and of the one that is drawn.
        shares: R² of the label there.
    """
    first, now = shares
    if not np.isfinite(now):
        return f"The fused codes after epoch {epochs[1]}"
    if epochs[0] == epochs[1] or not np.isfinite(first):
        return f"After epoch {epochs[1]} the map explains {now:.0%} of the label"
    return (
        f"The map explains {now:.0%} of the label after epoch {epochs[1]}, "
        f"{first:.0%} after epoch {epochs[0]}"
    )


def hover_words(ids: list[str], sample: pd.DataFrame | None) -> list[str]:
    """Id, label and the beginning of the words of every utterance, as markup.

    Args:
        ids: n utterances.
        sample: their n rows of the corpus; None where it is gone.
    """
    if sample is None:
        return [f"<b>{html.escape(name)}</b>" for name in ids]
    words = sample["transcript"] if "transcript" in sample else [""] * len(ids)
    return [
        f"<b>{html.escape(name)}</b>, {html.escape(_value(label))}"
        f"<br>{html.escape(beginning(text))}"
        for name, label, text in zip(ids, sample["label"], words, strict=True)
    ]


def _trails(points: np.ndarray, before: np.ndarray | None) -> dict[str, Any]:
    path = np.full((0, 2), np.nan)
    if before is not None:
        path = np.stack([before, points, np.full_like(points, np.nan)], axis=1).reshape(-1, 2)
    return {
        "type": "scatter",
        "x": path[:, 0],
        "y": path[:, 1],
        "mode": "lines",
        "line": {"color": NEUTRAL, "width": 1},
        "opacity": 0.35,
        "hoverinfo": "skip",
        "showlegend": False,
    }


def _legend(colours: Colouring | None) -> list[dict[str, Any]]:
    known = colours.legend if colours is not None else {}
    return [
        {
            "type": "scatter",
            "x": [None],
            "y": [None],
            "mode": "markers",
            "marker": {"color": colour, "size": 8},
            "name": html.escape(name),
        }
        for name, colour in known.items()
    ]


def _value(label: Any) -> str:
    return f"{label:.2f}" if isinstance(label, (float, np.floating)) else str(label)
