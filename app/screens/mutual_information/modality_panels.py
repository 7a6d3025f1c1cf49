"""What the codes keep of their input, by epoch: one panel per modality, and what they say."""

from __future__ import annotations

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from app import state
from app.parts import page_text as say
from app.parts.figures import figure_footer
from app.parts.names import figure_text
from app.parts.style import NEUTRAL, modality_colour, three_digits
from app.screens.mutual_information.bound_marks import (
    AROUND,
    LETTERS,
    OBJECTIVE,
    REGION,
    ROW_HEIGHT,
    common_limits,
    draw_area,
    draw_beside,
    draw_checks,
    draw_level,
    draw_line,
    draw_names,
    draw_panels,
    empty_panel,
    finish_axes,
)
from app.screens.mutual_information.recorded_bounds import (
    BRACKETS,
    NONE,
    Beside,
    Recorded,
    Series,
    Unit,
    beside_words,
)
from mmmie.mi.verdict import decide_within

_BRACKET = 0.16
_CODES = {"z": "shared code z", "s": "own code s"}


MODALITIES_EXPLAINED = """
The objective **minimises** the MI between the input of a modality and its codes, so that they keep
only what the task needs. The upper row is the shared code (*z*, invariant), the lower row the own
code (*s*, specific).

- **lower** and **upper**: where the encoder is stochastic, the distribution of a code given its
  input is known exactly. Both bounds use it and nothing is learned, so the truth lies in the
  filled area between them, up to the error of the sample (the bands).
- **ceiling of lower**: on n utterances the lower bound cannot say more than ln n. If it is
  there, the true value may be anywhere up to the upper bound.
- **grey line**: the bound that the objective used. Dashed, it is an upper bound too, and the truth
  is below it. Dotted, it bounds nothing: without noise in the encoder the true value is infinite.
- **I(z; s)** (dotted) is how far the two codes repeat each other: what two Gaussians with the
  correlations of their means would share. It bounds the truth on neither side.
- **pale line**: the same bound of another run: the compared one, or one that was trained without.
- **fresh critic, on the split shown** (triangle): a lower bound from the check at the end of this
  page.
"""


def draw_modalities(
    view: state.View,
    recorded: Recorded,
    table: pd.DataFrame,
    unit: Unit,
    check: pd.DataFrame | None,
    beside: Beside | None,
) -> None:
    say.finding(modality_title(table, view.checkpoint.info.config.model.stochastic, unit))
    draw_panels(
        modality_panels(recorded, unit, check=check, beside=beside),
        "mi-modality-panels",
        "Bounds on what the codes of {} keep of their input by epoch.",
    )
    families = tuple(f for held in BRACKETS.values() for f in held)
    estimators = [
        recorded.how[family].estimator
        for family in ("invariant", "lower", "upper")
        if family in recorded.how
    ]
    figure_footer(
        key="mi-modalities",
        caption=f"{'; '.join(dict.fromkeys(estimators))}. {recorded.sample}{beside_words(beside)}",
        explanation=MODALITIES_EXPLAINED,
        data=recorded.rows((*families, "separation")),
        pictures=("mi-modality-panels",),
    )


