"""What training did to the bounds: pairs, modalities, and what may be concluded."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from app import state
from app.parts import say
from app.parts.figures import chart, figure_footer
from app.parts.names import plain
from app.parts.style import three_digits
from app.screens.mutual_information.bound_panels import bound_legend, modality_panels, pair_panels
from app.screens.mutual_information.fresh_critic import draw_check, held_check
from app.screens.mutual_information.recorded_bounds import (
    BRACKETS,
    NONE,
    Recorded,
    Unit,
    bounded,
    number,
)
from mmmie.analysis.bounds.history import bounds_history, ceiling_of, measured, pair_of
from mmmie.analysis.bounds.verdict import check_table
from mmmie.training.checkpoint import CheckpointInfo
from mmmie.training.config import ObjectiveSettings

_PANEL_PIXELS, _PROSE_PIXELS, _NAME_PIXELS = 260, 240, 180
_LONG = 36  # letters of a quantity, beyond which it takes two lines


def draw_bounds_in_training(view: state.View, table: pd.DataFrame, unit: Unit) -> None:
    """The section "During training".

    Args:
        view: what the page looks at.
        table: from `mmmie.analysis.bounds.history.bounds_table`, may be empty.
        unit: of all values.
    """
    recorded = _recorded(view.checkpoint.info, view.checkpoint.history)
    check = held_check(view)
    if recorded.history.empty:
        st.info(
            "This checkpoint has no record of its bounds over training. The check below needs "
            "only its codes.",
            icon=":material/info:",
        )
    else:
        fresh = None if check is None else check_table(table, check)
        say.legend(_legend(recorded, fresh is not None))
        _draw_pairs(view, recorded, table, unit, _rows(fresh, "pair"))
        _draw_modalities(view, recorded, table, unit, _rows(fresh, "invariant"))
        say.finding(f"What may be concluded at epoch {recorded.chosen}")
        _draw_table(conclusions(table, unit))
    with state.readable_errors():
        draw_check(view, table, check, unit)


def _recorded(info: CheckpointInfo, raw: list[dict[str, Any]]) -> Recorded:
    history = bounds_history(raw)
    families = [str(family) for family in history["family"].unique()]
    own, checked = ceiling_of(raw), ceiling_of(raw, "mi/check_ceiling")
    of_brackets = checked if own is None else own  # ln of the same utterances
    ceilings = {
        "pair": own,
        "check": checked,
        "lower": of_brackets,
        "lower_specific": of_brackets,
    }
    return Recorded(
        history,
        {family: measured(info, family) for family in families},
        list(info.modalities),
        info.epoch,
        {family: nats for family, nats in ceilings.items() if nats is not None},
    )


def _rows(fresh: pd.DataFrame | None, family: str) -> pd.DataFrame | None:
    return None if fresh is None else fresh[fresh["family"] == family]


def _legend(recorded: Recorded, on_demand: bool) -> str:
    return bound_legend(
        errors="std" in recorded.history and bool(recorded.history["std"].notna().any()),
        bracket=bool(recorded.names("lower")),
        checked=bool(recorded.names("check")),
        on_demand=on_demand,
    )


def _draw_pairs(
    view: state.View,
    recorded: Recorded,
    table: pd.DataFrame,
    unit: Unit,
    check: pd.DataFrame | None,
) -> None:
    info, names = view.checkpoint.info, recorded.names("pair")
    if not names:
        say.words("This model reads one modality, so there is no pair whose MI could be maximised.")
        return
    say.finding(pair_title(table, info.config.objective, unit))
    if agreement := check_sentence(table, recorded.modalities, unit):
        say.words(agreement)
    truth = {n: info.facts[f"true_mi/{n}"] for n in names if f"true_mi/{n}" in info.facts}
    _draw_panels(
        pair_panels(recorded, unit, truth=truth, check=check),
        "mi-pair-panels",
        "Lower bound on the mutual information of {} by epoch.",
    )
    how = recorded.how["pair"]
    figure_footer(
        key="mi-pairs",
        caption=f"{how.estimator}, between the invariant codes z. "
        f"{f'{how.caveat}. ' if how.caveat else ''}{_sample(recorded)}",
        explanation=PAIRS_EXPLAINED,
        data=recorded.rows(("pair", "check")),
        pictures=("mi-pair-panels",),
    )


def _draw_modalities(
    view: state.View,
    recorded: Recorded,
    table: pd.DataFrame,
    unit: Unit,
    check: pd.DataFrame | None,
) -> None:
    say.finding(modality_title(table, view.checkpoint.info.config.model.stochastic, unit))
    _draw_panels(
        modality_panels(recorded, unit, check=check),
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
        caption=f"{'; '.join(dict.fromkeys(estimators))}. {_sample(recorded)}",
        explanation=MODALITIES_EXPLAINED,
        data=recorded.rows((*families, "separation")),
        pictures=("mi-modality-panels",),
    )


def _draw_panels(panels: dict[str, go.Figure], key: str, alt: str) -> None:
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


def _draw_table(shown: pd.DataFrame) -> None:
    """Numbers stay on one line; where the page is narrow the table scrolls sideways.

    Where names of modalities are long, what is in the first column may break.
    """
    key = "mi-conclusions"
    long = shown.iloc[:, 0].str.len().max() > _LONG
    whole = "td:not(:last-child, :first-child)" if long else "td:not(:last-child)"
    st.html(
        f"<style>.st-key-{key} {whole} * {{white-space: nowrap}} "
        f".st-key-{key} td:last-child {{min-width: {_PROSE_PIXELS}px}}"
        f".st-key-{key} td:first-child {{min-width: {_NAME_PIXELS if long else 0}px}}</style>"
    )
    with st.container(key=key):
        say.table(shown, border="horizontal", hide_index=True)


def _sample(recorded: Recorded) -> str:
    ceiling = recorded.ceilings.get("pair", recorded.ceilings.get("lower"))
    count = "a fixed sample" if ceiling is None else f"{math.exp(ceiling):,.0f} utterances"
    chosen = f"; epoch {recorded.chosen}, the vertical line, was chosen" if recorded.chosen else ""
    return f"Measured after every epoch on {count} of the valid split{chosen}."


PAIRS_EXPLAINED = """
**Mutual information** (MI) is what knowing one thing tells about another: 0 where they are
independent, 1 nat (1.44 bits) for every factor of e by which it narrows the other down.

