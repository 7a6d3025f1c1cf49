"""Which utterances are right or wrong, and why this one?"""

from app import state
from app.parts import page_text as say
from app.parts.layout import lazy_tabs, wide_columns
from app.screens.predictions.contributions import why_this_prediction
from app.screens.predictions.errors import error_overview
from app.screens.predictions.missing_modalities import missing_modalities
from app.screens.predictions.own_conversation import own_conversation
from app.screens.predictions.timeline import timeline
from app.screens.predictions.what_if import what_if
from app.utterance.card import utterance_card
from app.utterance.table import utterance_table

say.title("Which utterances are right or wrong, and why this one?")
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


def where_it_fails() -> None:
    error_overview(view)
    missing_modalities(view)


lazy_tabs(
    {
        "Utterances": utterances,
        "Why this prediction": lambda: why_this_prediction(view),
        "What if": lambda: what_if(view),
        "Where it fails": where_it_fails,
        "A conversation of your own": lambda: own_conversation(view),
    },
    key="predictions_tab",
)
