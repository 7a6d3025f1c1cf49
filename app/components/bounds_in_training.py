"""What training did to the bounds: pairs, modalities, and what may be concluded."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from app import state
from app.components.figures import chart, figure_footer
from app.components.fresh_check import draw_check, held_check
from app.views.bound_legend import bound_legend
from app.views.bound_panels import modality_panels, pair_panels
from app.views.bounds import BRACKETS, Recorded, Unit
from app.views.bounds_words import (
    MODALITIES_EXPLAINED,
    PAIRS_EXPLAINED,
    check_sentence,
    conclusions,
    modality_title,
    pair_title,
)
from mmmie.analysis.mi_check import check_table
from mmmie.analysis.mi_history import bounds_history, ceiling_of, measured
from mmmie.training.checkpoint import CheckpointInfo

_PANEL_PIXELS, _PROSE_PIXELS, _NAME_PIXELS = 260, 240, 180
_LONG = 36  # letters of a quantity, beyond which it takes two lines


def draw_bounds_in_training(view: state.View, table: pd.DataFrame, unit: Unit) -> None:
    """The section "During training".

    Args:
        view: what the page looks at.
        table: from `mmmie.analysis.mi_history.bounds_table`, may be empty.
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
        st.html(_legend(recorded, fresh is not None))
        _draw_pairs(view, recorded, table, unit, _rows(fresh, "pair"))
        _draw_modalities(view, recorded, table, unit, _rows(fresh, "invariant"))
        st.subheader(f"What may be concluded at epoch {recorded.chosen}")
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
        st.write("This model reads one modality, so there is no pair whose MI could be maximised.")
        return
    st.subheader(pair_title(table, info.config.objective, unit))
    if agreement := check_sentence(table, recorded.modalities, unit):
        st.markdown(agreement)
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
    st.subheader(modality_title(table, view.checkpoint.info.config.model.stochastic, unit))
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
        st.table(shown, border="horizontal", hide_index=True)


def _sample(recorded: Recorded) -> str:
    ceiling = recorded.ceilings.get("pair", recorded.ceilings.get("lower"))
    count = "a fixed sample" if ceiling is None else f"{math.exp(ceiling):,.0f} utterances"
    chosen = f"; epoch {recorded.chosen}, the vertical line, was chosen" if recorded.chosen else ""
    return f"Measured after every epoch on {count} of the valid split{chosen}."
