"""Named channels of one utterance over time, as small multiples with units."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from app.views.names import channel_words
from app.views.style import NEUTRAL, blank

_ROW_PIXELS = 84
_SPREADS = 3.2


def channels_figure(
    values: np.ndarray,
    names: list[str],
    mean: np.ndarray,
    deviation: np.ndarray,
    colour: str,
    columns: int = 2,
    step_name: str = "frame",
) -> go.Figure:
    """One small panel a channel; a dotted line is what is usual in the corpus.

    Every panel keeps the limits of the corpus, so that two utterances can be compared.

    Args:
        values: (steps, channels).
        names: of the channels.
        mean: (channels,) over the corpus.
        deviation: (channels,) over the corpus.
        colour: of the modality.
        columns: panels beside each other.
        step_name: what a step is.
    """
    rows = -(-len(names) // columns)
    words = [channel_words(name) for name in names]
    titles = [f"{name} ({unit})" if unit else name for name, unit in words]
    figure = make_subplots(
        rows=rows, cols=columns, subplot_titles=titles, shared_xaxes=True,
        vertical_spacing=0.3 / rows if rows > 1 else 0, horizontal_spacing=0.13,
    )  # fmt: skip
    figure.update_layout(blank(40 + _ROW_PIXELS * rows, showlegend=False).layout)
    figure.update_layout(margin={"l": 4, "r": 4, "t": 24, "b": 4})
    steps = np.arange(1, len(values) + 1)
    for i, (name, unit) in enumerate(words):
        place = {"row": i // columns + 1, "col": i % columns + 1}
        figure.add_scatter(
            x=steps, y=values[:, i], mode="lines" if len(values) > 1 else "markers",
            line={"color": colour, "width": 1.8}, name=name,
            hovertemplate=f"{name} %{{y:.3g}} {unit}<br>{step_name} %{{x}}<extra></extra>", **place,
        )  # fmt: skip
        figure.add_hline(
            float(mean[i]), line={"color": NEUTRAL, "width": 1, "dash": "dot"}, **place
        )
        half = max(_SPREADS * float(deviation[i]), 1e-6)
        low = min(mean[i] - half, float(values[:, i].min()))
        high = max(mean[i] + half, float(values[:, i].max()))
        figure.update_yaxes(range=[low, high], nticks=3, tickfont={"size": 10}, **place)
    figure.update_annotations(font={"size": 12}, yshift=2)
    figure.update_xaxes(showgrid=False, nticks=5, tickfont={"size": 10})
    for i in range(len(names)):
        if i + columns >= len(names):  # nothing stands below it
            figure.update_xaxes(
                title={"text": step_name, "font": {"size": 11}}, showticklabels=True,
                row=i // columns + 1, col=i % columns + 1,
            )  # fmt: skip
    return figure
