"""Which utterances are right or wrong, and why this one?"""

import streamlit as st

from app import state
from app.components.contributions import why_this_prediction
from app.components.error_overview import error_overview
from app.components.layout import wide_columns
from app.components.own_conversation import own_conversation
from app.components.timeline import timeline
from app.components.utterance import utterance_card
from app.components.utterance_table import utterance_table
from app.components.what_if import what_if

TABS = [
    "Utterances",
    "Why this prediction",
    "What if",
    "Where it fails",
    "A conversation of your own",
]

st.title("Which utterances are right or wrong, and why this one?")
view = state.current_view()
with state.readable_errors():
    frame = view.frame
timeline(view)
# only what is looked at is drawn, and the address says which
utterances, why, changed, failing, own = st.tabs(TABS, key="predictions_tab", bind="query-params")
if utterances.open:
    with utterances:
        left, right = wide_columns([3, 2], key="table-and-card", least=340)
        with left:
            utterance_table(view)
        with right:
            utterance_card(view, view.primary)
if why.open:
    with why:
        why_this_prediction(view)
if changed.open:
    with changed:
        what_if(view)
if failing.open:
    with failing:
        error_overview(view)
if own.open:
    with own:
        own_conversation(view)