The objective **maximises** the MI between the invariant codes *z* of every pair. It cannot be
computed, only bounded. A critic picks the partner of a code among all others, and how well it does
is a **lower bound**: the truth lies in the shaded region above the line. The band around the line
is two standard errors over the utterances it was measured on. It says nothing about the bias.

- **ceiling**: InfoNCE on n utterances cannot say more than ln n, however large the truth.
- **true MI of the inputs**: where the corpus was generated, the MI between the features of the two
  modalities is known. Codes cannot share more than their inputs do.
- **fresh critic, not part of training** (diamond): every few epochs another critic starts from
  nothing on codes that do not move. It is fitted on train and valued on valid, and the codes never
  learn from it. Where it stands on the line, the objective's critic reports what is there.
- **fresh critic, on the split shown** (triangle): the check at the end of this page.

A line near the ceiling is a limit of the ruler. A line near zero does not show independence.
"""

MODALITIES_EXPLAINED = """
The objective **minimises** the MI between the input of a modality and its codes, so that they keep
only what the task needs. The upper row is the invariant code *z*, the lower row the specific code
*s*.

- **lower** and **upper**: where the encoder is stochastic, the distribution of a code given its
  input is known exactly. Both bounds use it and nothing is learned, so the truth lies in the
  filled area between them, up to the error of the sample (the bands).
- **ceiling of lower**: on n utterances the lower bound cannot say more than ln n. Where it stands
  there, the true value may be anywhere up to the upper bound.
- **grey line**: the bound that the objective used. Dashed, it is an upper bound too, and the truth
  is below it. Dotted, it bounds nothing: without noise in the encoder the true value is infinite.
- **I(z; s)** (dotted) is how far the two codes repeat each other: what two Gaussians with the
  correlations of their means would share. It bounds the truth on neither side.
- **fresh critic, on the split shown** (triangle): a lower bound from the check at the end of this
  page.
