"""Estimators side by side on frozen codes: choose what, wait, and read what all say together."""

from __future__ import annotations

import math
import textwrap
from typing import Any

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from app import state
from app.parts import page_text as say
from app.parts.figures import figure
from app.parts.names import figure_text, plain
from app.parts.numbers import listed
from app.parts.style import ACCENT, NEUTRAL, blank, name_rows, three_digits
from app.parts.waiting import follow, waiting
from app.screens.mutual_information.bound_marks import CHECK
from app.screens.mutual_information.lab_controls import choose_estimators
from app.screens.mutual_information.recorded_bounds import SIDES, UNITS, Unit, number
from mmmie.analysis.bounds.side_by_side import (
    BATCH,
    STEPS,
    Bracket,
    Quantity,
    SideBySide,
    bracket_of,
    quantities,
)
from mmmie.analysis.outputs import cache_folder
from mmmie.mi.catalogue import CATALOGUE
from mmmie.mi.thresholds import NOTHING, SURE

DEFAULT = ["infonce", "nwj", "js", "club", "l1out", "doe", "cca", "ksg"]
_TABLE_PIXELS = 820


def draw_side_by_side(view: state.View, unit: Unit = UNITS["nats"]) -> None:
    """Draw the choice of quantity and estimators, and below it what they find.

    Args:
        unit: of values; sentences stay in nats.
    """
    task, estimators = _choice(view)
    if not estimators:
        st.info("Choose one estimator or more.", icon=":material/info:")
        return
    if task.results(estimators).empty and not task.work.active:
        say.words(
            "Every estimator fails in its own way. Fit several to the same codes, which no longer "
            "move, and see what can be concluded from all of them. Usually half a minute."
        )
    follow(task.work, lambda: _draw(view, task, estimators, unit))


def _choice(view: state.View) -> tuple[SideBySide, list[str]]:
    offered = quantities(list(view.checkpoint.info.modalities))
    if st.session_state.get("side_quantity") not in offered:
        st.session_state.pop("side_quantity", None)
    left, right = st.columns([2, 5])
    name = left.selectbox(
        "Mutual information",
        list(offered),
        key="side_quantity",
        bind="query-params",
        help="z and s: the shared (invariant) and the own (specific) code, sampled as in training. "
        "input: the standardised features, pooled over time.",
    )
    with right:
        estimators = choose_estimators("side_estimators", DEFAULT)
    ranks = st.toggle(
        "Ranks instead of values",
        key="side_ranks",
        bind="query-params",
        help="Copula transform: every value becomes the normal quantile of its rank in its "
        "column. Mutual information stays the same; estimators that assume Gaussian columns gain.",
    )
    task = SideBySide(
        checkpoint=view.checkpoint,
        corpus=view.corpus,
        split=view.split,
        quantity=offered[str(name)],
        transform="copula" if ranks else "none",
        cache=cache_folder(view.checkpoint.info.folder),
    )
    return task, [name for name in CATALOGUE if name in estimators]


def _wait(task: SideBySide, estimators: list[str], there: set[str]) -> None:
    missing = [name for name in estimators if name not in there]
    done, total = len(estimators) - len(missing), len(estimators)
    words = f"{done} of {total} are there"
    if missing and task.work.active:
        words += f"; next is {CATALOGUE[missing[0]].title}"
    if missing or task.work.active:
        waiting(
            task.work,
            "Estimators",
            (done / total, words),
            lambda: task.start(estimators),
            offer=f"Run {len(missing)} estimator{'s' * (len(missing) != 1)}",
        )


def _draw(view: state.View, task: SideBySide, estimators: list[str], unit: Unit) -> None:
    estimates = task.results(estimators)
    _wait(task, estimators, set(estimates["estimator"]))
    if estimates.empty:
        return
    found = bracket_of(estimates)
    say.finding(bracket_title(task.quantity, found, unit))
    say.words(plain(bracket_reasons(estimates, found, unit)))
    figure(
        side_by_side_figure(estimates, found, unit, _truth_of_pair(view, task)),
        key="side-by-side",
        caption=_caption(view, task, int(estimates["n"].max())),
        explanation=SIDE_BY_SIDE_EXPLAINED,
        data=estimates,
        alt=f"Estimates of {task.quantity.name} by {listed(estimates['title'].tolist())}",
    )
    _table(estimates_table(estimates, unit))


