"""What training did to the bounds, what may be concluded, and the check by a fresh critic."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from app import state
from app.parts import page_text as say
from app.parts.figures import figure_footer
from app.parts.names import capital, plain
from app.parts.style import three_digits
from app.parts.waiting import follow, waiting
from app.screens.mutual_information.bound_marks import bound_legend
from app.screens.mutual_information.modality_panels import draw_modalities
from app.screens.mutual_information.pair_panels import draw_pairs, shown_of_pair
from app.screens.mutual_information.recorded_bounds import (
    NONE,
    Beside,
    Recorded,
    Unit,
    bounded,
    number,
)
from mmmie.analysis.bounds.fresh_critic import BATCH, STEPS, FreshCritic, check_table
from mmmie.analysis.bounds.history import bounds_history, ceilings, measured, pair_of, quantity
from mmmie.analysis.configurations import describe_difference, maximises, minimises
from mmmie.analysis.outputs import cache_folder
from mmmie.mi.verdict import decide_within
from mmmie.training.checkpoint_files import CheckpointInfo
from mmmie.training.config import Config


def draw_bounds_over_training(view: state.View, table: pd.DataFrame, unit: Unit) -> None:
    """The section "During training".

    Args:
        table: from `mmmie.analysis.bounds.history.bounds_table`, may be empty.
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
        draw_pairs(view, recorded, table, unit, _rows(fresh, "pair"), _beside(view, maximises))
        draw_modalities(
            view, recorded, table, unit, _rows(fresh, "invariant"), _beside(view, minimises)
        )
        with st.expander(
            f"What may be concluded at epoch {recorded.chosen}", icon=":material/table:"
        ):
            draw_conclusions(conclusions(table, unit))
    with state.readable_errors():
        draw_check(view, table, check, unit)


def _recorded(info: CheckpointInfo, raw: list[dict[str, Any]]) -> Recorded:
    history = bounds_history(raw)
    families = [str(family) for family in history["family"].unique()]
    return Recorded(
        history,
        {family: measured(info, family) for family in families},
        list(info.modalities),
        info.epoch,
        ceilings(raw),
    )


def _beside(view: state.View, does: Callable[[Config], bool]) -> Beside | None:
    """The compared run; where none is, the closest that does what this one does not, or not."""
    mine = view.checkpoint.info
    compared = state.compared_view()
    other = (
        state.relative(view, lambda config: does(config) is not does(mine.config))
        if compared is None
        else compared.checkpoint
    )
    if other is None:
        return None
    recorded = _recorded(other.info, other.history)
    if recorded.history.empty:
        return None
    return Beside(describe_difference(other.info, mine), other.info.name, recorded)


def _rows(fresh: pd.DataFrame | None, family: str) -> pd.DataFrame | None:
    return None if fresh is None else fresh[fresh["family"] == family]


def _legend(recorded: Recorded, on_demand: bool) -> str:
    return bound_legend(
        errors="std" in recorded.history and bool(recorded.history["std"].notna().any()),
        bracket=bool(recorded.names("lower")),
        checked=bool(recorded.names("check")),
        on_demand=on_demand,
    )


def bounds_headline(table: pd.DataFrame, modalities: list[str], unit: Unit) -> str:
    """The title of the page: what the pair is shown to share that shows most.

    The objective's bounds and the fresh critic's are all lower bounds of the same, and all of them
    were looked at.
    """
    pairs = table[table["family"] == "pair"]
    if len(pairs):
        shown = {
            str(row["name"]): shown_of_pair(row, len(pairs)) for row in pairs.to_dict("records")
        }
        best = max(shown, key=lambda name: shown[name])
        if shown[best] <= 0:
            return "No pair is shown to share information"
        first, second = map(plain, pair_of(best, modalities))
        least = three_digits(shown[best] * unit.per_nat)
        return capital(f"{first} and {second} are shown to share {least} {unit.name} or more")
    upper = table[(table["family"] == "invariant") & (table["bound"] == "upper")]
    ends = [
        decide_within(r["nats"], r["std"], looks=len(upper)).high for r in upper.to_dict("records")
    ]
    if len(ends) and np.isfinite(ends).any():
        name = plain(str(upper["name"].iloc[int(np.nanargmin(ends))]))
        most = three_digits(float(np.nanmin(ends)) * unit.per_nat)
        return f"The shared code keeps at most {most} {unit.name} of {name}"
    return "What did training do to the bounds?"


