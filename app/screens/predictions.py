"""Which utterances are right or wrong, and why this one?"""

import streamlit as st

from app import state
from app.components.contributions import why_this_prediction
from app.components.error_overview import error_overview
from app.components.layout import lazy_tabs, wide_columns
from app.components.own_conversation import own_conversation
from app.components.timeline import timeline
from app.components.utterance import utterance_card
from app.components.utterance_table import utterance_table
from app.components.what_if import what_if

st.title("Which utterances are right or wrong, and why this one?")
view = state.current_view()
with state.readable_errors():
    frame = view.frame
timeline(view)


def utterances() -> None:
    left, right = wide_columns([3, 2], key="table-and-card", least=340)
    with left:
        utterance_table(view)
    with right:
        utterance_card(view, view.primary)


lazy_tabs(
    {
        "Utterances": utterances,
        "Why this prediction": lambda: why_this_prediction(view),
        "What if": lambda: what_if(view),
        "Where it fails": lambda: error_overview(view),
        "A conversation of your own": lambda: own_conversation(view),
    },
    key="predictions_tab",
)
