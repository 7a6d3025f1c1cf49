"""A run while it trains: loss, validation and the bounds over epochs."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from app.parts.names import figure_text
from app.parts.numbers import metric
from app.parts.style import (
    ACCENT,
    LOWER_LINE,
    NEUTRAL,
    UPPER_LINE,
    blank,
    epoch_ticks,
    modality_colour,
)

_LATEST = 5
_PAIR_HUES = ("#56B4E9", "#CC79A7", "#999933", "#8C6BB1")
_HEIGHT = 510
_AXES = {
    "loss": {"xaxis": "x", "yaxis": "y"},
    "valid": {"xaxis": "x2", "yaxis": "y2"},
    "mi": {"xaxis": "x3", "yaxis": "y3"},
}
_PARTS = {
    "train/loss": ("loss", "whole loss"),
    "train/task": ("loss", "task"),
}


def curves_frame(history: list[dict[str, Any]]) -> pd.DataFrame:
    """The metric history as one row per epoch and curve.

    Returns:
        `epoch`, `panel` (``loss``, ``valid`` or ``mi``), `curve`, `value`.
    """
    entries = []
    for line in history:
        for key, value in line.items():
            panel, _, name = key.partition("/")
            if value is None or isinstance(value, str):
                continue
            if key in _PARTS:
                entries.append((line["epoch"], *_PARTS[key], value))
            elif panel == "valid":
                entries.append((line["epoch"], "valid", name, value))
            elif key.startswith(("mi/max/", "mi/min/")):
                entries.append((line["epoch"], "mi", key.removeprefix("mi/"), value))
    return pd.DataFrame(entries, columns=["epoch", "panel", "curve", "value"])


def training_figure(
    curves: pd.DataFrame, epochs: int, name: str, higher_is_better: bool, modalities: list[str]
) -> go.Figure:
    """Three panels over the planned epochs, empty at first, of `curves_frame`.

    The named metric of the valid split chooses the epoch; modalities have their hues.
    """
    titles = ["loss on train", f"{metric(name).name} on valid", "MI bounds on valid (nats)"]
    figure = make_subplots(
        rows=3,
        shared_xaxes=True,
        subplot_titles=titles,
        vertical_spacing=0.1,
        figure=blank(_HEIGHT),
    )
    figure.update_layout(
        legend={"y": -0.15, "yanchor": "top", "x": 0, "xanchor": "left", "font": {"size": 11}}
    )
    lines = []
    for curve, dash in (("whole loss", "solid"), ("task", "dot")):
        lines += _line(curves, "loss", curve, NEUTRAL, dash)
    lines += _line(curves, "valid", name, NEUTRAL, "solid")
    lines += _best_mark(curves, name, higher_is_better)
    shown = curves.loc[curves["panel"] == "mi", "curve"].unique()
    pairs = [c for c in shown if c.startswith("max/")]
    for i, curve in enumerate(pairs):
        lines += _line(curves, "mi", curve, _PAIR_HUES[i % len(_PAIR_HUES)], LOWER_LINE)
    for curve in [c for c in shown if c.startswith("min/")]:
        colour = modality_colour(curve.removeprefix("min/"), modalities)
        lines += _line(curves, "mi", curve, colour, UPPER_LINE)
    figure.add_traces(
        lines or [{"type": "scatter", "showlegend": False, **a} for a in _AXES.values()]
    )
    step = epoch_ticks(max(epochs, 1))
    figure.update_xaxes(range=[0.5, max(epochs, 1) + 0.5], dtick=step, showgrid=False)
    figure.update_xaxes(title="epoch", row=3)
    figure.update_yaxes(nticks=5, zeroline=False)
    if not lines:
        figure.update_yaxes(range=[0, 1], showticklabels=False)
    figure.update_annotations(
        font={"size": 13}, x=0, xanchor="left", yshift=2, selector={"showarrow": False}
    )
    return figure


def seconds_left(history: list[dict[str, Any]], epoch: int, epochs: int) -> float | None:
    """How long the planned rest takes at the pace of the latest epochs; None before the first."""
    latest = [line["seconds"] for line in history[-_LATEST:] if line.get("seconds") is not None]
    return float(np.mean(latest)) * max(epochs - epoch, 0) if latest else None


def _line(
    curves: pd.DataFrame, panel: str, curve: str, colour: str, dash: str
) -> list[dict[str, Any]]:
    rows = curves[(curves["panel"] == panel) & (curves["curve"] == curve)]
    if rows.empty:
        return []
    words = _curve_words(curve)
    return [
        {
            "type": "scatter",
            "x": rows["epoch"].to_numpy(),
            "y": rows["value"].to_numpy(float),
            **_AXES[panel],
            "name": words,
            "showlegend": panel == "mi",
            "mode": "lines+markers" if len(rows) < 3 else "lines",
            "line": {"color": colour, "dash": dash, "width": 2},
            "marker": {"size": 5},
            "hovertemplate": f"{words} %{{y:.3g}}<br>epoch %{{x}}<extra></extra>",
        }
    ]


def _best_mark(curves: pd.DataFrame, name: str, higher_is_better: bool) -> list[dict[str, Any]]:
    rows = curves[(curves["panel"] == "valid") & (curves["curve"] == name)]
    if rows.empty:
        return []
    best = rows.iloc[rows["value"].argmax() if higher_is_better else rows["value"].argmin()]
    return [
        {
            "type": "scatter",
            "x": [best["epoch"]],
            "y": [best["value"]],
            **_AXES["valid"],
            "mode": "markers",
            "marker": {"size": 11, "color": ACCENT},
            "name": "best",
            "showlegend": False,
            "hovertemplate": "best: epoch %{x}, %{y:.4g}<extra></extra>",
        }
    ]


def _curve_words(curve: str) -> str:
    kind, slash, name = curve.partition("/")
    if not slash:
        return metric(curve).name if kind != "task" else "task"
    name = figure_text(name)
    return f"{name}, lower bound" if kind == "max" else f"I(x; z) {name}, upper bound"
