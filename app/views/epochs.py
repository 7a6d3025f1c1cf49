"""The codes over the epochs of a training, with a slider and play."""

from __future__ import annotations

from typing import Any

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from app.views.colouring import Colouring
from app.views.style import blank, modality_colour

_HEIGHT = 520
_FRAME_MS = 500
_GROUND = "rgba(123,135,148,0.10)"
_QUIET = "rgba(123,135,148,0.25)"


def epoch_maps(
    epochs: list[int],
    invariant: dict[str, np.ndarray],
    fused: np.ndarray,
    colours: Colouring,
    hover: list[str],
) -> go.Figure:
    """Two maps that move: z of all modalities, and the fused code.

    Args:
        epochs: (E,).
        invariant: modality → (E, n, 2), all on one projection.
        fused: (E, n, 2).
        colours: of the n utterances on the fused map.
        hover: (n,) what to say about each.
    """
    modalities = list(invariant)
    figure = make_subplots(
        cols=2, rows=1, subplot_titles=["<b>z of all modalities</b>", "<b>fused</b>"]
    )
    figure.update_annotations(font_size=13, yshift=3)
    for name in modalities:
        figure.add_trace(
            _points(
                invariant[name][-1], {"color": modality_colour(name, modalities)}, hover, name=name
            ),
            row=1,
            col=1,
        )
    marker: dict[str, Any] = {"color": colours.values}
    if colours.scale is not None:
        marker["coloraxis"] = "coloraxis"
    figure.add_trace(_points(fused[-1], marker, hover), row=1, col=2)
    figure.frames = [
        go.Frame(
            name=str(epoch),
            data=[
                {"x": points[e, :, 0], "y": points[e, :, 1]}
                for points in (*invariant.values(), fused)
            ],
            traces=list(range(len(modalities) + 1)),
        )
        for e, epoch in enumerate(epochs)
    ]
    figure.update_layout(blank(_HEIGHT).layout)
    figure.update_layout(
        margin={"l": 4, "r": 4, "t": 60, "b": 4},
        plot_bgcolor=_GROUND,
        legend={"y": 1.08},
        sliders=[_slider(epochs)],
        updatemenus=[_buttons()],
    )
    if colours.scale is not None:
        figure.update_layout(coloraxis={**colours.scale, "showscale": False})
    _frame(figure, np.stack(list(invariant.values())), 1)
    _frame(figure, fused, 2)
    return figure


def _points(
    points: np.ndarray, marker: dict[str, Any], hover: list[str], **more: Any
) -> go.Scatter:
    return go.Scatter(
        x=points[:, 0],
        y=points[:, 1],
        mode="markers",
        marker={"size": 5, "opacity": 0.75, **marker},
        text=hover,
        hovertemplate="%{text}<extra></extra>",
        showlegend=bool(more),
        **more,
    )


def _frame(figure: go.Figure, points: np.ndarray, column: int) -> None:
    """Axes that hold every epoch and show no numbers, whose unit would mean nothing."""
    flat = points.reshape(-1, 2)
    low, high = np.quantile(flat, 0.002, axis=0), np.quantile(flat, 0.998, axis=0)
    pad = np.maximum(0.08 * (high - low), 1e-6)
    for axis, update in ((0, figure.update_xaxes), (1, figure.update_yaxes)):
        update(
            range=[low[axis] - pad[axis], high[axis] + pad[axis]],
            showticklabels=False,
            showgrid=False,
            zeroline=False,
            ticks="",
            row=1,
            col=column,
        )


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
