"""A run while it trains: loss, validation and the bounds over epochs."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from app.views.style import ACCENT, LOWER_LINE, NEUTRAL, UPPER_LINE, blank, modality_colour
from app.views.words import metric

_LATEST = 5
_PAIR_HUES = ("#56B4E9", "#CC79A7", "#999933", "#8C6BB1")
_PARTS = {
    "train/loss": ("loss", "whole loss"),
    "train/task": ("loss", "task"),
}


def curves_frame(history: list[dict[str, Any]]) -> pd.DataFrame:
    """The metric history as one row an epoch and curve.

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
    """Three panels over the epochs; the axis is as long as the run is planned.

    Args:
        curves: from `curves_frame`.
        epochs: planned.
        name: of the validation metric that chooses the epoch.
        higher_is_better: of that metric.
        modalities: of the run, for their hues.
    """
    titles = ["loss on train", f"{metric(name).name} on valid", "MI bounds on valid (nats)"]
    figure = make_subplots(
        cols=3, subplot_titles=titles, horizontal_spacing=0.075, figure=blank(350)
    )
    figure.update_layout(legend={"y": -0.24, "yanchor": "top", "x": 1, "xanchor": "right"})
    for curve, dash in (("whole loss", "solid"), ("task", "dot")):
        _line(figure, curves, "loss", curve, NEUTRAL, dash, column=1)
    _line(figure, curves, "valid", name, NEUTRAL, "solid", column=2)
    _mark_best(figure, curves, name, higher_is_better)
    shown = curves.loc[curves["panel"] == "mi", "curve"].unique()
    pairs = [c for c in shown if c.startswith("max/")]
    for i, curve in enumerate(pairs):
        _line(figure, curves, "mi", curve, _PAIR_HUES[i % len(_PAIR_HUES)], LOWER_LINE, column=3)
    for curve in [c for c in shown if c.startswith("min/")]:
        colour = modality_colour(curve.removeprefix("min/"), modalities)
        _line(figure, curves, "mi", curve, colour, UPPER_LINE, column=3)
    figure.update_xaxes(range=[0.5, max(epochs, 1) + 0.5], title="epoch", nticks=6, showgrid=False)
    figure.update_yaxes(nticks=6, zeroline=False)
    figure.update_annotations(font={"size": 13}, yshift=4, selector={"showarrow": False})
    return figure


def seconds_left(history: list[dict[str, Any]], epoch: int, epochs: int) -> float | None:
    """How long the planned rest takes at the pace of the latest epochs; None before the first."""
    latest = [line["seconds"] for line in history[-_LATEST:] if line.get("seconds") is not None]
    return float(np.mean(latest)) * max(epochs - epoch, 0) if latest else None


def duration_words(seconds: float) -> str:
    """A duration to read, ``2 min 5 s`` say."""
    whole = round(seconds)
    if whole < 60:
        return f"{seconds:.1f} s" if seconds < 10 else f"{whole} s"
    minutes, rest = divmod(whole, 60)
    if minutes < 60:
        return f"{minutes} min {rest} s"
    return f"{minutes // 60} h {minutes % 60} min"


def _line(
    figure: go.Figure,
    curves: pd.DataFrame,
    panel: str,
    curve: str,
    colour: str,
    dash: str,
    column: int,
) -> None:
    rows = curves[(curves["panel"] == panel) & (curves["curve"] == curve)]
    if rows.empty:
        return
    words = _curve_words(curve)
    figure.add_scatter(
        x=rows["epoch"], y=rows["value"], name=words, row=1, col=column, showlegend=panel == "mi",
        mode="lines+markers" if len(rows) < 3 else "lines",
        line={"color": colour, "dash": dash, "width": 2}, marker={"size": 5},
        hovertemplate=f"{words} %{{y:.3g}}<br>epoch %{{x}}<extra></extra>",
    )  # fmt: skip


def _mark_best(figure: go.Figure, curves: pd.DataFrame, name: str, higher_is_better: bool) -> None:
    rows = curves[(curves["panel"] == "valid") & (curves["curve"] == name)]
    if rows.empty:
        return
    best = rows.iloc[rows["value"].argmax() if higher_is_better else rows["value"].argmin()]
    figure.add_scatter(
        x=[best["epoch"]], y=[best["value"]], mode="markers", row=1, col=2,
        marker={"size": 11, "color": ACCENT}, name="best", showlegend=False,
        hovertemplate="best: epoch %{x}, %{y:.4g}<extra></extra>",
    )  # fmt: skip


def _curve_words(curve: str) -> str:
    kind, slash, name = curve.partition("/")
    if not slash:
        return metric(curve).name if kind != "task" else "task"
    return f"{name}, lower bound" if kind == "max" else f"{name} and its code, upper bound"
