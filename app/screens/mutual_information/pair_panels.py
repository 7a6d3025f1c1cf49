"""What pairs of modalities share, by epoch: one panel per pair, and what the panels say."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from app import state
from app.parts import page_text as say
from app.parts.figures import figure_footer
from app.parts.names import figure_text, plain
from app.parts.style import ACCENT, NEUTRAL, three_digits
from app.screens.mutual_information.bound_marks import (
    AROUND,
    LETTERS,
    OBJECTIVE,
    PAIR_HEIGHT,
    REGION,
    common_limits,
    draw_area,
    draw_beside,
    draw_checks,
    draw_level,
    draw_line,
    draw_panels,
    empty_panel,
    finish_axes,
)
from app.screens.mutual_information.recorded_bounds import (
    Beside,
    Recorded,
    Series,
    Unit,
    beside_words,
)
from mmmie.analysis.bounds.history import beyond_slack, pair_of, shared_by_pair
from mmmie.training.config import ObjectiveSettings

_NAME_PIXELS = 18


PAIRS_EXPLAINED = """
**Mutual information** (MI) is what knowing one thing tells about another: 0 where they are
independent, 1 nat (1.44 bits) for every factor of e by which it narrows the other down.

The objective **maximises** the MI between the shared codes (*z*, invariant) of every pair. It
cannot be computed, only bounded. A critic picks the partner of a code among all others. How well it
does is a **lower bound**: the truth lies in the shaded region above the line. The band around the
line is two standard errors over the utterances it was measured on. It says nothing about the bias.

- **ceiling**: InfoNCE on n utterances cannot say more than ln n, however large the truth.
- **true MI of the inputs**: for a generated corpus, the MI between the features of the two
  modalities is known. Codes cannot share more than their inputs do.
- **fresh critic, not part of training** (diamond): every few epochs another critic starts from
  nothing on codes that do not move. It is fitted on train and valued on valid, and the codes never
  learn from it. If it is on the line, both critics find the same.
- **fresh critic, on the split shown** (triangle): the check at the end of this page.

A line near the ceiling may be limited by the estimator. A line near zero does not show
independence.
"""
_CHECKED = {
    "same": "finds the same within its error for {pairs}",
    "more": "finds {by} more for {pairs} (the bound of the objective is not tight there)",
    "less": "finds {by} less for {pairs} (both are lower bounds, so the larger one stands)",
}


def draw_pairs(
    view: state.View,
    recorded: Recorded,
    table: pd.DataFrame,
    unit: Unit,
    check: pd.DataFrame | None,
    beside: Beside | None,
) -> None:
    info, names = view.checkpoint.info, recorded.names("pair")
    if not names:
        say.words("This model reads one modality, so there is no pair whose MI could be maximised.")
        return
    say.finding(pair_title(table, info.config.objective, unit))
    if agreement := check_sentence(table, recorded.modalities, unit):
        say.words(agreement)
    truth = {n: info.facts[f"true_mi/{n}"] for n in names if f"true_mi/{n}" in info.facts}
    draw_panels(
        pair_panels(recorded, unit, truth=truth, check=check, beside=beside),
        "mi-pair-panels",
        "Lower bound on the mutual information of {} by epoch.",
    )
    how = recorded.how["pair"]
    figure_footer(
        key="mi-pairs",
        caption=f"{how.estimator}, between the shared codes (z). "
        f"{f'{how.caveat}. ' if how.caveat else ''}{recorded.sample}{beside_words(beside)}",
        explanation=PAIRS_EXPLAINED,
        data=recorded.rows(("pair", "check")),
        pictures=("mi-pair-panels",),
    )


def pair_panels(
    recorded: Recorded,
    unit: Unit,
    *,
    truth: dict[str, float],
    check: pd.DataFrame | None = None,
    beside: Beside | None = None,
) -> dict[str, go.Figure]:
    """One figure per pair, all with the same axes: the lower bound, and what else is known.

    Args:
        truth: pair → true mutual information of the inputs, in nats, where known.
        check: `name`, `fresh`, `std`, `ceiling` in nats: the check made on demand.
        beside: another run, whose line is pale.
    """
    names = recorded.names("pair")
    drawn = {name: _of_pair(recorded, name, unit, check) for name in names}
    others = {name: beside.recorded.series("pair", name, unit) for name in names if beside}
    pale = {name: one for name, one in others.items() if one is not None}
    levels = {name: _levels(recorded, name, unit, truth) for name in names}
    bottom, top = common_limits(
        [*(one for series in drawn.values() for one in series.values()), *pale.values()],
        [y for held in levels.values() for _, y, _ in held],
    )
    figures = {}
    for name in names:
        pair = (figure_text(one, LETTERS) for one in pair_of(name, recorded.modalities))
        figure = empty_panel([f"<b>{' and '.join(pair)}</b>"], unit, 16)
        held = drawn[name]
        line = held["pair"]
        draw_area(figure, line.epoch, line.value, np.full(len(line), top), OBJECTIVE, 1, REGION)
        if beside is not None and name in pale:
            draw_beside(figure, pale[name], beside.how)
        draw_line(figure, line, OBJECTIVE, "objective")
        span = (int(line.epoch[0]), int(line.epoch[-1]))
        _draw_levels(figure, span, levels[name], (top - bottom) / (PAIR_HEIGHT - AROUND))
        draw_checks(figure, held)
        finish_axes(figure, recorded, (bottom, top))
        figures[name] = figure
    return figures


def _of_pair(
    recorded: Recorded, name: str, unit: Unit, check: pd.DataFrame | None
) -> dict[str, Series]:
    """What is drawn of a pair: the objective's bound and the checks."""
    held = {family: recorded.series(family, name, unit) for family in ("pair", "check")}
    held["demand"] = recorded.on_demand("pair", name, unit, check)
    return {key: one for key, one in held.items() if one is not None}


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


