"""Several estimates of one mutual information in one picture."""

from __future__ import annotations

import math
import textwrap
from typing import Any

import pandas as pd
import plotly.graph_objects as go

from app.views.bound_marks import CHECK
from app.views.bounds import Unit
from app.views.estimators_words import SIDE_ORDER, SIDES, SIGNS, value_text
from app.views.style import ACCENT, NEUTRAL, blank, name_rows
from mmmie.analysis.estimate_bracket import Bracket

_ROW = 34
_ROOM = 1.12
_SHADE = 0.10
_SYMBOLS = {"lower": "triangle-right", "neither": "circle", "upper": "triangle-left"}
_WRAP = 60


def side_by_side_figure(
    estimates: pd.DataFrame, found: Bracket, unit: Unit, truth: float | None
) -> go.Figure:
    """One row an estimator, lower bounds on top, upper bounds below.

    Args:
        estimates: from `mmmie.analysis.side_by_side.SideBySide.results`.
        found: from `mmmie.analysis.estimate_bracket.bracket_of`.
        unit: of the axis.
        truth: what the inputs share, in nats, where it is known.
    """
    groups = [estimates[estimates["bound"] == side] for side in SIDE_ORDER]
    names = [_label(row) for part in groups for row in part.to_dict("records")]
    figure = blank(110 + _ROW * len(names))
    figure.update_layout(showlegend=False, margin={"l": 8, "r": 12, "t": 28, "b": 8})
    low, high = _limits(estimates, unit, truth)
    if found.lower is not None and found.upper is not None and found.verdict == "bracket":
        _bracket(figure, found, unit)
    if truth is not None:
        _truth(figure, truth * unit.per_nat)
    for part in groups:
        for row in part.to_dict("records"):
            _estimate(figure, row, unit, (low, high))
    _separate(figure, [len(part) for part in groups if len(part)])
    name_rows(figure, names)
    figure.update_xaxes(title=f"mutual information, {unit.name}", range=[low, high])
    return figure


def _limits(estimates: pd.DataFrame, unit: Unit, truth: float | None) -> tuple[float, float]:
    """The axis: wide enough for ceilings, the truth and what may be believed.

    Of the upper bounds only the smallest counts, since others can be many times as large.
    """
    believed = estimates[estimates["doubt"].isna()]
    rows = believed if len(believed) else estimates
    reach = rows["nats"] + 2 * rows["std"]
    upper = rows["bound"] == "upper"
    ends = [*reach[~upper], reach[upper].min(), *estimates["ceiling"], truth or 0.0]
    high = max([end for end in ends if math.isfinite(end)], default=1.0)
    low = min([0.0, *(rows["nats"] - 2 * rows["std"]).dropna()])
    edge = 0.02 * high
    return (max(low, -high / 2) - edge) * unit.per_nat, high * _ROOM * unit.per_nat


def _estimate(
    figure: go.Figure, row: dict[Any, Any], unit: Unit, limits: tuple[float, float]
) -> None:
    doubtful = not pd.isna(row["doubt"])
    colour = NEUTRAL if doubtful else CHECK
    value, error = row["nats"] * unit.per_nat, row["std"] * unit.per_nat
    if not limits[0] <= value <= limits[1]:
        _beyond(figure, row, unit, limits, colour)
        return
    symbol = _SYMBOLS[row["bound"]]
    figure.add_scatter(
        x=[value],
        y=[_label(row)],
        mode="markers",
        marker={
            "symbol": f"{symbol}-open" if doubtful else symbol,
            "size": 13,
            "color": colour,
            "line": {"width": 1.5, "color": colour},
        },
        error_x={
            "type": "constant",
            "value": 2 * error,
            "color": colour,
            "thickness": 1.6,
            "width": 0,
        },
        text=[_hover(row, unit)],
        hovertemplate="%{text}<extra></extra>",
    )
    if not math.isnan(row["ceiling"]):
        figure.add_scatter(
            x=[row["ceiling"] * unit.per_nat],
            y=[_label(row)],
            mode="markers",
            marker={"symbol": "line-ns", "size": 18, "line": {"width": 2, "color": NEUTRAL}},
            hovertemplate=f"ceiling of {row['title']} in batches of {row['batch_size']}: "
            f"%{{x:.3g}} {unit.name}<extra></extra>",
        )


def _beyond(
    figure: go.Figure, row: dict[Any, Any], unit: Unit, limits: tuple[float, float], colour: str
) -> None:
    """An estimate out of the picture is written at its edge."""
    above = row["nats"] * unit.per_nat > limits[1]
    value = f"{row['nats'] * unit.per_nat:.3g}"
    figure.add_scatter(
        x=[limits[1] if above else limits[0]],
        y=[_label(row)],
        mode="text",
        text=[f"{value} →" if above else f"← {value}"],
        textposition="middle left" if above else "middle right",
        textfont={"size": 12, "color": colour},
        customdata=[_hover(row, unit)],
        hovertemplate="%{customdata}<extra></extra>",
    )


def _label(row: dict[Any, Any]) -> str:
    return f"{row['title']} {SIGNS[row['bound']]}"


def _hover(row: dict[Any, Any], unit: Unit) -> str:
    why = row["sentence"] if pd.isna(row["doubt"]) else f"Not to be believed: {row['doubt']}."
    side = SIDES[row["bound"]]
    wrapped = "<br>".join(textwrap.wrap(why, _WRAP))
    return f"<b>{row['title']}</b> {value_text(row, unit)} {unit.name}, {side}<br>{wrapped}"


def _bracket(figure: go.Figure, found: Bracket, unit: Unit) -> None:
    assert found.lower is not None and found.upper is not None
    figure.add_vrect(
        x0=found.lower["nats"] * unit.per_nat,
        x1=found.upper["nats"] * unit.per_nat,
        fillcolor=CHECK,
        opacity=_SHADE,
        line_width=0,
        layer="below",
    )


def _truth(figure: go.Figure, value: float) -> None:
    figure.add_vline(
        x=value,
        line={"color": ACCENT, "width": 1.5, "dash": "longdash"},
        annotation={"text": "truth (inputs)", "font": {"size": 11}},
        annotation_position="top",
    )


def _separate(figure: go.Figure, counts: list[int]) -> None:
    """A thin line between groups of so many rows, the first on top."""
    place = sum(counts)
    for count in counts[:-1]:
        place -= count
        figure.add_hline(y=place - 0.5, line={"color": NEUTRAL, "width": 1}, opacity=0.35)
