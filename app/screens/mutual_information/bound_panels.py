"""Bounds on mutual information over the epochs: one figure a pair, one a modality."""

from __future__ import annotations

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from app.parts.names import figure_text
from app.parts.style import ACCENT, NEUTRAL, blank, epoch_ticks, modality_colour
from app.screens.mutual_information.bound_marks import (
    CHECK,
    OBJECTIVE,
    draw_area,
    draw_chosen,
    draw_level,
    draw_line,
    draw_names,
    draw_points,
)
from app.screens.mutual_information.recorded_bounds import BRACKETS, Recorded, Series, Unit, series
from mmmie.analysis.bounds.history import Measured, pair_of, quantity

CHECKED = "fresh critic, not part of training"
ON_DEMAND = "fresh critic, on the split shown"
PAIR_HEIGHT, ROW_HEIGHT = 300, 215
_ROOM = 1.12
_REGION, _BRACKET = 0.07, 0.16
_NAME_PIXELS = 18
_LETTERS = 16
_AROUND = 75  # pixels of a row that hold no data: title, ticks, axis title
_FRESH = Measured("InfoNCE, a critic trained from nothing on fixed codes", "lower")
_CODES = {"z": "z, invariant", "s": "s, specific"}


def pair_panels(
    recorded: Recorded,
    unit: Unit,
    *,
    truth: dict[str, float],
    check: pd.DataFrame | None = None,
) -> dict[str, go.Figure]:
    """One figure a pair, all with the same axes: the lower bound, and what else is known of it.

    Args:
        recorded: the bounds of the run.
        unit: of the axis.
        truth: pair → true mutual information of the inputs, in nats, where known.
        check: `name`, `fresh`, `std`, `ceiling` in nats: the check made on demand.
    """
    names = recorded.names("pair")
    drawn = {name: _of_pair(recorded, name, unit, check) for name in names}
    levels = {name: _levels(recorded, name, unit, truth) for name in names}
    bottom, top = _limits(
        [one for series in drawn.values() for one in series.values()],
        [y for held in levels.values() for _, y, _ in held],
    )
    figures = {}
    for name in names:
        pair = (figure_text(one, _LETTERS) for one in pair_of(name, recorded.modalities))
        figure = _panel([f"<b>{' and '.join(pair)}</b>"], unit, 16)
        held = drawn[name]
        line = held["pair"]
        draw_area(figure, line.epoch, line.value, np.full(len(line), top), OBJECTIVE, 1, _REGION)
        draw_line(figure, line, OBJECTIVE, "objective")
        span = (int(line.epoch[0]), int(line.epoch[-1]))
        _draw_levels(figure, span, levels[name], (top - bottom) / (PAIR_HEIGHT - _AROUND))
        _draw_checks(figure, held)
        _finish(figure, recorded, (bottom, top))
        figures[name] = figure
    return figures


def modality_panels(
    recorded: Recorded, unit: Unit, *, check: pd.DataFrame | None = None
) -> dict[str, go.Figure]:
    """One figure a modality, z above s, all with the same axes: what the codes keep of the input.

    Args:
        recorded: the bounds of the run.
        unit: of the axis.
        check: `name`, `fresh`, `std`, `ceiling` in nats of I(input; z), made on demand.
    """
    codes = [code for code, families in BRACKETS.items() if any(map(recorded.names, families))]
    drawn = {
        (name, code): _of_code(recorded, name, code, unit, check)
        for name in recorded.modalities
        for code in codes
    }
    names = [m for m in recorded.modalities if any(drawn[m, code] for code in codes)]
    ceiling = recorded.ceilings.get("lower") if recorded.names("lower") else None
    if ceiling is not None:
        ceiling *= unit.per_nat
    bottom, top = _limits(
        [one for series in drawn.values() for one in series.values()],
        [] if ceiling is None else [ceiling],
    )
    per_pixel = (top - bottom) / (ROW_HEIGHT - _AROUND)
    figures = {}
    for name in names:
        colour = modality_colour(name, recorded.modalities)
        mark = f'<span style="color:{colour}">■</span>'
        titles = [
            f"{mark} <b>{figure_text(name, _LETTERS)}</b>: {_CODES[codes[0]]}",
            *(_CODES[c] for c in codes[1:]),
        ]
        figure = _panel(titles, unit, 52)
        for row, code in enumerate(codes, start=1):
            if held := drawn[name, code]:
                _draw_code(figure, held, colour, bottom, row)
                _name_lines(figure, held, ceiling, per_pixel, row)
                _draw_checks(figure, held, row)
        _finish(figure, recorded, (bottom, top), len(codes))
        figures[name] = figure
    return figures


def _of_pair(
    recorded: Recorded, name: str, unit: Unit, check: pd.DataFrame | None
) -> dict[str, Series]:
    """What is drawn of a pair: the objective's bound and the checks."""
    held = {family: recorded.series(family, name, unit) for family in ("pair", "check")}
    held["demand"] = _on_demand(recorded, "pair", name, unit, check)
    return {key: one for key, one in held.items() if one is not None}


