"""How the codes came to be where they are: the snapshots of the run, epoch by epoch."""

from __future__ import annotations

import html
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from app import state
from app.parts import say
from app.parts.colouring import Colouring, colouring
from app.parts.figures import figure
from app.parts.fragment import fragment
from app.parts.names import beginning, figure_text
from app.parts.style import FADED, blank, modality_colour
from mmmie.analysis.codes.snapshots import (
    CodeHistory,
    agreement,
    on_last_axes,
    read_history,
    snapshot_files,
)

_EXPLANATION = """
Both maps keep the axes of the last epoch, so what moves on the map moved in the space. On the left
the modalities, each in its hue, come together as their mutual information is maximised; on the
right the fused code sorts itself by the label, or a specific code finds what is its own. Use the
slider or play. A direction that mattered early and not in the end is not shown.

The ring is the utterance that is looked at, the square the pinned one, where they are among the
utterances that the run kept; on the left they stand once for each modality. What is outside the
slice is faded.
"""


def draw_code_epochs(view: state.View) -> None:
    """The animated maps, or a sentence where the run kept no snapshots."""
    files = snapshot_files(view.checkpoint.info.folder)
    if not files:
        st.info(
            "This checkpoint comes without snapshots of its training. Runs on this machine keep "
            "them: train one to watch the codes move.",
            icon=":material/info:",
        )
        return
    history = _history([str(f) for f in files], view.outputs.modalities, files[-1].stat().st_mtime)
    table = view.corpus.utterances.set_index("id")
    if not set(history.ids) <= set(table.index):
        st.info("The snapshots of this run are of another corpus.", icon=":material/info:")
        return
    _maps(view, history, table.loc[history.ids].reset_index())


@fragment
def _maps(view: state.View, history: CodeHistory, kept: pd.DataFrame) -> None:
    names = {"fused": "fused", **{f"specific.{m}": f"s {m}" for m in history.specific}}
    space = "fused"
    if history.specific:
        chosen = st.segmented_control(
            "On the right",
            list(names),
            format_func=names.__getitem__,
            default="fused",
            required=True,
            key="epoch_space",
            wrap=True,
            bind="query-params",
        )
        space = str(chosen)
    kind, _, modality = space.partition(".")
    codes = history.fused if kind == "fused" else history.specific[modality]
    points, own = _moved(history), on_last_axes(codes)
    by, colours = view.colour_by, None
    if by not in kept:  # what the model says is known of the split that the page shows
        by = "modality" if by == "modality" else "label"
    if by != "modality":
        colours = colouring(kept, by, view.corpus.label)
    hue = modality_colour(modality or "fused", view.outputs.modalities)
    say.finding(_title(history))
    figure(
        epoch_maps(
            history.epochs,
            points,
            Trail(names[space], own, hue, ring=kind == "specific"),
            colours,
            _sample(view, kept),
        ),
        key="code-epochs",
        caption=f"{len(kept)} utterances of the valid split, a fixed sample, after each of "
        f"{len(history.epochs)} epochs; the map on the right is coloured by "
        f"{by.replace('_', ' ')}. Principal axes of the last epoch.",
        explanation=_EXPLANATION,
        data=_frame(history, points, space, own),
        alt="Maps of the codes over the epochs.",
    )


def _moved(history: CodeHistory) -> dict[str, np.ndarray]:
    """Modality → (E, n, 2), z of all modalities on one projection."""
    count = len(history.ids)
    joint = on_last_axes(np.concatenate(list(history.invariant.values()), axis=1))
    return {m: joint[:, i * count : (i + 1) * count] for i, m in enumerate(history.invariant)}


@st.cache_resource(show_spinner="Reading the snapshots", max_entries=8)
def _history(files: list[str], modalities: list[str], stamp: float) -> CodeHistory:
    return read_history([Path(f) for f in files], modalities)


def _title(history: CodeHistory) -> str:
    alike = agreement(history)
    if alike is None:
        return f"How the codes moved over {len(history.epochs)} epochs"
    return (
        f"The z of one utterance in two modalities: cosine {alike[0]:.2f} after epoch "
        f"{history.epochs[0]}, {alike[-1]:.2f} after epoch {history.epochs[-1]}"
    ).replace("-", "−")


