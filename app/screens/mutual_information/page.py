"""What did training do to the bounds, and can I believe the numbers?"""

from __future__ import annotations

import streamlit as st

from app import state
from app.parts import page_text as say
from app.parts.label_parts import QUESTION
from app.parts.numbers import BOUNDS_IN_A_LINE
from app.screens.mutual_information.bounds_over_training import (
    bounds_headline,
    draw_bounds_over_training,
)
from app.screens.mutual_information.estimator_lab import draw_lab
from app.screens.mutual_information.estimators_side_by_side import draw_side_by_side
from app.screens.mutual_information.recorded_bounds import UNITS
from app.screens.mutual_information.who_knows_what import draw_who_knows_what
from mmmie.analysis.bounds.history import bounds_table

TRAINING, WHO_KNOWS = "During training", "Who knows what"
SIDE_BY_SIDE, LAB = "Estimators on these codes", "Estimator lab"

heading = st.empty()
with st.container(horizontal=True, horizontal_alignment="distribute"):
    section = st.segmented_control(
        "Section",
        [TRAINING, WHO_KNOWS, SIDE_BY_SIDE, LAB],
        default=TRAINING,
        required=True,
        wrap=True,
        key="mi_section",
        bind="query-params",
        label_visibility="collapsed",
    )
    unit = UNITS[
        str(
            st.segmented_control(
                "Unit",
                list(UNITS),
                default="nats",
                required=True,
                key="mi_unit",
                bind="query-params",
                label_visibility="collapsed",
                disabled=section == LAB,
                help="1 nat is 1.44 bits. The lab is in nats.",
            )
        )
    ]

# One section a run: what a hidden tab would compute is not computed.
if section == LAB:
    say.title("How far can an estimator be trusted where the answer is known?", place=heading)
    draw_lab()
elif section == WHO_KNOWS:
    say.title(QUESTION, place=heading)
    with state.readable_errors():
        draw_who_knows_what(state.current_view(), unit, heading)
elif section == SIDE_BY_SIDE:
    say.title("What do other estimators say about these codes?", place=heading)
    draw_side_by_side(state.current_view(), unit)
else:
    say.title("What did training do to the bounds?", place=heading)
    view = state.current_view()
    table = bounds_table(view.checkpoint.info, view.checkpoint.history)
    say.title(
        bounds_headline(table, list(view.checkpoint.info.modalities), unit),
        help=BOUNDS_IN_A_LINE,
        place=heading,
    )
    draw_bounds_over_training(view, table, unit)
