"""Named channels of one utterance over time, as small multiples with units."""

from __future__ import annotations

from typing import Any

import numpy as np
import plotly.graph_objects as go

from app.views.names import channel_words
from app.views.style import NEUTRAL, blank

_ROW_PIXELS = 84
_SPREADS = 3.2
_GAP = 0.13  # of the width, between columns
_TITLE = 0.34  # of a row, for the title above its panel


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
    steps = np.arange(1, len(values) + 1)
    ends = [0.5, len(values) + 0.5]
    traces: list[dict[str, Any]] = []
    layout: dict[str, Any] = {"annotations": []}
    # Built as one dictionary: plotly checks it once, which matters for so many small panels.
    for i, (name, unit) in enumerate(map(channel_words, names)):
        number = str(i + 1) if i else ""
        row, column = divmod(i, columns)
        left = column * (1 + _GAP) / columns
        right = left + (1 + _GAP) / columns - _GAP
        bottom, top = 1 - (row + 1) / rows, 1 - (row + _TITLE) / rows
        last = i + columns >= len(names)  # nothing stands below it
        half = max(_SPREADS * float(deviation[i]), 1e-6)
        low = min(mean[i] - half, float(values[:, i].min()))
        high = max(mean[i] + half, float(values[:, i].max()))
        place = {"type": "scatter", "xaxis": f"x{number}", "yaxis": f"y{number}"}
        traces += [
            {
                **place, "x": steps, "y": values[:, i], "name": name,
                "mode": "lines" if len(values) > 1 else "markers",
                "line": {"color": colour, "width": 1.8}, "marker": {"color": colour},
                "hovertemplate": f"{name} %{{y:.3g}} {unit}<br>{step_name} %{{x}}<extra></extra>",
            },
            {
                **place, "x": ends, "y": [mean[i], mean[i]], "mode": "lines", "hoverinfo": "skip",
                "line": {"color": NEUTRAL, "width": 1, "dash": "dot"},
            },
        ]  # fmt: skip
        layout[f"xaxis{number}"] = {
            "domain": [left, right], "anchor": f"y{number}", "range": ends, "showgrid": False,
            "zeroline": False, "nticks": 5, "tickfont": {"size": 10}, "showticklabels": last,
            "title": {"text": step_name if last else "", "font": {"size": 11}},
        }  # fmt: skip
        layout[f"yaxis{number}"] = {
            "domain": [max(bottom, 0), top], "anchor": f"x{number}", "range": [low, high],
            "nticks": 3, "zeroline": False, "tickfont": {"size": 10},
        }  # fmt: skip
        layout["annotations"].append(
            {
                "text": f"{name} ({unit})" if unit else name, "x": (left + right) / 2, "y": top,
                "xref": "paper", "yref": "paper", "xanchor": "center", "yanchor": "bottom",
                "showarrow": False, "font": {"size": 12},
            }
        )  # fmt: skip
    layout["margin"] = {"l": 34, "r": 6, "t": 4, "b": 44}
    house = blank(64 + _ROW_PIXELS * rows, showlegend=False).layout.to_plotly_json()
    house.pop("template", None)  # the default again, and slow to check
    return go.Figure(traces, {**house, **layout})
