"""The codes over the epochs of a training, with a slider and play."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import plotly.graph_objects as go

from app.views.colouring import Colouring
from app.views.names import figure_text
from app.views.style import FADED, blank, modality_colour

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
