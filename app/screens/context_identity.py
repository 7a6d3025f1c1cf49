"""What does the model use of the neighbours, and what does identity change?"""

import streamlit as st

from app import state
from app.components.identity_effect import (
    draw_effect,
    draw_prediction,
    draw_slices,
    effective,
)
from app.components.layout import wide_columns
from app.components.window_chat import draw_attention, draw_moved, draw_window
from mmmie.analysis.intervention_names import INTERVENTIONS

st.title("What does it use of the neighbours, and what does identity change?")
view = state.current_view()
with state.readable_errors():
    usable = effective(view)
left, right = wide_columns([5, 6], key="window-and-effect", gap="large")
with left:
    draw_window(view)
with right:
    offered = usable or list(INTERVENTIONS)
    if st.session_state.get("intervention") not in offered:
        st.session_state.pop("intervention", None)
    variant = st.selectbox(
        "Compare the model as trained with",
        offered,
        format_func=lambda name: INTERVENTIONS[name],
        key="intervention",
        bind="query-params",
        help="The weights stay; what the identity embedding is told changes.",
    )
    draw_moved(view, str(variant))
    draw_attention(view, str(variant))
    draw_prediction(view)
draw_effect(view)
if usable:
    draw_slices(view, str(variant))
