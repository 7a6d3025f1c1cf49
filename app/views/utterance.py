"""One utterance: its truth and prediction on the scale of the corpus."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go

from app.views.names import figure_text
from app.views.style import NEUTRAL, SENTIMENT_SCALE, blank, class_colours, three_digits
from mmmie.corpus import Label

_STRIP_STEPS = 120
_LETTERS = 24


def scale_figure(
    label: Label, limits: tuple[float, float], truth: float, prediction: float
) -> go.Figure:
    """Truth (hollow) and prediction (filled) above the diverging scale of the label."""
    figure = blank(126, showlegend=False)
    steps = np.linspace(*limits, _STRIP_STEPS)
    figure.add_heatmap(
        x=steps, y=[0], z=[steps], colorscale=SENTIMENT_SCALE, zmin=limits[0], zmax=limits[1],
        showscale=False, hoverinfo="skip",
    )  # fmt: skip
    figure.add_scatter(
        x=[truth, prediction], y=[1, 1], mode="lines", hoverinfo="skip",
        line={"color": NEUTRAL, "width": 2},
    )  # fmt: skip
    figure.add_scatter(
        x=[truth], y=[1], mode="markers", name="truth",
        hovertemplate=f"truth {three_digits(truth)}<extra></extra>",
        marker={"symbol": "circle-open", "size": 17, "color": NEUTRAL, "line": {"width": 2.5}},
    )  # fmt: skip
    figure.add_scatter(
        x=[prediction], y=[1], mode="markers", name="prediction",
        hovertemplate=f"prediction {three_digits(prediction)}<extra></extra>",
        marker={
            "size": 15, "color": [prediction], "colorscale": SENTIMENT_SCALE,
            "cmin": limits[0], "cmax": limits[1], "line": {"width": 1.5, "color": NEUTRAL},
        },
    )  # fmt: skip
    margin = 0.04 * (limits[1] - limits[0])
    figure.update_layout(margin={"l": 8, "r": 8, "t": 4, "b": 44})
    figure.update_xaxes(
        range=[min(limits[0], prediction) - margin, max(limits[1], prediction) + margin],
        title=figure_text(label.name), showgrid=False,
    )  # fmt: skip
    figure.update_yaxes(visible=False, range=[-0.6, 1.7])
    return figure


def class_figure(classes: list[str], probabilities: np.ndarray, truth: str) -> go.Figure:
    """Probability of every class; the true one is named so."""
    colours = class_colours(classes)
    figure = blank(64 + 26 * len(classes), showlegend=False)
    figure.add_bar(
        x=probabilities, y=classes, orientation="h",
        hovertext=[figure_text(name) for name in classes],
        marker={"color": [colours[name] for name in classes]},
        text=[three_digits(float(p)) for p in probabilities], textposition="outside",
        cliponaxis=False, hovertemplate="%{hovertext}: %{x:.3f}<extra></extra>",
    )  # fmt: skip
    figure.update_layout(margin={"l": 8, "r": 30, "t": 4, "b": 4})
    figure.update_xaxes(range=[0, 1.08], title="probability", showgrid=False)
    names = [figure_text(name, _LETTERS) + " (truth)" * (name == truth) for name in classes]
    figure.update_yaxes(autorange="reversed", tickvals=classes, ticktext=names)
    return figure