"""


_NOTHING = 0.05  # nats
_SURE = 2  # standard errors, but no less than what a few hundred utterances can tell apart
_LEAST_SLACK = 0.1
_CHECKED = {
    "same": "finds the same within its error for {pairs}",
    "more": "finds {by} more for {pairs} (the objective's bound is not tight there)",
    "less": "finds {by} less for {pairs} (both are lower bounds, so the larger one stands)",
}


def bounds_headline(table: pd.DataFrame, modalities: list[str], unit: Unit) -> str:
    """The title of the page: what the pair that shares most is shown to share.

    Where the objective's own bounds stay at zero, a fresh critic that is sure of more is heard.
    """
    pairs = table[table["family"] == "pair"]
    if len(pairs):
        shown = pairs["nats"]
        if shown.max() < _NOTHING:
            sure = pairs["check"] > _SURE * pairs["check_std"].clip(lower=_NOTHING)
            shown = pairs["check"].where(sure, shown)
        best = int(shown.argmax())
        nats = float(shown.iloc[best])
        first, second = pair_of(str(pairs["name"].iloc[best]), modalities)
        if nats < _NOTHING:
            return "No pair of modalities is shown to share anything"
        least = three_digits(nats * unit.per_nat)
        said = f"{first} and {second} are shown to share {least} {unit.name} or more"
        return said[:1].upper() + said[1:]
    upper = table[(table["family"] == "invariant") & (table["bound"] == "upper")]
    if len(upper):
        tightest = upper.iloc[int(upper["nats"].argmin())]
        most = three_digits(tightest["nats"] * unit.per_nat)
        return f"z keeps at most {most} {unit.name} of {tightest['name']}"
    return "What did training do to the bounds?"


def pair_title(table: pd.DataFrame, objective: ObjectiveSettings, unit: Unit) -> str:
    """What the lower bounds say together."""
    pairs = table[table["family"] == "pair"]
    if pairs["nats"].max() < _NOTHING:
        return "The lower bounds stay at zero"
    span = _between(list(pairs["nats"].clip(lower=0) * unit.per_nat))  # what is shared is not less
    if not objective.maximise.enabled or objective.maximise.weight == 0:
        return f"Without MI maximisation the pairs share at least {span} {unit.name}"
    share = (pairs["nats"] / pairs["truth"]).mean()
    if math.isfinite(share):
        return (
            f"The pairs share at least {span} {unit.name}, {share:.0%} of what their inputs share"
        )
    return f"The pairs share at least {span} {unit.name}"


def check_sentence(table: pd.DataFrame, modalities: list[str], unit: Unit) -> str:
    """Per pair, whether the objective's critic and a fresh one agree; empty without a check.

    Args:
        table: from `mmmie.analysis.bounds.history.bounds_table`.
        modalities: in the order of the model.
        unit: of the differences.
    """
    held = table[(table["family"] == "pair") & table["check"].notna()]
    groups: dict[str, list[tuple[str, float]]] = {"same": [], "more": [], "less": []}
    for row in held.to_dict("records"):
        more = row["check"] - row["nats"]
        slack = np.nanmax([_LEAST_SLACK, _SURE * math.hypot(row["std"], row["check_std"])])
        which = "same" if abs(more) <= slack else "more" if more > 0 else "less"
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


def modality_title(table: pd.DataFrame, stochastic: bool, unit: Unit) -> str:
    """What the upper bounds say together."""
    if not stochastic:
        return "Without noise in the encoder, nothing bounds what the codes keep"
    z = table[table["family"] == "invariant"]
    s = table[table["family"] == "specific"]
    parts = []
    for code, rows in (("z", z), ("s", s)):
        if rows.empty:
            continue
        low, high = _span(rows, unit)
        parts.append(f"{code} {low} to {high}" if low else f"{code} at most {high}")
    if not parts:
        return "What do the codes keep?"
    return f"Of its input a modality keeps in {' and in '.join(parts)} {unit.name}"


def _span(rows: pd.DataFrame, unit: Unit) -> tuple[str, str]:
    """Where the values of all modalities lie; without brackets nothing is known from below."""
    low, high = rows["low"].min(), rows["high"].fillna(rows["nats"]).max()
    least = three_digits(max(low, 0) * unit.per_nat) if rows["low"].notna().all() else ""
    return least, three_digits(high * unit.per_nat)


def conclusions(table: pd.DataFrame, unit: Unit) -> pd.DataFrame:
    """The table of final values in words; sentences stay in nats.

    Args:
        table: from `mmmie.analysis.bounds.history.bounds_table`.
        unit: of the values.
    """
    rows = table.to_dict("records")
    columns = {
        "quantity": [row["quantity"] for row in rows],
        f"objective, {unit.name}": [
            bounded(row["bound"], row["nats"], row["std"], unit) for row in rows
        ],
        f"independent, {unit.name}": [_independent(row, unit) for row in rows],
        "ceiling": [number(row["ceiling"], unit) for row in rows],
        "true MI of the inputs": [number(row["truth"], unit) for row in rows],
        "estimator": [f"{row['estimator'].split(',')[0]}, {row['bound']}" for row in rows],
        "what may be concluded": [row["conclusion"] for row in rows],
    }
    return pd.DataFrame(
        {name: cells for name, cells in columns.items() if any(cell != NONE for cell in cells)}
    )


def _independent(row: dict[Any, Any], unit: Unit) -> str:
    """The bracket or the fresh critic: neither is part of the objective."""
    if math.isfinite(row["low"]):
        return f"bracket {number(row['low'], unit)} to {number(row['high'], unit)}"
    if math.isfinite(row["check"]):
        return f"fresh critic {bounded('lower', row['check'], row['check_std'], unit)}"
    return NONE