def pair_title(table: pd.DataFrame, objective: ObjectiveSettings, unit: Unit) -> str:
    """What the lower bounds say together."""
    pairs = table[table["family"] == "pair"]
    found = [
        shared_by_pair(row["nats"], row["std"], len(pairs)) for row in pairs.to_dict("records")
    ]
    least = [one.low for one in found if one.above]
    if not least:
        return "No pair is shown to share information by the objective's bounds"
    said = f"at least {_between([nats * unit.per_nat for nats in least])} {unit.name}"
    some = (
        "The pairs share"
        if len(least) == len(pairs)
        else f"{len(least)} of {len(pairs)} pairs share"
    )
    if not objective.maximise.enabled or objective.maximise.weight == 0:
        return f"Without MI maximisation {some[:1].lower()}{some[1:]} {said}"
    truth = float(pairs["truth"].sum())
    if len(least) == len(pairs) and truth > 0 and pairs["truth"].notna().all():
        share = min(sum(least) / truth, 1.0)
        return f"The pairs share {said}, {share:.0%} or more of what their inputs share"
    return f"{some} {said}"


def shown_of_pair(row: dict[Any, Any], pairs: int) -> float:
    """The nats that a pair is shown to share, by the objective's bound or the fresh critic's.

    Args:
        row: of `mmmie.analysis.bounds.history.bounds_table`.
        pairs: how many were looked at.

    Returns:
        The lower end of what is shown; 0 where nothing is.
    """
    bounds = ((row["nats"], row["std"]), (row["check"], row["check_std"]))
    found = [shared_by_pair(nats, std, pairs * len(bounds)) for nats, std in bounds]
    return max((one.low for one in found if one.above), default=0.0)


def check_sentence(table: pd.DataFrame, modalities: list[str], unit: Unit) -> str:
    """Per pair, whether the objective's critic and a fresh one agree; empty without a check.

    Args:
        table: from `mmmie.analysis.bounds.history.bounds_table`.
    """
    held = table[(table["family"] == "pair") & table["check"].notna()]
    groups: dict[str, list[tuple[str, float]]] = {"same": [], "more": [], "less": []}
    for row in held.to_dict("records"):
        more = row["check"] - row["nats"]
        nats, errors = (row["check"], row["nats"]), (row["std"], row["check_std"])
        which = (
            "more"
            if beyond_slack(*nats, *errors)
            else "less"
            if beyond_slack(*reversed(nats), *errors)
            else "same"
        )
        groups[which].append((str(row["name"]), abs(more) * unit.per_nat))
    parts = []
    for which, found in groups.items():
        if found:
            pairs = [" and ".join(map(plain, pair_of(name, modalities))) for name, _ in found]
            every = len(found) == len(held) > 1
            by = _between([amount for _, amount in found])
            parts.append(
                _CHECKED[which].format(
                    pairs="every pair" if every else "; ".join(f"**{pair}**" for pair in pairs),
                    by=f"{by} {unit.name}",
                )
            )
    return f"A critic that had no part in training {', and '.join(parts)}." if parts else ""


def _between(values: list[float]) -> str:
    low, high = three_digits(min(values)), three_digits(max(values))
    return low if low == high else f"{low} to {high}"