def _table(shown: pd.DataFrame) -> None:
    """A table that scrolls sideways where sentences would become too narrow to read."""
    st.html(f"<style>.st-key-side-table table {{min-width: {_TABLE_PIXELS}px;}}</style>")
    with (
        st.expander("The same as a table", icon=":material/table:"),
        st.container(key="side-table"),
    ):
        say.table(shown, border="horizontal", hide_index=True)


def _truth_of_pair(view: state.View, task: SideBySide) -> float | None:
    held = view.checkpoint.info.facts.get(f"true_mi/{task.quantity.pair}")
    return None if held is None else float(held)


def _caption(view: state.View, task: SideBySide, n: int) -> str:
    said = (
        f"{plain(task.quantity.name)} on {n:,} utterances of the {view.split} split, a quarter "
        f"held out; at most {STEPS} steps, batches of up to {BATCH}."
    )
    if task.transform == "copula":
        said += " Ranks instead of values."
    if "input" not in task.quantity.kinds:
        return said
    said += " An input is its features pooled over time, so upper bounds are about these alone."
    if task.quantity.kinds[1] != "input" and not view.checkpoint.info.config.model.stochastic:
        said += " This encoder has no noise, so that the true value is infinite."
    return said


_ROW = 34
_ROOM = 1.12
_SHADE = 0.10
_WRAP = 60


def side_by_side_figure(
    estimates: pd.DataFrame, found: Bracket, unit: Unit, truth: float | None
) -> go.Figure:
    """One row per estimator, lower bounds on top, upper bounds below.

    Args:
        estimates: from `mmmie.analysis.bounds.side_by_side.SideBySide.results`.
        found: from `mmmie.analysis.bounds.side_by_side.bracket_of`.
        truth: what the inputs share, in nats, where it is known.
    """
    groups = [estimates[estimates["bound"] == side] for side in SIDES]
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
    reach = rows["nats"] + SURE * rows["std"]
    upper = rows["bound"] == "upper"
    ends = [*reach[~upper], reach[upper].min(), *estimates["ceiling"], truth or 0.0]
    high = max([end for end in ends if math.isfinite(end)], default=1.0)
    low = min([0.0, *(rows["nats"] - SURE * rows["std"]).dropna()])
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
    symbol = SIDES[row["bound"]].symbol
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
            "value": SURE * error,
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
    return f"{row['title']} {SIDES[row['bound']].sign}"


def _hover(row: dict[Any, Any], unit: Unit) -> str:
    why = row["sentence"] if pd.isna(row["doubt"]) else f"Not to be believed: {row['doubt']}."
    side = SIDES[row["bound"]].words
    wrapped = "<br>".join(map(figure_text, textwrap.wrap(why, _WRAP)))
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


SIDE_BY_SIDE_EXPLAINED = """
Every row is another estimator of the same mutual information, fitted to three quarters of the
utterances and judged on the rest, with codes that do not move.

- ▶ a **lower bound**: the truth is to its right. ◀ an **upper bound**: the truth is to its left.
  ● **neither**. The bar is ± 2 standard errors over held-out batches; it says nothing about the
  bias.
- A **hollow grey** mark cannot be believed: what the estimator learned does not fit the held-out
  utterances. Point at it for the reason.
- The small upright line is the **ceiling** of the estimator at its batch size.
- **truth (inputs)**, for a generated corpus: what the features of the two modalities
  share. Codes cannot share more.
- The shaded part lies between the largest believable lower bound and the smallest believable upper
  bound, so **the truth is inside**.

Bounds from both sides that are believable bracket the truth. Where a lower bound stands above an
upper one by more than their errors, one of them is broken, and neither should be reported.
"""

