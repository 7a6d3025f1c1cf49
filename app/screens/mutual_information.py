"""What did training do to the bounds, and can I believe the numbers?"""

from __future__ import annotations

import pandas as pd
import streamlit as st

from app import state
from app.components.figures import figure
from app.components.fresh_check import draw_check, held_check
from app.views.bounds import UNITS, Unit, modality_panels, pair_panels
from app.views.bounds_words import (
    MODALITIES_EXPLAINED,
    PAIRS_EXPLAINED,
    bounds_headline,
    conclusions,
    modality_title,
    pair_title,
)
from mmmie.analysis.mi_check import check_table
from mmmie.analysis.mi_history import bounds_history, bounds_table, ceiling_of, measured

view = state.current_view()
info, raw = view.checkpoint.info, view.checkpoint.history
history, table = bounds_history(raw), bounds_table(info, raw)
names = list(info.modalities)

st.title(bounds_headline(table, names))
unit: Unit = UNITS[
    str(
        st.segmented_control(
            "Unit",
            list(UNITS),
            default="nats",
            required=True,
            key="mi_unit",
            bind="query-params",
            label_visibility="collapsed",
            help="1 nat is 1.44 bits.",
        )
    )
]
check = held_check(view)
checked = None if check is None else check_table(table, check)


def fresh(family: str) -> pd.DataFrame | None:
    """The rows of the check that belong on a figure."""
    return None if checked is None else checked[checked["family"] == family]


where = (
    f"Measured after every epoch on up to 512 utterances of the valid split; epoch {info.epoch}, "
    f"the dotted line, was chosen."
)
if history.empty:
    st.info(
        "This checkpoint has no record of its bounds over training. The check below needs only "
        "its codes.",
        icon=":material/info:",
    )
else:
    pairs, ceiling = history[history["family"] == "pair"], ceiling_of(raw)
    if pairs.empty:
        st.write("This model reads one modality, so there is no pair whose MI could be maximised.")
    else:
        st.subheader(pair_title(table, info.config.objective, unit))
        truth = {
            n: info.facts[f"true_mi/{n}"] for n in pairs["name"] if f"true_mi/{n}" in info.facts
        }
        figure(
            pair_panels(
                history,
                unit,
                modalities=names,
                ceiling=ceiling,
                truth=truth,
                chosen=info.epoch,
                check=fresh("pair"),
            ),
            key="mi-pairs",
            caption=f"InfoNCE between the invariant codes z, a lower bound. {where}",
            explanation=PAIRS_EXPLAINED,
            data=pairs,
            alt="Lower bounds on the mutual information of every pair of modalities by epoch.",
        )
    how = measured(info, "invariant")
    st.subheader(modality_title(table, info.config.model.stochastic, unit))
    figure(
        modality_panels(
            history,
            unit,
            modalities=names,
            bound=how.bound,
            separation=measured(info, "separation").believable,
            chosen=info.epoch,
            check=fresh("invariant"),
        ),
        key="mi-modalities",
        caption=f"{how.estimator}. {where}",
        explanation=MODALITIES_EXPLAINED,
        data=history[history["family"] != "pair"],
        alt="Upper bounds on what the codes keep of the input of every modality by epoch.",
    )
    st.subheader(f"What may be concluded at epoch {info.epoch}")
    st.table(conclusions(table, unit), border="horizontal", hide_index=True)

with state.readable_errors():
    draw_check(view, table, check, unit)
