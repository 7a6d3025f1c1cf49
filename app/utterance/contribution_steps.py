"""What a prediction is made of: steps from a start to it, and the channels of one modality."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from app.parts.names import beginning, capital, channel_words, figure_text, plain, text_of
from app.parts.numbers import interval_text
from app.parts.style import NEUTRAL, SENTIMENT_SCALE, blank, name_rows, three_digits
from mmmie.analysis.credit.channel_attributions import UNNAMED
from mmmie.mi.verdict import leader

if TYPE_CHECKING:
    from mmmie.analysis.credit.contributions import Contributions

_ROW_PIXELS = 30
_LOWERS, _RAISES = str(SENTIMENT_SCALE[1][1]), str(SENTIMENT_SCALE[3][1])
_CLASS_LOWERS, _CLASS_RAISES = NEUTRAL, "#8C6BB1"
_NOTHING = "rgba(128,128,128,0.08)"  # shows the cell, on a light and on a dark page


@dataclass(frozen=True)
class Step:
    """One bar of `steps_figure`: what it is called, how far it goes, its colour and hover."""

    name: str
    value: float
    colour: str
    hover: str = ""


def sign_colours(classes: bool) -> tuple[str, str]:
    """What lowers and what raises a prediction; of a class other hues than those of sentiment."""
    return (_CLASS_LOWERS, _CLASS_RAISES) if classes else (_LOWERS, _RAISES)


def steps_figure(
    start_name: str,
    start: float,
    steps: Sequence[Step],
    limits: tuple[float, float],
    x_title: str,
    truth: float | None = None,
) -> go.Figure:
    """From a start, one bar after the other, to the prediction in the last row.

    Args:
        start_name: what the first row is called.
        start: where the first bar begins.
        steps: the bars, from above; each begins where the one before ends.
    """
    values = np.array([step.value for step in steps])
    ends = start + np.concatenate([[0.0], np.cumsum(values)])
    prediction, span = float(ends[-1]), limits[1] - limits[0]
    rows = len(steps) + 2
    figure = blank(70 + _ROW_PIXELS * rows, showlegend=False)
    # Rows are numbers, not names: two turns can be called the same.
    figure.add_scatter(
        x=np.repeat(ends, 3), y=[y for i in range(len(ends)) for y in (i, i + 1, None)],
        mode="lines", line={"color": NEUTRAL, "width": 1, "dash": "dot"}, hoverinfo="skip",
    )  # fmt: skip
    figure.add_bar(
        x=values, y=np.arange(1, rows - 1), base=ends[:-1], orientation="h", width=0.62,
        marker={"color": [step.colour for step in steps], "line": {"width": 0}},
        text=[signed(value, span) for value in values], textposition="outside", cliponaxis=False,
        customdata=[step.hover for step in steps],
        hovertemplate="%{customdata}%{text}<extra></extra>",
    )  # fmt: skip
    figure.add_scatter(
        x=[start], y=[0], mode="markers+text", text=[number(start)],
        textposition="middle right", hovertemplate=f"{start_name} %{{x:.3g}}<extra></extra>",
        marker={"symbol": "line-ns", "size": 16, "line": {"color": NEUTRAL, "width": 2.5}},
    )  # fmt: skip
    if truth is not None:
        figure.add_scatter(
            x=[truth], y=[rows - 1], mode="markers",
            hovertemplate="truth %{x:.3g}<extra></extra>",
            marker={"symbol": "circle-open", "size": 15, "color": NEUTRAL, "line": {"width": 2.5}},
        )  # fmt: skip
    figure.add_scatter(
        x=[prediction], y=[rows - 1], mode="markers",
        hovertemplate="prediction %{x:.3g}<extra></extra>", marker={"size": 12, "color": NEUTRAL},
    )  # fmt: skip
    shown = [*ends, *limits, *([] if truth is None else [truth])]
    # Room on both sides for the number beside the outermost bar.
    figure.update_xaxes(
        range=[min(shown) - 0.14 * span, max(shown) + 0.14 * span],
        title=figure_text(x_title),
        nticks=7,
    )
    figure.update_yaxes(
        tickvals=list(range(rows)),
        ticktext=[start_name, *(figure_text(step.name) for step in steps), "prediction"],
        range=[rows - 0.4, -0.6],
        showgrid=False,
    )
    figure.update_layout(margin={"t": 8, "b": 44})
    return figure


def attribution_reach(
    table: pd.DataFrame, tables: Sequence[pd.DataFrame], span: float
) -> tuple[float, float]:
    """How far the colours and the bars of `channels_figure` reach.

    Bars reach equally far for all modalities, so that these can be compared. A cell of a long
    sequence is always small, so colours are the modality's own.

    Args:
        table: from `mmmie.analysis.credit.channel_attributions`, of the modality that is drawn.

    Returns:
        the largest cell and the largest sum of a channel, but at least 1 and 5 % of the span.
    """
    cell = float(table.abs().to_numpy().max(initial=0))
    total = max(float(other.sum().abs().max()) for other in tables)
    return max(cell, 0.01 * span), max(total, 0.05 * span)


def channels_figure(
    table: pd.DataFrame,
    values: np.ndarray,
    step_names: Sequence[str],
    quantity: str,
    reach: tuple[float, float],
    classes: bool,
) -> go.Figure:
    """What every channel adds at every step, and its sum beside it.

    Args:
        table: (L, channels) from `mmmie.analysis.credit.channel_attributions`; with a single
            step the sums alone are drawn.
        values: (L, channels) the features themselves for the hover, NaN where there is none.
        step_names: (L,), what the steps are called; numbers are thinned out.
        reach: from `attribution_reach`.
    """
    names = [figure_text(channel_title(str(name))) for name in table.columns]
    lowers, raises = sign_colours(classes)
    totals = table.sum().to_numpy(float)
    sequence = len(table) > 1
    figure = make_subplots(
        cols=2 if sequence else 1, shared_yaxes=True, horizontal_spacing=0.03,
        column_widths=[0.64, 0.36] if sequence else None,
        figure=blank(104 + _ROW_PIXELS * len(names), showlegend=False),
    )  # fmt: skip
    if sequence:
        cells = _cells(table, values, step_names, names, reach[0], (lowers, raises))
        figure.add_trace(cells, row=1, col=1)
        steps = np.arange(len(table))
        words = not all(name.isdigit() for name in step_names)
        ticks = steps if words else steps[:: max(1, -(-len(steps) // 8))]
        figure.update_xaxes(
            tickvals=ticks, ticktext=[figure_text(step_names[i]) for i in ticks], showgrid=False,
            tickangle=-45 if words else 0, title="word" if words else "frame", row=1, col=1,
        )  # fmt: skip
    column = 2 if sequence else 1
    figure.add_bar(
        x=totals, y=names, orientation="h", width=0.62,
        marker={"color": [raises if total > 0 else lowers for total in totals]},
        text=[signed(total, reach[1]) for total in totals], textposition="outside",
        cliponaxis=False, hovertemplate="%{y}: %{x:+.3g}<extra></extra>", row=1, col=column,
    )  # fmt: skip
    figure.update_xaxes(
        range=[-2.1 * reach[1], 2.1 * reach[1]], title=f"adds to {figure_text(quantity)}", nticks=4,
        zeroline=True, zerolinecolor=NEUTRAL, row=1, col=column,
    )  # fmt: skip
    name_rows(figure, names)
    figure.update_layout(margin={"t": 8, "b": 60})
    return figure


def channel_title(name: str) -> str:
    """``pitch_hz`` as ``pitch (Hz)``."""
    words, unit = channel_words(name)
    return f"{words} ({unit})" if unit else words


def _cells(
    table: pd.DataFrame,
    values: np.ndarray,
    step_names: Sequence[str],
    names: list[str],
    reach: float,
    colours: tuple[str, str],
) -> go.Heatmap:
    cells = table.to_numpy(float)
    texts = [
        [
            f"{name}, {figure_text(step)}<br>{_value(float(values[i, j]), str(column))}"
            f"adds {cells[i, j]:+.3g}"
            for i, step in enumerate(step_names)
        ]
        for j, (name, column) in enumerate(zip(names, table.columns, strict=True))
    ]
    return go.Heatmap(
        z=cells.T, x=np.arange(len(table)), y=names, zmin=-reach, zmax=reach,
        colorscale=[[0, colours[0]], [0.5, _NOTHING], [1, colours[1]]], showscale=False,
        xgap=1, ygap=3, text=texts, hovertemplate="%{text}<extra></extra>",
    )  # fmt: skip


def _value(value: float, column: str) -> str:
    if not np.isfinite(value):
        return ""
    return f"value {three_digits(value)} {channel_words(column)[1]}".rstrip() + "<br>"


_HARDLY = 0.01  # of the scale: a step that cannot be seen
_LETTERS = 24


def signed(value: float, span: float) -> str:
    """A contribution with its sign, as fine as a scale of that length needs.

    Example:
        >>> signed(3.598, span=6), signed(-0.0004, span=6), signed(-12.3, span=100)
        ('+3.60', '0', '−12')
    """
    digits = min(max(2 - math.floor(math.log10(span)), 0), 6) if span > 0 else 2
    text = f"{value:+.{digits}f}"
    return text.replace("-", "−") if float(text) else "0"


def number(value: float) -> str:
    """A value with three digits and a minus that lines up with `signed`."""
    return three_digits(value).replace("-", "−")


def offset_text(offset: int) -> str:
    """``−2`` or ``+1``."""
    return f"{offset:+d}".replace("-", "−")


def turn_name(turn: Mapping[str, Any]) -> str:
    """What a row of `Contributions.turns` is called on an axis."""
    if turn["count"] > 1:
        return f"{turn['count']} farther turns"
    who, short = text_of(turn["speaker"]), beginning(turn["transcript"], _LETTERS)
    name = " ".join(part for part in (offset_text(turn["offset"]), who) if part)
    return f"{name}: {short}" if short else name


def modalities_title(found: Contributions, span: float) -> str:
    """Which modality moves the prediction most."""
    if len(found.modalities) == 1:
        name, value = found.modalities.iloc[0]
        return f"All it reads is {plain(name)}: {signed(value, span)}"
    table = found.modalities
    top = table.iloc[table["value"].abs().argmax()]
    if abs(top["value"]) < _HARDLY * span:
        return "No modality moves it far from the mean"
    return f"{capital(plain(top['modality']))} moves it most, by {signed(top['value'], span)}"


def turns_title(found: Contributions, span: float) -> str:
    """Which neighbour moves the prediction most, and from where to where all of them do."""
    turns = found.turns
    if turns.empty:
        return "It has no neighbours to read"
    path = f"{number(found.alone)} alone, {number(found.prediction)} with them"
    top = turns.iloc[turns["value"].abs().argmax()]
    if abs(top["value"]) < _HARDLY * span:
        return f"Its neighbours hardly move it: {path}"
    if top["count"] > 1:
        return f"The farther turns move it most, by {signed(top['value'], span)}: {path}"
    who = text_of(top["speaker"])
    said = f"Turn {offset_text(int(top['offset']))}{f' of {plain(who)}' if who else ''}"
    return f"{said} moves it most, by {signed(top['value'], span)}: {path}"


def split_title(summary: pd.DataFrame, split: str) -> str:
    """Whether one modality is shown to move predictions most, from `modality_summary`."""
    place = leader(summary["value"], summary["low"], summary["high"])
    if place is None:
        return f"Over the {split} split no modality clearly moves predictions most"
    top = summary.iloc[place]
    by = interval_text(top["value"], top["low"], top["high"])
    moves = "moves predictions most:" if len(summary) > 1 else "moves predictions"
    return f"Over the {split} split {plain(top['modality'])} {moves} by {by} on average"


def channels_title(
    table: pd.DataFrame, modality: str, span: float, words: list[str] | None = None
) -> str:
    """Which named channel of a modality, or which of its `words`, moves the prediction most.

    `table` is from `mmmie.analysis.credit.channel_attributions`, `words` has one per step of it.
    """
    totals = table.sum(axis=1) if words else table.sum()
    top = int(totals.abs().argmax())
    value = float(totals.iloc[top])
    if abs(value) < _HARDLY * span:
        return f"No {'word' if words else f'channel of {plain(modality)}'} moves it much"
    if words:
        return f"The word “{plain(words[top])}” moves it most, by {signed(value, span)}"
    name = str(table.columns[top])
    if name.endswith(UNNAMED):
        return f"The unnamed channels of {plain(modality)} move it most, by {signed(value, span)}"
    channel = plain(channel_words(name)[0])
    return f"Of {plain(modality)}, {channel} moves it most, by {signed(value, span)}"