_FIT_WORDS = {
    "tells_apart": "tells {:.0%} of pairs apart",
    "log_normaliser": "log-normaliser {:.2f}",
    "effective_pairs": "{:.0f} effective pairs",
    "marginal": "y is {:.2f} nats from Gaussian",
    "residual": "its residuals {:.2f}",
    "remaining": "x tells {:.2f} nats of these",
    "clipped": "{:.0%} beyond the clip",
    "dimensions": "{:.0f} dimensions",
    "missing": "{:.2f} nats may be missing",
}


def bracket_title(quantity: Quantity, found: Bracket, unit: Unit) -> str:
    """What all believable estimates say together, as a finding."""
    both = plain(" and ".join(quantity.variables))
    lower, upper = (three_digits(max(end, 0.0) * unit.per_nat) for end in (found.least, found.most))
    if found.lower is not None and found.upper is not None:
        names = f"{found.lower['title']} shows at least {lower}", f"{found.upper['title']} at most"
        if found.verdict == "contradiction":
            return f"They contradict each other: {names[0]} {unit.name}, {names[1]} {upper}"
        if found.verdict == "equal":
            about = number(max(found.lower["nats"], 0.0), unit)
            return f"{both} share about {about} {unit.name}: the bounds meet within their errors"
        if not found.least > NOTHING:
            return f"{both} share at most {upper} {unit.name}; nothing is shown from below"
        return f"{both} share between {lower} and {upper} {unit.name}"
    if found.lower is not None and not found.least > NOTHING:
        return f"{both} are not shown to share information"
    if found.lower is not None:
        return f"{both} share at least {lower} {unit.name}; no upper bound can be believed"
    if found.upper is not None:
        return f"{both} share at most {upper} {unit.name}; no lower bound can be believed"
    return f"No estimator can be believed on {plain(quantity.name)}"


def bracket_reasons(estimates: pd.DataFrame, found: Bracket, unit: Unit) -> str:
    """Where both ends come from, on what they rest, and what was left out."""
    parts = []
    for end, words in (
        (found.lower, "The largest lower bound"),
        (found.upper, "The smallest upper bound"),
    ):
        if end is None:
            continue
        said = f"{words} is {end['title']}, {_value(end, unit)} ± {_error(end, unit)}"
        parts.append(said if pd.isna(end["assumes"]) else f"{said}, provided that {end['assumes']}")
    if found.near_ceiling and found.lower is not None:
        ceiling = number(found.lower["ceiling"], unit)
        parts.append(f"The lower one is near its ceiling of {ceiling}: the truth may be far more")
    doubtful = estimates.loc[estimates["doubt"].notna(), "title"].tolist()
    if doubtful:
        parts.append(f"Not to be believed here: {listed(doubtful)}")
    return " ".join(f"{part}." for part in parts)


def estimates_table(estimates: pd.DataFrame, unit: Unit) -> pd.DataFrame:
    """The estimates in words; sentences stay in nats."""
    order = estimates["bound"].map(list(SIDES).index)
    rows = estimates.iloc[order.argsort(kind="stable")].to_dict("records")
    return pd.DataFrame(
        {
            "estimator": [row["title"] for row in rows],
            f"value, {unit.name}": [value_text(row, unit) for row in rows],
            "bound": [row["bound"] for row in rows],
            "ceiling": [number(row["ceiling"], unit) for row in rows],
            "fit": [fit_text(row["fit"]) for row in rows],
            "what may be concluded": [row["sentence"] for row in rows],
        }
    )


def value_text(row: dict[Any, Any], unit: Unit) -> str:
    """``≥ 1.62 ± 0.05``."""
    return f"{SIDES[row['bound']].sign} {number(row['nats'], unit)} ± {_error(row, unit)}"


def fit_text(fit: dict[str, float | None]) -> str:
    """How well the learned part fits, in a few words."""
    known = [
        _FIT_WORDS[key].format(value)
        for key, value in fit.items()
        if key in _FIT_WORDS and value is not None
    ]
    return ", ".join(known) or "–"


def _value(row: dict[Any, Any] | None, unit: Unit) -> str:
    return "" if row is None else number(max(row["nats"], 0.0), unit)


def _error(row: dict[Any, Any], unit: Unit) -> str:
    return f"{row['std'] * unit.per_nat:.2g}"
