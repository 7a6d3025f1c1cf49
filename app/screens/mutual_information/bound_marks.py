"""The marks that bounds are drawn with: line, band, area, level, and a point with its error."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go

from app.parts.style import LOWER_LINE, NEITHER_LINE, NEUTRAL, UPPER_LINE
from app.screens.mutual_information.recorded_bounds import Series

OBJECTIVE = "#718096"
CHECK = "#8C6BB1"
DASH = {"lower": LOWER_LINE, "upper": UPPER_LINE, "neither": NEITHER_LINE}
_BAND, _LABEL_PIXELS = 0.28, 13


def draw_line(
    figure: go.Figure, data: Series, colour: str, name: str, row: int = 1, width: float = 2
) -> None:
    """The values as a line of the dash that their side has, with a band of their errors."""
    if np.isfinite(data.error).any():
        error = np.nan_to_num(data.error)
        draw_area(figure, data.epoch, data.value - error, data.value + error, colour, row, _BAND)
    figure.add_trace(
        go.Scatter(
            x=data.epoch,
            y=data.value,
            mode="lines+markers" if len(data) < 3 else "lines",
            line={"color": colour, "width": width, "dash": DASH[data.how.bound]},
            marker={"size": 5, "color": colour},
            text=data.hover,
            hovertemplate="%{text}<extra></extra>",
            name=name,
            showlegend=False,
        ),
        row=row,
        col=1,
    )


def draw_area(
    figure: go.Figure,
    epoch: np.ndarray,
    low: np.ndarray,
    high: np.ndarray,
    colour: str,
    row: int,
    opacity: float,
) -> None:
    """What lies between two curves, (E,) each."""
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    figure.add_trace(
        go.Scatter(
            x=[*epoch, *epoch[::-1]],
            y=[*high, *low[::-1]],
            fill="toself",
            fillcolor=f"rgba({red},{green},{blue},{opacity})",
            line={"width": 0},
            mode="lines",
            hoverinfo="skip",
            showlegend=False,
        ),
        row=row,
        col=1,
    )


def draw_points(
    figure: go.Figure, data: Series, name: str, symbol: str, row: int = 1, size: int = 9
) -> None:
    """Estimates that are no part of the training, each with its error."""
    figure.add_trace(
        go.Scatter(
            x=data.epoch,
            y=data.value,
            mode="markers",
            marker={"symbol": symbol, "size": size, "color": CHECK},
            error_y={
                "type": "data",
                "array": np.nan_to_num(data.error),
                "color": CHECK,
                "thickness": 1.5,
                "width": 3,
            },
            text=[f"{text}<br>{name}" for text in data.hover],
            hovertemplate="%{text}<extra></extra>",
            name=name,
            showlegend=False,
        ),
        row=row,
        col=1,
    )


def draw_level(figure: go.Figure, span: tuple[int, int], y: float, colour: str, row: int) -> None:
    """A thin horizontal line over the recorded epochs."""
    line = {"color": colour, "width": 1}
    figure.add_shape(type="line", x0=span[0], x1=span[1], y0=y, y1=y, line=line, row=row, col=1)


def draw_chosen(figure: go.Figure, epoch: int, row: int = 1) -> None:
    """The epoch of the checkpoint: a thin vertical line."""
    line = {"color": NEUTRAL, "width": 1}
    figure.add_vline(x=epoch, line=line, opacity=0.6, layer="below", row=row, col=1)


def draw_names(
    figure: go.Figure,
    x: int,
    names: list[tuple[str, float]],
    per_pixel: float,
    row: int = 1,
) -> None:
    """Text and height of the names right of an epoch, moved so that none covers another."""
    names = sorted(names, key=lambda name: name[1])
    heights = spread([height for _, height in names], _LABEL_PIXELS * per_pixel)
    for (text, _), height in zip(names, heights, strict=True):
        figure.add_annotation(
            x=x,
            y=height,
            text=text,
            xanchor="left",
            xshift=5,
            showarrow=False,
            font={"size": 11},  # in its hue it could not be read on either ground
            row=row,
            col=1,
        )


def spread(heights: list[float], gap: float) -> list[float]:
    """Ascending heights moved apart as little as a gap between neighbours needs.

    Example:
        >>> spread([1.0, 1.0, 5.0], 1.0)
        [0.5, 1.5, 5.0]
    """
    groups: list[list[float]] = []  # each is written around the middle of its members
    for height in heights:
        groups.append([height])
        while len(groups) > 1 and _top(groups[-2], gap) + gap > _bottom(groups[-1], gap):
            groups[-2:] = [groups[-2] + groups[-1]]
    return [_bottom(group, gap) + i * gap for group in groups for i in range(len(group))]


def _bottom(group: list[float], gap: float) -> float:
    return sum(group) / len(group) - gap * (len(group) - 1) / 2


def _top(group: list[float], gap: float) -> float:
    return _bottom(group, gap) + gap * (len(group) - 1)
