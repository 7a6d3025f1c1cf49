"""The map of a run while it trains: where the fused codes are, and where they came from."""

from __future__ import annotations

import html
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from app.views.colouring import Colouring
from app.views.names import beginning
from app.views.style import NEUTRAL, blank

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
