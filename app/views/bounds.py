"""Bounds on mutual information over the epochs."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from app.views.style import (
    ACCENT,
    LOWER_LINE,
    NEITHER_LINE,
    NEUTRAL,
    UPPER_LINE,
    blank,
    epoch_ticks,
    modality_colour,
)
from mmmie.analysis.mi_history import pair_of

PANEL_HEIGHT = 320
_SHADE = 0.10
_STYLE = {"lower": LOWER_LINE, "upper": UPPER_LINE, "neither": NEITHER_LINE}
_ROOM = 1.12
_PAIR = "#64748b"


@dataclass(frozen=True)
class Unit:
    """A unit of information: its name, and how many of it a nat is."""

    name: str
    per_nat: float


UNITS = {"nats": Unit("nats", 1.0), "bits": Unit("bits", 1 / math.log(2))}


def pair_panels(
    history: pd.DataFrame,
    unit: Unit,
    *,
    modalities: list[str],
    ceiling: float | None,
    truth: dict[str, float],
    chosen: int,
    check: pd.DataFrame | None = None,
) -> go.Figure:
    """One panel a pair: the lower bound over the epochs, the truth is above it.

    Args:
        history: `epoch`, `family`, `name`, `nats`; rows of the family ``pair``.
        unit: of the axis.
        modalities: in the order of the model.
        ceiling: the most that the estimator could have said, in nats.
        truth: pair → true mutual information of the inputs, in nats, where known.
        chosen: the epoch of the checkpoint.
        check: `name`, `fresh`, `std`: lower bounds of a fresh critic.
    """
    rows = history[history["family"] == "pair"]
    names = list(dict.fromkeys(rows["name"]))
    lines = [
        *rows["nats"],
        *([ceiling] if ceiling else []),
        *(truth[n] for n in names if n in truth),
    ]
    if check is not None:
        lines += list(check["fresh"])
    top = max(lines) * unit.per_nat * _ROOM
    bottom = min(0.0, *rows["nats"]) * unit.per_nat
    titles = [f"<b>{' and '.join(pair_of(n, modalities))}</b>" for n in names]
    figure = _panels(titles, unit, rows["epoch"], check)
    for column, name in enumerate(names, start=1):
        part = rows[rows["name"] == name]
        y = part["nats"] * unit.per_nat
        said = [f"I(z; z) is at least {v:.3g} {unit.name}<br>InfoNCE, lower bound" for v in y]
        _line(figure, column, part["epoch"], y, _PAIR, "lower", said, "at least")
        _shade(figure, column, part["epoch"], y, top, _PAIR)
        levels = {"ceiling": ceiling, "truth (inputs)": truth.get(name)}
        _levels(figure, column, {k: v * unit.per_nat for k, v in levels.items() if v is not None})
        _chosen(figure, column, chosen)
        _fresh(figure, column, name, chosen, unit, check)
    figure.update_yaxes(range=[bottom, top])
    return figure


def modality_panels(
    history: pd.DataFrame,
    unit: Unit,
    *,
    modalities: list[str],
    bound: str,
    separation: bool,
    chosen: int,
    check: pd.DataFrame | None = None,
) -> go.Figure:
    """One panel a modality: upper bounds on what z and s keep of the input, the truth is below.

    Args:
        history: `epoch`, `family`, `name`, `nats`.
        unit: of the axis.
        modalities: in the order of the model.
        bound: what the bounds on the input are, ``upper`` or ``neither``.
        separation: whether I(z; s) was estimated by something that learned.
        chosen: the epoch of the checkpoint.
        check: `name`, `fresh`, `std`: lower bounds of a fresh critic on I(input; z).
    """
    names = [
        m for m in modalities if ((history["name"] == m) & (history["family"] != "pair")).any()
    ]
    figure = _panels([f"<b>{name}</b>" for name in names], unit, history["epoch"], check)
    wanted = [("invariant", "z", "circle"), ("specific", "s", "circle-open")]
    for column, name in enumerate(names, start=1):
        colour = modality_colour(name, modalities)
        for family, code, symbol in wanted:
            part = _of(history, family, name)
            if part.empty:
                continue
            y = part["nats"] * unit.per_nat
            kind = "at most" if bound == "upper" else "about"
            said = [f"{code} keeps {kind} {v:.3g} {unit.name} of the {name} input" for v in y]
            _line(figure, column, part["epoch"], y, colour, bound, said, code, symbol)
            if bound == "upper":
                _shade(figure, column, part["epoch"], y, 0.0, colour)
        part = _of(history, "separation", name)
        if separation and len(part):
            y = part["nats"] * unit.per_nat
            said = [f"I(z; s) is about {v:.3g} {unit.name}<br>CLUB, on neither side" for v in y]
            _line(figure, column, part["epoch"], y, NEUTRAL, "neither", said, "I(z; s)", "x-thin")
        _chosen(figure, column, chosen)
        _fresh(figure, column, name, chosen, unit, check)
    figure.update_yaxes(rangemode="tozero")
    return figure


def _of(history: pd.DataFrame, family: str, name: str) -> pd.DataFrame:
    return history[(history["family"] == family) & (history["name"] == name)]


def _panels(
    titles: list[str], unit: Unit, epochs: pd.Series, check: pd.DataFrame | None
) -> go.Figure:
    figure = make_subplots(
        rows=1,
        cols=max(len(titles), 1),
        subplot_titles=titles,
        shared_yaxes=True,
        horizontal_spacing=0.03,
    )
    figure.update_annotations(font_size=13)
    figure.update_layout(blank(PANEL_HEIGHT).layout)
    figure.update_layout(
        margin={"l": 8, "r": 40, "t": 30 if check is None else 60, "b": 8}, legend={"y": 1.1}
    )
    first, last = int(epochs.min()), int(epochs.max())
    span = max(last - first, 1)
    # room at the right for the names of the lines
    figure.update_xaxes(
        title="epoch",
        range=[first - 0.04 * span, last + 0.16 * span],
        dtick=epoch_ticks(span),
        showgrid=False,
        zeroline=False,
    )
    figure.update_yaxes(title=f"mutual information, {unit.name}", col=1, zeroline=False)
    return figure


def _line(
    figure: go.Figure,
    column: int,
    x: pd.Series,
    y: pd.Series,
    colour: str,
    bound: str,
    said: list[str],
    name: str,
    symbol: str = "circle",
) -> None:
    figure.add_trace(
        go.Scatter(
            x=x,
            y=y,
            mode="lines+markers",
            line={"color": colour, "width": 2, "dash": _STYLE[bound]},
            marker={
                "size": 6,
                "symbol": symbol,
                "color": colour,
                "line": {"width": 1.5, "color": colour},
            },
            text=said,
            hovertemplate="epoch %{x}<br>%{text}<extra></extra>",
            name=name,
            legendgroup=name,
            showlegend=False,
        ),
        row=1,
        col=column,
    )
    figure.add_annotation(
        x=x.iloc[-1],
        y=y.iloc[-1],
        text=name,
        xanchor="left",
        xshift=8,
        showarrow=False,
        font={"size": 11, "color": colour},
        row=1,
        col=column,
    )


def _shade(
    figure: go.Figure, column: int, x: pd.Series, y: pd.Series, to: float, colour: str
) -> None:
    """The side on which the truth is."""
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    figure.add_trace(
        go.Scatter(
            x=[*x, *x[::-1]],
            y=[*y, *np.full(len(y), to)],
            fill="toself",
            fillcolor=f"rgba({red},{green},{blue},{_SHADE})",
            line={"width": 0},
            mode="lines",
            hoverinfo="skip",
            showlegend=False,
        ),
        row=1,
        col=column,
    )


def _levels(figure: go.Figure, column: int, levels: dict[str, float]) -> None:
    """Thin horizontal lines; the name of the highest stands above it, the other's below."""
    style = {"ceiling": (NEUTRAL, "solid"), "truth (inputs)": (ACCENT, "longdash")}
    for name, y in levels.items():
        colour, dash = style[name]
        figure.add_hline(y=y, line={"color": colour, "width": 1, "dash": dash}, row=1, col=column)
        figure.add_annotation(
            x=0,
            xref=f"x{'' if column == 1 else column} domain",
            y=y,
            yref="y" if column == 1 else f"y{column}",
            text=name,
            showarrow=False,
            xanchor="left",
            yanchor="bottom" if y == max(levels.values()) else "top",
            font={"size": 11, "color": colour},
        )


def _chosen(figure: go.Figure, column: int, epoch: int) -> None:
    if epoch:
        line = {"color": NEUTRAL, "width": 1, "dash": "dot"}
        figure.add_vline(x=epoch, line=line, row=1, col=column)


def _fresh(
    figure: go.Figure,
    column: int,
    name: str,
    epoch: int,
    unit: Unit,
    check: pd.DataFrame | None,
) -> None:
    """The lower bound of a fresh critic, at the chosen epoch."""
    if check is None:
        return
    for row in check[check["name"] == name].to_dict("records"):
        value, error = row["fresh"] * unit.per_nat, 2 * row["std"] * unit.per_nat
        figure.add_trace(
            go.Scatter(
                x=[epoch],
                y=[value],
                error_y={"type": "constant", "value": error, "color": ACCENT, "thickness": 1.5},
                mode="markers",
                marker={"symbol": "triangle-up", "size": 11, "color": ACCENT},
                hovertemplate=f"a fresh critic finds at least {value:.3g} ± {error:.2g} "
                f"{unit.name}<extra></extra>",
                name="fresh critic, at least",
                legendgroup="fresh",
                showlegend=column == 1,
            ),
            row=1,
            col=column,
        )
