"""The two codes of one utterance: a bar a dimension, its spread, and draws from it."""

from __future__ import annotations

import html
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from app.views.learn_style import TALL, large
from app.views.names import shortened
from app.views.style import NEUTRAL, blank, modality_colour

_TITLES = {"z": "invariant code z", "s": "specific code s"}
_JITTER = 0.26
_MOST_TICKS = 8
_LETTERS = 14  # of a name beside its row


@dataclass(frozen=True)
class CodeBars:
    """One code of one modality: means (d,), deviations (d,) or None, draws (k, d)."""

    mean: np.ndarray
    deviation: np.ndarray | None
    draws: np.ndarray


def codes_figure(codes: dict[str, dict[str, CodeBars]]) -> go.Figure:
    """One row a modality: z filled on the left, s outlined on the right.

    Args:
        codes: modality → ``z`` and ``s``.
    """
    modalities = list(codes)
    figure = make_subplots(
        rows=len(codes), cols=2, shared_yaxes="columns", shared_xaxes="columns",
        column_titles=list(_TITLES.values()), horizontal_spacing=0.08,
        vertical_spacing=0.09 / max(len(codes) - 1, 1),
        column_widths=[1, 1], figure=blank(110 + TALL * len(codes), showlegend=False),
    )  # fmt: skip
    for row, (modality, both) in enumerate(codes.items(), start=1):
        colour = modality_colour(modality, modalities)
        figure.update_yaxes(title=html.escape(shortened(modality, _LETTERS)), row=row, col=1)
        for column, kind in enumerate(_TITLES, start=1):
            _draw(figure, both[kind], kind, colour, row, column)
    for column, kind in enumerate(_TITLES, start=1):
        longest = max(len(both[kind].mean) for both in codes.values())
        step = 1 if longest <= _MOST_TICKS else -(-longest // 6)
        figure.update_xaxes(showgrid=False, dtick=step, tick0=1, col=column)
    figure.update_xaxes(title="dimension", row=len(codes))
    figure.update_yaxes(zeroline=True, zerolinecolor=NEUTRAL, zerolinewidth=1, nticks=5)
    figure.update_layout(bargap=0.3, margin={"t": 44})
    return large(figure)


def _draw(figure: go.Figure, code: CodeBars, kind: str, colour: str, row: int, column: int) -> None:
    x = np.arange(1, len(code.mean) + 1)
    filled = kind == "z"
    spread = None
    if code.deviation is not None:
        spread = {"array": code.deviation, "color": NEUTRAL, "thickness": 2, "width": 3}
    figure.add_bar(
        x=x, y=code.mean, row=row, col=column, error_y=spread,
        marker={
            "color": colour if filled else "rgba(0,0,0,0)", "line": {"color": colour, "width": 2},
        },
        customdata=np.zeros(len(x)) if code.deviation is None else code.deviation,
        hovertemplate=f"{kind} %{{x}}: %{{y:.2f}} ± %{{customdata:.2f}}<extra></extra>",
    )  # fmt: skip
    if len(code.draws):
        count = len(code.draws)
        aside = np.linspace(-_JITTER, _JITTER, count) if count > 1 else np.zeros(1)
        figure.add_scatter(
            x=(x[None, :] + aside[:, None]).ravel(), y=code.draws.ravel(), mode="markers",
            marker={"size": 4, "color": NEUTRAL, "line": {"width": 0}}, hoverinfo="skip",
            row=row, col=column,
        )  # fmt: skip
