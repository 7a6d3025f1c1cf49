"""InfoNCE as a picture: the critic's scores of all pairs of a batch, and the bound by its size."""

from __future__ import annotations

import html
from collections.abc import Sequence

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from app.views.learn_style import large
from app.views.names import beginning
from app.views.style import ACCENT, LOWER_LINE, NEUTRAL, SEQUENTIAL_SCALE, blank

_HEIGHT = 470
_MOST_NAMES = 16
_LETTERS = 15
_FLOOR = -20.0  # nats, below which a score is as good as never
_REGION = "rgba(213, 94, 0, 0.10)"


def matrix_figure(
    scores: np.ndarray,
    chances: np.ndarray | None,
    names: Sequence[str],
    pair: tuple[str, str],
    curve: pd.DataFrame,
    bound: float,
) -> go.Figure:
    """Scores of every pair of a batch beside the bound for small and large batches.

    Args:
        scores: (B, B) nats, the diagonal holds the true pairs.
        chances: (B, B) with what probability a row chooses each column, to be drawn in place of
            the scores; None for the scores.
        names: (B,) what the utterances are called, in words.
        pair: the modalities of rows and columns.
        curve: from `mmmie.analysis.lesson_pairs.bound_by_batch`.
        bound: InfoNCE of this batch in nats.
    """
    count, (first, second) = len(scores), map(html.escape, pair)
    shown, limits = scores, (max(_FLOOR, float(scores.min())), float(scores.max()))
    title = f"score, {limits[0]:.0f} (pale) to {limits[1]:.0f} nats"
    if chances is not None:
        shown, limits, title = chances, (0.0, 1.0), "chance that the row picks the column"
    if limits[1] - limits[0] < 1:  # nothing to tell apart: no colours made of noise
        limits = (limits[0] - 0.5, limits[1] + 0.5)
    figure = make_subplots(
        cols=2, column_widths=[0.58, 0.42], horizontal_spacing=0.11,
        subplot_titles=[title.replace("-", "−"), "InfoNCE in nats"],
        figure=blank(_HEIGHT, showlegend=False),
    )  # fmt: skip
    written = ".2f" if chances is not None else ".1f"
    figure.add_heatmap(
        z=shown, row=1, col=1, zmin=limits[0], zmax=limits[1], colorscale=SEQUENTIAL_SCALE,
        xgap=1 if count <= 32 else 0, ygap=1 if count <= 32 else 0,
        showscale=False,
        hovertemplate=f"{first} of %{{y}}, {second} of %{{x}}: %{{z:{written}}}<extra></extra>",
    )  # fmt: skip
    edge = np.array([-0.5, 0.5])
    for i in range(count):  # the true pairs
        figure.add_shape(
            type="rect", x0=i + edge[0], x1=i + edge[1], y0=i + edge[0], y1=i + edge[1],
            line={"color": ACCENT, "width": 2 if count <= 32 else 1}, row=1, col=1,
        )  # fmt: skip
    short = [html.escape(beginning(name, _LETTERS)) for name in names]
    ticks = {"tickvals": list(range(count)), "showgrid": False, "constrain": "domain"}
    few = count <= _MOST_NAMES
    figure.update_xaxes(
        **ticks, title=f"{second} of …", row=1, col=1,
        ticktext=[str(i + 1) for i in range(count)] if few else [],
    )  # fmt: skip
    figure.update_yaxes(
        **ticks, title="" if few else f"{first} of …", autorange="reversed",
        ticktext=[f"{n} {i + 1}" for i, n in enumerate(short)] if few else [], row=1, col=1,
    )  # fmt: skip
    _draw_curve(figure, curve, count, bound)
    large(figure)
    figure.update_annotations(selector={"yref": "paper"}, yshift=6)
    return figure


def _draw_curve(figure: go.Figure, curve: pd.DataFrame, count: int, bound: float) -> None:
    x, nats, ceiling = (curve[name].to_numpy() for name in ("batch_size", "nats", "ceiling"))
    figure.add_scatter(
        x=[*x, *x[::-1]], y=[*ceiling, *nats[::-1]], fill="toself", fillcolor=_REGION,
        line={"width": 0}, hoverinfo="skip", mode="lines", row=1, col=2,
    )  # fmt: skip
    figure.add_scatter(
        x=x, y=ceiling, mode="lines", line={"color": NEUTRAL, "width": 1.2}, row=1, col=2,
        hovertemplate="ceiling ln %{x} = %{y:.2f} nats<extra></extra>",
    )  # fmt: skip
    figure.add_scatter(
        x=x, y=nats, mode="lines", line={"color": ACCENT, "width": 2.5, "dash": LOWER_LINE},
        hovertemplate="%{y:.2f} nats from %{x} utterances<extra></extra>", row=1, col=2,
    )  # fmt: skip
    figure.add_scatter(
        x=[count], y=[bound], mode="markers", marker={"color": ACCENT, "size": 14}, row=1, col=2,
        hovertemplate="this batch: %{y:.2f} nats<extra></extra>",
    )  # fmt: skip
    middle = len(x) // 2
    figure.add_annotation(  # on a logarithmic axis the place is a logarithm
        x=np.log10(x[middle]), y=ceiling[middle], text="ceiling ln B", showarrow=False,
        xanchor="right", yanchor="bottom", xshift=-6, yshift=4, row=1, col=2,
    )  # fmt: skip
    octaves = [int(size) for size in x if (int(size) & (int(size) - 1)) == 0]
    figure.update_xaxes(
        type="log", title="batch size B", tickvals=octaves[::2], showgrid=False, row=1, col=2,
    )  # fmt: skip
    figure.update_yaxes(rangemode="tozero", nticks=7, row=1, col=2)