def _sample(view: state.View, kept: pd.DataFrame) -> Sample:
    """Who is on the maps; the slice filter speaks of the page's split only."""
    ids, frame = kept["id"], view.frame
    outside = set(frame["id"][~view.within])
    place = {name: i for i, name in enumerate(ids)}
    pinned = None if view.pinned is None else place.get(frame["id"].iloc[view.pinned])
    words = kept["transcript"] if "transcript" in kept else [""] * len(kept)
    return Sample(
        hover=[
            f"<b>{html.escape(str(i))}</b><br>{html.escape(beginning(text))}"
            for i, text in zip(ids, words, strict=True)
        ],
        within=~ids.isin(outside).to_numpy(),
        primary=place.get(frame["id"].iloc[view.primary]),
        pinned=pinned,
    )


def _frame(
    history: CodeHistory, points: dict[str, np.ndarray], space: str, own: np.ndarray
) -> pd.DataFrame:
    spaces = {**{f"invariant.{m}": p for m, p in points.items()}, space: own}
    return pd.concat(
        [
            pd.DataFrame(
                {"epoch": epoch, "space": name, "id": history.ids, "x": p[e, :, 0], "y": p[e, :, 1]}
            )
            for name, p in spaces.items()
            for e, epoch in enumerate(history.epochs)
        ],
        ignore_index=True,
    )


_HEIGHT = 520
_FRAME_MS = 500
_GROUND = "rgba(123,135,148,0.10)"
_QUIET = "rgba(123,135,148,0.25)"
_GAP = 0.02


@dataclass(frozen=True)
class Sample:
    """The n utterances of the snapshots.

    Attributes:
        hover: (n,) what to say about each.
        within: (n,) mask; the others are faded.
        primary: which of them is looked at; None if it is not among them.
        pinned: which is held beside it, or None.
    """

    hover: list[str]
    within: np.ndarray
    primary: int | None = None
    pinned: int | None = None


@dataclass(frozen=True)
class Trail:
    """One code over the epochs.

    Attributes:
        name: ``fused`` or ``s text``, say.
        points: (E, n, 2).
        hue: of its modality.
        ring: marks are rings, as those of specific codes, or filled.
    """

    name: str
    points: np.ndarray
    hue: str
    ring: bool = False


def epoch_maps(
    epochs: list[int],
    invariant: dict[str, np.ndarray],
    trail: Trail,
    colours: Colouring | None,
    sample: Sample,
) -> go.Figure:
    """Two maps that move: z of all modalities in their hues, and one other code.

    Args:
        epochs: (E,).
        invariant: modality → (E, n, 2), all on one projection.
        trail: the other code.
        colours: of the n utterances on its map; None for the hue of its modality.
        sample: who they are and which stand out.
    """
    modalities = list(invariant)
    marker: dict[str, Any] = {
        "symbol": "circle-open" if trail.ring else "circle",
        "color": trail.hue if colours is None else colours.values,
    }
    if colours is not None and colours.scale is not None:
        marker["coloraxis"] = "coloraxis"
    joint = np.stack(list(invariant.values()), axis=2)  # (E, n, M, 2)
    # what each trace shows in every epoch: (E, points, 2)
    moving = [*invariant.values(), trail.points]
    traces = [
        _points({"color": modality_colour(m, modalities)}, sample, 1, name=figure_text(m))
        for m in modalities
    ]
    traces.append(_points(marker, sample, 2))
    for row, square in ((sample.pinned, True), (sample.primary, False)):
        if row is None:
            continue
        for column, places in ((1, joint[:, row]), (2, trail.points[:, row : row + 1])):
            for colour, width in (("#ffffff", 5), ("#111827", 2)):
                moving.append(places)
                traces.append(_outline(square, colour, width, column))
    last = len(epochs) - 1
    for trace, points in zip(traces, moving, strict=True):
        trace |= _at(points[last])
    return go.Figure(
        {
            "data": traces,
            "frames": [
                {
                    "name": str(epoch),
                    "data": [_at(points[e]) for points in moving],
                    "traces": list(range(len(moving))),
                }
                for e, epoch in enumerate(epochs)
            ],
            "layout": _layout(epochs, joint, trail, colours),
        }
    )


def _at(points: np.ndarray) -> dict[str, Any]:
    return {"x": points[:, 0], "y": points[:, 1]}


