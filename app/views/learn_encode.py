"""One utterance through one encoder: features, the weight of every step, the hidden state."""

from __future__ import annotations

import html
from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from app.views.contributions import channel_title
from app.views.learn_style import LETTERS, TALL, large
from app.views.style import ACCENT, NEUTRAL, blank
from mmmie.analysis.lesson_encoding import Encoding

_MOST_NAMES = 16
_MOST_STEPS = 24
_REACH = 3.0  # deviations at which colours end
_LOW = "#5b6570"
_NOTHING = "rgba(128,128,128,0.08)"  # shows the cell, on a light and on a dark page
_CHANNEL_PIXELS = 22


def encoding_figure(
    found: Encoding,
    before: Encoding | None,
    channels: Sequence[str],
    steps: Sequence[str],
    step_name: str,
    colour: str,
) -> go.Figure:
    """Features over steps, how much each step counts, and the hidden state as bars.

    Args:
        found: what is drawn.
        before: the same before the reader changed a channel, None if nothing was changed.
        channels: (d_m,) names.
        steps: (L,) what the steps are called.
        step_name: what a step is.
        colour: of the modality.
    """
    pooled = found.weights is not None
    rows = _CHANNEL_PIXELS * min(max(len(channels), 4), _MOST_NAMES)
    heights = [rows, *([0.7 * TALL] * pooled), TALL]
    gap = 74 / (sum(heights) + 74 * (len(heights) - 1))  # room for tick labels and a title
    width = len(found.hidden)
    sizes = [f"features, {len(steps)} × {len(channels)}" if pooled else f"{len(channels)} features"]
    titles = [*sizes, *([f"how much each {step_name} counts"] * pooled), f"hidden state h, {width}"]
    figure = make_subplots(
        rows=len(heights), row_heights=heights, subplot_titles=titles,
        vertical_spacing=gap, figure=blank(int(sum(heights)) + 74 * len(heights) + 40),
    )  # fmt: skip
    names = [html.escape(channel_title(c)) for c in channels]
    if pooled:
        _draw_sequence(figure, found, names, steps, step_name, colour)
    else:
        figure.add_bar(
            x=np.arange(1, len(names) + 1), y=found.features[0], row=1, col=1, showlegend=False,
            marker={"color": colour, "line": {"width": 0}}, customdata=names,
            hovertemplate="%{customdata}: %{y:.2f} deviations<extra></extra>",
        )  # fmt: skip
        figure.update_yaxes(title="deviations", row=1, col=1)
        if len(names) <= _MOST_NAMES:
            short = [name.removeprefix("channel ") for name in names]
            figure.update_xaxes(tickvals=np.arange(1, len(names) + 1), ticktext=short, row=1, col=1)
    _draw_hidden(figure, found, before, len(heights))
    figure.update_layout(bargap=0.15, margin={"t": 40}, showlegend=before is not None)
    figure.update_layout(legend={"y": -0.15, "yanchor": "top"})
    large(figure)
    figure.update_annotations(yshift=4)
    return figure


def _draw_sequence(
    figure: go.Figure,
    found: Encoding,
    names: list[str],
    steps: Sequence[str],
    step_name: str,
    colour: str,
) -> None:
    assert found.weights is not None
    x = np.arange(1, len(steps) + 1)
    figure.add_heatmap(
        z=found.features.T, x=x, y=names if len(names) <= _MOST_NAMES else None, row=1, col=1,
        zmin=-_REACH, zmax=_REACH, xgap=1, ygap=1,
        colorscale=[[0, _LOW], [0.5, _NOTHING], [1, colour]],
        colorbar={"title": {"text": "deviations", "side": "right"}, "thickness": 12, "len": 0.5,
                  "y": 1, "yanchor": "top", "tickfont": {"size": LETTERS - 2}},
        hovertemplate=f"{step_name} %{{x}}<br>%{{y}}: %{{z:.2f}} deviations<extra></extra>",
    )  # fmt: skip
    figure.update_yaxes(autorange="reversed", showgrid=False, row=1, col=1)
    if len(names) > _MOST_NAMES:
        figure.update_yaxes(showticklabels=False, title="channels", row=1, col=1)
    figure.add_bar(
        x=x, y=found.weights, row=2, col=1, showlegend=False,
        marker={"color": colour, "line": {"width": 0}},
        hovertemplate=f"{step_name} %{{x}}: %{{y:.1%}}<extra></extra>",
    )  # fmt: skip
    figure.add_hline(
        1 / len(x), line={"color": NEUTRAL, "width": 1, "dash": "dot"}, row=2, col=1
    )  # what a plain mean would do
    ends = [0.5, len(x) + 0.5]
    for row in (1, 2):
        figure.update_xaxes(range=ends, showgrid=False, dtick=_step(len(x)), row=row, col=1)
    words = not all(name.isdigit() for name in steps) and len(steps) <= _MOST_STEPS
    if words:
        figure.update_xaxes(
            tickvals=x, ticktext=[html.escape(name) for name in steps], tickangle=0, row=1, col=1
        )
    figure.update_xaxes(showticklabels=False, row=2, col=1)
    figure.update_yaxes(tickformat=".0%", nticks=3, rangemode="tozero", row=2, col=1)


def _step(count: int) -> int:
    """Between the steps that are numbered: whole, and at most ten or so of them."""
    return next(s for s in (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, count) if count <= 12 * s)


def _draw_hidden(figure: go.Figure, found: Encoding, before: Encoding | None, row: int) -> None:
    x = np.arange(1, len(found.hidden) + 1)
    figure.add_bar(
        x=x, y=found.hidden, row=row, col=1, name="h now", marker={"color": NEUTRAL},
        hovertemplate="h<sub>%{x}</sub> = %{y:.2f}<extra></extra>",
    )  # fmt: skip
    if before is not None:
        figure.add_scatter(
            x=x, y=before.hidden, mode="markers", row=row, col=1, name="h before",
            marker={"symbol": "line-ew", "size": 9, "line": {"color": ACCENT, "width": 3}},
            hovertemplate="before: %{y:.2f}<extra></extra>",
        )  # fmt: skip
    figure.update_xaxes(range=[0.3, len(x) + 0.7], title="dimension", showgrid=False, row=row)
    figure.update_yaxes(nticks=4, row=row, col=1)
