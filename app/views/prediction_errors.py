"""Where predictions and truth part, over a split."""

from __future__ import annotations

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from app.views.conversation import hover_text
from app.views.style import ERROR_SCALE, FADED, NEUTRAL, SEQUENTIAL_SCALE, blank
from mmmie.corpus import Label


def calibration_figure(
    frame: pd.DataFrame,
    bins: pd.DataFrame,
    label: Label,
    limits: tuple[float, float],
    selected: list[int],
    primary: int,
) -> go.Figure:
    """Truth against prediction, one dot an utterance, with the mean truth in bins over it.

    Args:
        frame: the split, with `id`, `label`, `prediction`, `absolute_error`.
        bins: from `mmmie.analysis.prediction_errors.calibration`.
        label: what is predicted.
        limits: of the label.
        selected: rows of `frame` that stand out; all do if empty.
        primary: the row with a ring.
    """
    figure = blank(400)
    # Points keep their ink where they are few, and overlap without hiding where they are many.
    shown = min(0.85, max(0.4, 600 / max(len(frame), 1)))
    opacity = np.full(len(frame), shown)
    if selected:
        opacity[:] = FADED
        opacity[selected] = 1
    low, high = limits
    figure.add_scatter(
        x=[low, high], y=[low, high], mode="lines", name="prediction = truth", hoverinfo="skip",
        line={"color": NEUTRAL, "width": 1, "dash": "dot"},
    )  # fmt: skip
    figure.add_scattergl(
        x=frame["prediction"], y=frame["label"], mode="markers", name="utterance",
        customdata=frame["id"].tolist(), hovertext=hover_text(frame),
        hovertemplate="%{hovertext}<br>prediction %{x:.3g}, truth %{y:.3g}<extra></extra>",
        marker={
            "size": 7, "opacity": opacity, "color": frame["absolute_error"],
            "colorscale": ERROR_SCALE, "cmin": 0, "cmax": _largest(frame),
            "colorbar": {"title": {"text": "error", "side": "right"}, "thickness": 10},
            "line": {"width": 0.6, "color": NEUTRAL},
        },
        showlegend=False,
    )  # fmt: skip
    figure.add_scatter(
        x=bins["prediction"], y=bins["truth"], mode="lines+markers", name="mean truth in bins",
        error_y={"array": 1.96 * bins["truth_error"].fillna(0), "thickness": 1.2, "width": 3},
        marker={"size": 8, "symbol": "diamond"}, line={"width": 2, "color": NEUTRAL},
        customdata=None, hovertemplate="mean truth %{y:.3g}<extra></extra>",
    )  # fmt: skip
    one = frame.iloc[primary]
    figure.add_scatter(
        x=[one["prediction"]], y=[one["label"]], mode="markers", showlegend=False,
        hoverinfo="skip",
        marker={"symbol": "circle-open", "size": 15, "color": NEUTRAL, "line": {"width": 2.5}},
    )  # fmt: skip
    figure.update_xaxes(title=f"predicted {label.name}")
    margin = 0.05 * (high - low)
    figure.update_yaxes(title=f"true {label.name}", range=[low - margin, high + margin])
    return figure


def _largest(frame: pd.DataFrame) -> float:
    """Where the error ramp ends: all but the largest two per cent stay inside."""
    return max(float(frame["absolute_error"].quantile(0.98)), 1e-9)


def confusion_figure(counts: pd.DataFrame) -> go.Figure:
    """A confusion matrix: counts as numbers, shares of the true class as shade.

    Args:
        counts: true classes (rows) by predicted classes (columns).
    """
    totals = np.maximum(counts.sum(axis=1).to_numpy(float), 1)
    shares = counts.to_numpy(float) / totals[:, None]
    classes = [str(c) for c in counts.columns]
    figure = blank(110 + 56 * len(classes))
    figure.add_heatmap(
        x=classes, y=classes, z=shares, zmin=0, zmax=1, colorscale=SEQUENTIAL_SCALE,
        xgap=2, ygap=2, hovertemplate="%{y} predicted as %{x}: %{z:.0%}<extra></extra>",
        showscale=False,
    )  # fmt: skip
    for row, truth in enumerate(classes):
        for column, guess in enumerate(classes):
            share, count = shares[row, column], int(counts.to_numpy()[row, column])
            figure.add_annotation(
                x=guess, y=truth, text=f"{count} ({share:.0%})",
                showarrow=False, font={"color": "#ffffff" if share > 0.45 else "#1f2933"},
            )  # fmt: skip
    figure.update_xaxes(title="predicted", showgrid=False)
    figure.update_yaxes(title="truth", autorange="reversed", showgrid=False)
    return figure