def _points(marker: dict[str, Any], sample: Sample, column: int, name: str = "") -> dict[str, Any]:
    return {
        "type": "scatter",
        "mode": "markers",
        "name": name,
        "showlegend": bool(name),
        "marker": {"size": 5, "opacity": np.where(sample.within, 0.75, FADED), **marker},
        "text": sample.hover,
        "hovertemplate": "%{text}<extra></extra>",
        **_axes_of(column),
    }


def _outline(square: bool, colour: str, width: int, column: int) -> dict[str, Any]:
    """A ring or a square, dark inside white, so that it stands out in either theme."""
    return {
        "type": "scatter",
        "mode": "markers",
        "marker": {
            "symbol": "square-open" if square else "circle-open",
            "size": 13,
            "color": colour,
            "line": {"width": width, "color": colour},
        },
        "hoverinfo": "skip",
        "showlegend": False,
        **_axes_of(column),
    }


def _axes_of(column: int) -> dict[str, str]:
    return {"xaxis": "x", "yaxis": "y"} if column == 1 else {"xaxis": "x2", "yaxis": "y2"}


def _layout(
    epochs: list[int], joint: np.ndarray, trail: Trail, colours: Colouring | None
) -> dict[str, Any]:
    layout = blank(_HEIGHT).layout.to_plotly_json()
    middle = 0.5 - _GAP / 2
    titles = (("z of all modalities", middle / 2), (figure_text(trail.name), 1 - middle / 2))
    layout |= {
        "margin": {"l": 4, "r": 4, "t": 60, "b": 4},
        "plot_bgcolor": _GROUND,
        "legend": {**layout["legend"], "y": 1.08},
        "sliders": [_slider(epochs)],
        "updatemenus": [_buttons()],
        "annotations": [
            {
                "text": f"<b>{title}</b>",
                "x": x,
                "y": 1,
                "xref": "paper",
                "yref": "paper",
                "xanchor": "center",
                "yanchor": "bottom",
                "yshift": 3,
                "font": {"size": 13},
                "showarrow": False,
            }
            for title, x in titles
        ],
    }
    for suffix, points, domain in (
        ("", joint, [0, middle]),
        ("2", trail.points, [1 - middle, 1]),
    ):
        ranges = _ranges(points)
        layout[f"xaxis{suffix}"] = {**_AXIS, "range": ranges[0], "domain": domain}
        layout[f"yaxis{suffix}"] = {**_AXIS, "range": ranges[1], "anchor": f"x{suffix}"}
    if colours is not None and colours.scale is not None:
        layout["coloraxis"] = {**colours.scale, "showscale": False}
    return layout


# no numbers: their unit would mean nothing
_AXIS = {"showticklabels": False, "showgrid": False, "zeroline": False, "ticks": ""}


def _ranges(points: np.ndarray) -> list[list[float]]:
    """Ranges of both axes that hold every epoch."""
    flat = points.reshape(-1, 2)
    low, high = np.quantile(flat, 0.002, axis=0), np.quantile(flat, 0.998, axis=0)
    pad = np.maximum(0.08 * (high - low), 1e-6)
    return [[float(a), float(b)] for a, b in zip(low - pad, high + pad, strict=True)]


def _slider(epochs: list[int]) -> dict[str, Any]:
    at_once = {"mode": "immediate", "frame": {"duration": 0, "redraw": False}}
    return {
        "active": len(epochs) - 1,
        "currentvalue": {"prefix": "epoch ", "xanchor": "right"},
        "x": 0.12,
        "len": 0.88,
        "pad": {"t": 24},
        "bgcolor": _QUIET,
        "bordercolor": _QUIET,
        "steps": [
            {"label": str(e), "method": "animate", "args": [[str(e)], at_once]} for e in epochs
        ],
    }


def _buttons() -> dict[str, Any]:
    play = {
        "frame": {"duration": _FRAME_MS, "redraw": False},
        "transition": {"duration": _FRAME_MS // 2},
        "fromcurrent": False,
    }
    stop = {"mode": "immediate", "frame": {"duration": 0, "redraw": False}}
    return {
        "type": "buttons",
        "direction": "left",
        "showactive": False,
        "x": 0,
        "xanchor": "left",
        "y": 0,
        "yanchor": "top",
        "pad": {"t": 34},
        "bgcolor": _QUIET,
        "bordercolor": _QUIET,
        "buttons": [
            {"label": "▶", "method": "animate", "args": [None, play]},
            {"label": "❚❚", "method": "animate", "args": [[None], stop]},
        ],
    }