_PROSE_PIXELS, _NAME_PIXELS = 240, 180
_LONG = 36  # letters of a quantity, beyond which it takes two lines


def draw_conclusions(shown: pd.DataFrame) -> None:
    """Numbers stay on one line; on a narrow page the table scrolls sideways.

    Long names of modalities may break in the first column.
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


def conclusions(table: pd.DataFrame, unit: Unit) -> pd.DataFrame:
    """The table of final values in words; sentences stay in nats.

    Args:
        table: from `mmmie.analysis.bounds.history.bounds_table`.
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


_EXPLANATION = f"""
The bounds of a run come from a critic that was trained together with the codes. Could the two have
agreed on something that does not exist? A **fresh critic** had no part in the training: it is
larger, starts from nothing, and the codes do not move while it learns ({STEPS} steps of InfoNCE,
batches of up to {BATCH}). It is fitted to some utterances of the split and judged on others.

What it finds is a lower bound too, so it can confirm or raise what the run says about a pair. For
the input of a modality it gives the other side: the truth lies between the fresh lower bound and
the run's upper bound. If the lower one ever stood above the upper one, something would be broken.

The input is represented by its standardised features pooled over time, and codes are sampled as in
training. The error is two standard errors over a few held-out batches; it says nothing about the
bias.
"""


def held_check(view: state.View) -> pd.DataFrame | None:
    """The check of this checkpoint and split, if it has been made."""
    return _critic(view).table()


def _critic(view: state.View) -> FreshCritic:
    cache = cache_folder(view.checkpoint.info.folder)
    return FreshCritic(view.checkpoint, view.corpus, view.split, cache)


def draw_check(
    view: state.View, bounds: pd.DataFrame, check: pd.DataFrame | None, unit: Unit
) -> None:
    """The section "is it true?": an offer, a wait, or the comparison."""
    say.finding("Is it true? An independent check on the codes as they are")
    if check is None:
        _offer(view)
        return
    table = check_table(bounds, check)
    names = list(view.checkpoint.info.modalities)
    shown = pd.DataFrame(
        {
            "quantity": [quantity(r["family"], r["name"], names) for r in table.to_dict("records")],
            f"of the run, {unit.name}": [
                bounded(r["bound"], r["in_training"], math.nan, unit)
                for r in table.to_dict("records")
            ],
            f"fresh critic, {unit.name}": [
                bounded("lower", r["fresh"], r["std"], unit) for r in table.to_dict("records")
            ],
            "what both say": table["verdict"],
        }
    )
    with st.expander("Every quantity, of the run and of the check", icon=":material/table:"):
        say.table(shown, border="horizontal", hide_index=True)
    figure_footer(
        key="fresh-check",
        caption=f"Fresh InfoNCE critics on {int(check['n'].max()):,} utterances of the "
        f"{view.split} split, ± two standard errors; the run's own values are from its valid "
        f"split at the chosen epoch. Verdicts are in nats.",
        explanation=_EXPLANATION,
        data=table,
    )


def _offer(view: state.View) -> None:
    say.words(
        f"The objective's critics learned together with the codes. Others, trained from nothing "
        f"on the codes of the {view.split} split, may find the same or not."
    )
    critic = _critic(view)

    def wait() -> None:
        done = len(critic.work.lines())
        came = done / critic.count, f"{done} of {critic.count} have learned"
        waiting(critic.work, "Fresh critics", came, critic.start, offer="Check with a fresh critic")

    follow(critic.work, wait)
