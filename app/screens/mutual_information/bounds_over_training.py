"""What training did to the bounds: pairs, modalities, what may be concluded, and a fresh check."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from app import state
from app.parts import say
from app.parts.style import three_digits
from app.screens.mutual_information.bound_marks import bound_legend
from app.screens.mutual_information.conclusions_table import conclusions, draw_conclusions
from app.screens.mutual_information.fresh_critic import draw_check, held_check
from app.screens.mutual_information.modality_panels import draw_modalities
from app.screens.mutual_information.pair_panels import draw_pairs
from app.screens.mutual_information.recorded_bounds import Recorded, Unit
from mmmie.analysis.bounds.fresh_critic import check_table
from mmmie.analysis.bounds.history import bounds_history, ceilings, measured, pair_of
from mmmie.mi.thresholds import NOTHING, SURE
from mmmie.training.checkpoint import CheckpointInfo


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
        draw_pairs(view, recorded, table, unit, _rows(fresh, "pair"))
        draw_modalities(view, recorded, table, unit, _rows(fresh, "invariant"))
        say.finding(f"What may be concluded at epoch {recorded.chosen}")
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
    """The title of the page: what the pair that shares most is shown to share.

    If the bounds of the objective stay at zero, a fresh critic that is sure of more counts.
    """
    pairs = table[table["family"] == "pair"]
    if len(pairs):
        shown = pairs["nats"]
        if shown.max() < NOTHING:
            sure = pairs["check"] > SURE * pairs["check_std"].clip(lower=NOTHING)
            shown = pairs["check"].where(sure, shown)
        best = int(shown.argmax())
        nats = float(shown.iloc[best])
        first, second = pair_of(str(pairs["name"].iloc[best]), modalities)
        if nats < NOTHING:
            return "No pair of modalities is shown to share anything"
        least = three_digits(nats * unit.per_nat)
        said = f"{first} and {second} are shown to share {least} {unit.name} or more"
        return said[:1].upper() + said[1:]
    upper = table[(table["family"] == "invariant") & (table["bound"] == "upper")]
    if len(upper):
        tightest = upper.iloc[int(upper["nats"].argmin())]
        most = three_digits(tightest["nats"] * unit.per_nat)
        return f"The shared code keeps at most {most} {unit.name} of {tightest['name']}"
    return "What did training do to the bounds?"