def _of_code(
    recorded: Recorded, name: str, code: str, unit: Unit, check: pd.DataFrame | None
) -> dict[str, Series]:
    """What is drawn of a code: the objective's bound, the bracket, the check."""
    own, lower, upper = BRACKETS[code]
    held = {
        "own": recorded.series(own, name, unit),
        "lower": recorded.series(lower, name, unit),
        "upper": recorded.series(upper, name, unit),
    }
    if code == "z":
        held["demand"] = _on_demand(recorded, "invariant", name, unit, check)
    elif "separation" in recorded.how and recorded.how["separation"].believable:
        held["separation"] = recorded.series("separation", name, unit)
    return {key: one for key, one in held.items() if one is not None}


def _on_demand(
    recorded: Recorded, family: str, name: str, unit: Unit, check: pd.DataFrame | None
) -> Series | None:
    """The check made on demand, at the epoch of the checkpoint."""
    rows = check[check["name"] == name] if check is not None else None
    if rows is None or rows.empty:
        return None
    return series(
        rows.assign(epoch=recorded.chosen, nats=rows["fresh"]),
        quantity(family, name, recorded.modalities),
        _FRESH,
        unit,
        float(rows["ceiling"].iloc[0]),
    )


def _draw_code(
    figure: go.Figure, held: dict[str, Series], colour: str, bottom: float, row: int
) -> None:
    """The bracket filled, the objective's bound, and how far the codes repeat each other."""
    lower, upper, own = (held.get(key) for key in ("lower", "upper", "own"))
    if lower is not None and upper is not None:
        draw_area(figure, upper.epoch, lower.value, upper.value, colour, row, _BRACKET)
    elif own is not None and own.how.bound == "upper":
        floor = np.full(len(own), max(bottom, 0.0))
        draw_area(figure, own.epoch, floor, own.value, OBJECTIVE, row, _REGION)
    for key, width in (("lower", 2.0), ("upper", 2.0), ("own", 1.5), ("separation", 1.5)):
        if key in held:
            draw_line(figure, held[key], _hue(key, colour), _name(key, held[key]), row, width)


def _name_lines(
    figure: go.Figure,
    held: dict[str, Series],
    ceiling: float | None,
    per_pixel: float,
    row: int,
) -> None:
    """Names at the right ends, and the ceiling of the lower bound where there is one."""
    lines = {key: one for key, one in held.items() if key != "demand"}
    names = [(_name(key, one), one.value[-1]) for key, one in lines.items()]
    epochs = next(iter(lines.values())).epoch
    if ceiling is not None and "lower" in held:
        draw_level(figure, (int(epochs[0]), int(epochs[-1])), ceiling, NEUTRAL, row)
        names.append(("ceiling", ceiling))
    draw_names(figure, int(epochs[-1]), names, per_pixel, row)


def _hue(key: str, colour: str) -> str:
    return {"own": OBJECTIVE, "separation": NEUTRAL}.get(key, colour)


def _name(key: str, data: Series) -> str:
    if key == "own":
        return data.how.estimator.split(",")[0]
    return "I(z; s)" if key == "separation" else key


def _draw_checks(figure: go.Figure, held: dict[str, Series], row: int = 1) -> None:
    if "check" in held:
        draw_points(figure, held["check"], CHECKED, "diamond", row)
    if "demand" in held:
        draw_points(figure, held["demand"], ON_DEMAND, "triangle-up-open", row, size=13)


def _levels(
    recorded: Recorded, name: str, unit: Unit, truth: dict[str, float]
) -> list[tuple[str, float, str]]:
    """Text, height and colour of the reference lines of a pair."""
    known = [
        ("ceiling", recorded.ceilings.get("pair"), NEUTRAL),
        ("true MI of the inputs", truth.get(name), ACCENT),
    ]
    return [(text, nats * unit.per_nat, colour) for text, nats, colour in known if nats is not None]


def _draw_levels(
    figure: go.Figure,
    span: tuple[int, int],
    levels: list[tuple[str, float, str]],
    per_pixel: float,
) -> None:
    """Each is named at its left end, above it; below it where the one above is close."""
    previous = np.inf
    for text, y, colour in sorted(levels, key=lambda level: -level[1]):
        draw_level(figure, span, y, colour, 1)
        figure.add_annotation(
            x=span[0],
            y=y,
            text=f"{text} {y:.3g}",
            showarrow=False,
            xanchor="left",
            yanchor="bottom" if previous - y > _NAME_PIXELS * per_pixel else "top",
            xshift=-3,
            font={"size": 11},
            row=1,
            col=1,
        )
        previous = y


def _limits(drawn: list[Series], levels: list[float]) -> tuple[float, float]:
    """The common range of the vertical axes."""
    heights = [y for one in drawn for y in one.extremes]
    return min(0.0, *heights) * _ROOM, max([*heights, *levels]) * _ROOM


def _panel(titles: list[str], unit: Unit, right: int) -> go.Figure:
    """One empty row a title, with so many pixels at the right for the names of the lines."""
    figure = make_subplots(
        rows=len(titles),
        cols=1,
        subplot_titles=titles,
        shared_xaxes=True,
        vertical_spacing=0.14,
    )
    figure.update_annotations(font_size=13, x=0, xanchor="left")
    height = PAIR_HEIGHT if len(titles) == 1 else ROW_HEIGHT * len(titles)
    figure.update_layout(blank(height).layout)
    figure.update_layout(margin={"l": 4, "r": right, "t": 30, "b": 4})
    figure.update_yaxes(title=unit.name, zeroline=False, nticks=6)
    return figure


def _finish(
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
        checked: whether a fresh critic was fitted during training.
        on_demand: whether one was fitted afterwards.
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
