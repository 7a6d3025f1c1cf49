"""What the codes of one utterance cost: the divergence from the prior, a bar a dimension."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from app.views.learn_style import large
from app.views.style import ACCENT, NEUTRAL, blank

_TITLES = {"z": "invariant code z", "s": "specific code s"}


@dataclass(frozen=True)
class Costs:
    """Divergences of one code from the prior in nats, largest first.

    Attributes:
        now: (d,) with the noise that the reader set.
        other: (k,) of another checkpoint, None if there is none.
    """

    now: np.ndarray
    other: np.ndarray | None = None


def costs_figure(costs: dict[str, Costs], colour: str, other_name: str) -> go.Figure:
    """z filled on the left, s outlined on the right; the other checkpoint as short lines.

    Args:
        costs: ``z`` and ``s``.
        colour: of the modality.
        other_name: what the other checkpoint is called.
    """
    totals = [
        f"{_TITLES[kind]}: {cost.now.sum():.1f} nats"
        + (f" ({cost.other.sum():.1f} without)" if cost.other is not None else "")
        for kind, cost in costs.items()
    ]
    figure = make_subplots(
        cols=len(costs), subplot_titles=totals, shared_yaxes=True, horizontal_spacing=0.06,
        column_widths=[max(len(c.now), 6) for c in costs.values()], figure=blank(360),
    )  # fmt: skip
    for column, (kind, cost) in enumerate(costs.items(), start=1):
        x = np.arange(1, len(cost.now) + 1)
        longest = max(len(x), 0 if cost.other is None else len(cost.other))
        figure.update_xaxes(range=[0.3, longest + 0.7], col=column)
        figure.add_bar(
            x=x, y=cost.now, row=1, col=column, name="this checkpoint", showlegend=column == 1,
            marker={
                "color": colour if kind == "z" else "rgba(0,0,0,0)",
                "line": {"color": colour, "width": 2},
            },
            hovertemplate=f"{kind}: %{{y:.2f}} nats<extra></extra>",
        )  # fmt: skip
        if cost.other is not None:
            figure.add_scatter(
                x=np.arange(1, len(cost.other) + 1), y=cost.other, mode="markers", row=1,
                col=column, name=other_name, showlegend=column == 1,
                marker={"symbol": "line-ew", "size": 13, "line": {"color": ACCENT, "width": 3}},
                hovertemplate=f"{other_name}: %{{y:.2f}} nats<extra></extra>",
            )  # fmt: skip
    figure.update_xaxes(title="dimension, costliest first", showgrid=False, dtick=2, tick0=1)
    figure.update_yaxes(rangemode="tozero", zeroline=True, zerolinecolor=NEUTRAL)
    figure.update_yaxes(title="nats", col=1)
    shown = any(cost.other is not None for cost in costs.values())
    figure.update_layout(bargap=0.3, showlegend=shown, margin={"t": 40})
    figure.update_layout(legend={"y": -0.24, "yanchor": "top"})
    large(figure)
    figure.update_annotations(yshift=4)
    return figure
