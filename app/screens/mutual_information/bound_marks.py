"""What bounds are drawn with: lines, bands, levels, points with errors, panels and their legend."""

from __future__ import annotations

from typing import Any

import numpy as np
import plotly.graph_objects as go
import streamlit as st
from plotly.subplots import make_subplots

from app.parts.figures import chart
from app.parts.names import figure_text
from app.parts.style import NEUTRAL, blank, epoch_ticks
from app.screens.mutual_information.recorded_bounds import SIDES, Recorded, Series, Unit

CHECKED = "fresh critic, not part of training"
ON_DEMAND = "fresh critic, on the split shown"
OBJECTIVE = "#718096"
CHECK = "#8C6BB1"
PAIR_HEIGHT, ROW_HEIGHT = 300, 215
REGION = 0.07
AROUND = 75  # pixels of a row that have no data: title, ticks, axis title
LETTERS = 16
_BAND, _LABEL_PIXELS = 0.28, 13
_ROOM = 1.12
_PALE = 0.6
_PANEL_PIXELS = 260


def draw_line(
    figure: go.Figure, data: Series, colour: str, name: str, row: int = 1, width: float = 2
) -> None:
    """The values as a line of the dash that their side has, with a band of their errors."""
    if np.isfinite(data.error).any():
        error = np.nan_to_num(data.error)
        draw_area(figure, data.epoch, data.value - error, data.value + error, colour, row, _BAND)
    mode = "lines+markers" if len(data) < 3 else "lines"
    marker = {"size": 5, "color": colour}
    _add_line(figure, data, colour, name, row, width, mode=mode, marker=marker, text=data.hover)


def draw_beside(figure: go.Figure, data: Series, name: str, row: int = 1) -> None:
    """The same bound of another run, pale."""
    text = [f"<b>{figure_text(name)}</b><br>{said}" for said in data.hover]
    _add_line(figure, data, NEUTRAL, name, row, 2, mode="lines", opacity=_PALE, text=text)


def _add_line(
    figure: go.Figure, data: Series, colour: str, name: str, row: int, width: float, **style: Any
) -> None:
    """A line of the dash that the side of its values has."""
    figure.add_trace(
        go.Scatter(
            x=data.epoch,
            y=data.value,
            line={"color": colour, "width": width, "dash": SIDES[data.how.bound].dash},
            hovertemplate="%{text}<extra></extra>",
            name=name,
            showlegend=False,
            **style,
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


def draw_checks(figure: go.Figure, held: dict[str, Series], row: int = 1) -> None:
    if "check" in held:
        draw_points(figure, held["check"], CHECKED, "diamond", row)
    if "demand" in held:
        draw_points(figure, held["demand"], ON_DEMAND, "triangle-up-open", row, size=13)


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


def common_limits(drawn: list[Series], levels: list[float]) -> tuple[float, float]:
    """The common range of the vertical axes."""
    heights = [y for one in drawn for y in one.extremes]
    return min(0.0, *heights) * _ROOM, max([*heights, *levels]) * _ROOM


def empty_panel(titles: list[str], unit: Unit, right: int) -> go.Figure:
    """One empty row per title, with so many pixels at the right for the names of the lines."""
    height = PAIR_HEIGHT if len(titles) == 1 else ROW_HEIGHT * len(titles)
    figure = make_subplots(
        rows=len(titles),
        cols=1,
        subplot_titles=titles,
        shared_xaxes=True,
        vertical_spacing=0.14,
        figure=blank(height),  # merging its layout afterwards takes ten times as long
    )
    figure.update_annotations(font_size=13, x=0, xanchor="left")
    figure.update_layout(margin={"l": 4, "r": right, "t": 30, "b": 4})
    figure.update_yaxes(title=unit.name, zeroline=False, nticks=6)
    return figure


def finish_axes(
    figure: go.Figure, recorded: Recorded, limits: tuple[float, float], rows: int = 1
) -> None:
    """Axes as long as the training."""
    epochs = recorded.history["epoch"]
    first, last = int(epochs.min()), int(epochs.max())
    span = max(last - first, 1)
    figure.update_xaxes(
        range=[first - 0.04 * span, last + 0.04 * span],
        tickvals=list(range(0, last + 1, epoch_ticks(span))),
        showgrid=False,
        zeroline=False,
    )
    figure.update_xaxes(title="epoch", row=rows, col=1)
    figure.update_yaxes(range=list(limits))
    if recorded.chosen:
        for row in range(1, rows + 1):
            draw_chosen(figure, recorded.chosen, row)


def draw_panels(panels: dict[str, go.Figure], key: str, alt: str) -> None:
    """Figures of one size beside each other, below each other where the page is narrow."""
    st.html(
        f"<style>.st-key-{key} [data-testid='stHorizontalBlock'] {{display: grid; "
        f"grid-template-columns: repeat(auto-fit, minmax(min({_PANEL_PIXELS}px, 100%), 1fr))}} "
        f".st-key-{key} [data-testid='stColumn'] {{width: auto; min-width: 0}}</style>"
    )
    with st.container(key=key):
        columns = st.columns(len(panels), gap="small")
    for column, (name, panel) in zip(columns, panels.items(), strict=True):
        with column:
            chart(
                panel,
                key=f"{key}-{name}",
                alt=alt.format(name),
                # a longer bar would cover the title of a panel
                without=("zoom", "pan", "zoomIn", "zoomOut", "autoScale"),
            )


_LINE = "width:26px;border-top:2px {} {}"
_STYLE = (
    "display:flex;flex-wrap:wrap;gap:0.15rem 1.1rem;font-size:0.82rem;"
    "color:var(--st-text-color);opacity:0.85"
)
_ENTRY = "display:inline-flex;align-items:center;gap:0.4rem"


def bound_legend(*, errors: bool, bracket: bool, checked: bool, on_demand: bool) -> str:
    """The legend as HTML that wraps where the page is narrow.

    Args:
        errors: whether standard errors were recorded.
        bracket: whether there is an area between a lower and an upper bound.
    """
    entries = [
        (_mark(_LINE.format("solid", NEUTRAL)), "lower bound, the truth is above"),
        (_mark(_LINE.format("dashed", NEUTRAL)), "upper bound, the truth is below"),
        (_mark(_LINE.format("dotted", NEUTRAL)), "neither"),
        (_mark(f"width:14px;height:3px;background:{OBJECTIVE}"), "the objective's own"),
    ]
    if bracket:
        # the hue is that of the modality, so the swatch shows three
        hues = "linear-gradient(90deg,#0072B255 33%,#E69F0055 33% 66%,#009E7355 66%)"
        entries.append((_mark(f"width:26px;height:11px;background:{hues}"), "the truth is inside"))
    if errors:
        entries.append(
            (_mark(f"width:26px;height:7px;background:{NEUTRAL}66"), "± two standard errors")
        )
    if checked:
        entries.append((_symbol("◆"), CHECKED))
    if on_demand:
        entries.append((_symbol("△"), ON_DEMAND))
    items = "".join(
        f'<span style="{_ENTRY}">{mark}<span>{text}</span></span>' for mark, text in entries
    )
    return f'<div style="{_STYLE}">{items}</div>'


def _mark(style: str) -> str:
    return f'<span style="display:inline-block;{style}"></span>'


def _symbol(text: str) -> str:
    return f'<span style="color:{CHECK}">{text}</span>'