def modality_panels(
    recorded: Recorded,
    unit: Unit,
    *,
    check: pd.DataFrame | None = None,
    beside: Beside | None = None,
) -> dict[str, go.Figure]:
    """One figure per modality, z above s, all with the same axes: what the codes keep of the input.

    Args:
        check: `name`, `fresh`, `std`, `ceiling` in nats of I(input; z), made on demand.
        beside: another run, whose bound is pale.
    """
    codes = [code for code, families in BRACKETS.items() if any(map(recorded.names, families))]
    drawn = {
        (name, code): _of_code(recorded, name, code, unit, check)
        for name in recorded.modalities
        for code in codes
    }
    if beside is not None:
        for (name, code), held in drawn.items():
            other = beside.recorded.series(BRACKETS[code][0], name, unit)
            if held and code == "z" and other is not None:
                held["beside"] = other
    names = [m for m in recorded.modalities if any(drawn[m, code] for code in codes)]
    ceiling = recorded.ceilings.get("lower") if recorded.names("lower") else None
    if ceiling is not None:
        ceiling *= unit.per_nat
    bottom, top = common_limits(
        [one for series in drawn.values() for one in series.values()],
        [] if ceiling is None else [ceiling],
    )
    per_pixel = (top - bottom) / (ROW_HEIGHT - AROUND)
    figures = {}
    for name in names:
        colour = modality_colour(name, recorded.modalities)
        mark = f'<span style="color:{colour}">■</span>'
        titles = [
            f"{mark} <b>{figure_text(name, LETTERS)}</b>: {_CODES[codes[0]]}",
            *(_CODES[c] for c in codes[1:]),
        ]
        figure = empty_panel(titles, unit, 52)
        for row, code in enumerate(codes, start=1):
            if held := drawn[name, code]:
                how = "" if beside is None else beside.how
                _draw_code(figure, held, colour, bottom, row)
                if "beside" in held:
                    draw_beside(figure, held["beside"], how, row)
                _name_lines(figure, held, ceiling, per_pixel, row, how.partition(" ")[0])
                draw_checks(figure, held, row)
        finish_axes(figure, recorded, (bottom, top), len(codes))
        figures[name] = figure
    return figures


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
        held["demand"] = recorded.on_demand("invariant", name, unit, check)
    elif "separation" in recorded.how and recorded.how["separation"].believable:
        held["separation"] = recorded.series("separation", name, unit)
    return {key: one for key, one in held.items() if one is not None}


def _draw_code(
    figure: go.Figure, held: dict[str, Series], colour: str, bottom: float, row: int
) -> None:
    """The bracket filled, the objective's bound, and how far the codes repeat each other."""
    lower, upper, own = (held.get(key) for key in ("lower", "upper", "own"))
    if lower is not None and upper is not None:
        draw_area(figure, upper.epoch, lower.value, upper.value, colour, row, _BRACKET)
    elif own is not None and own.how.bound == "upper":
        floor = np.full(len(own), max(bottom, 0.0))
        draw_area(figure, own.epoch, floor, own.value, OBJECTIVE, row, REGION)
    for key, width in (("lower", 2.0), ("upper", 2.0), ("own", 1.5), ("separation", 1.5)):
        if key in held:
            draw_line(figure, held[key], _hue(key, colour), _name(key, held[key]), row, width)


def _name_lines(
    figure: go.Figure,
    held: dict[str, Series],
    ceiling: float | None,
    per_pixel: float,
    row: int,
    beside: str,
) -> None:
    """Names at the right ends, and the ceiling of the lower bound where there is one."""
    lines = {key: one for key, one in held.items() if key != "demand"}
    names = [
        (beside if key == "beside" else _name(key, one), one.value[-1])
        for key, one in lines.items()
    ]
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


def modality_title(table: pd.DataFrame, stochastic: bool, unit: Unit) -> str:
    """What the upper bounds say together."""
    if not stochastic:
        return "Without noise in the encoder, nothing bounds what the codes keep"
    z = table[table["family"] == "invariant"]
    s = table[table["family"] == "specific"]
    parts = []
    for code, rows in (("the shared code", z), ("the own code", s)):
        if rows.empty:
            continue
        low, high = _span(rows, unit)
        if high == NONE:
            continue
        parts.append(f"{code} {low} to {high}" if low else f"{code} at most {high}")
    if not parts:
        return "What do the codes keep?"
    first, *rest = parts
    keeps = first.replace("code ", "code keeps ") + f" {unit.name} of its input"
    return ", ".join([keeps[:1].upper() + keeps[1:], *rest])


def _span(rows: pd.DataFrame, unit: Unit) -> tuple[str, str]:
    """Where the values of all modalities lie; without brackets nothing is known from below."""
    above = [decide_within(r["nats"], r["std"]).high for r in rows.to_dict("records")]
    low, high = rows["low"].min(), rows["high"].fillna(pd.Series(above, rows.index)).max()
    least = three_digits(max(low, 0) * unit.per_nat) if rows["low"].notna().all() else ""
    return least, three_digits(high * unit.per_nat)
