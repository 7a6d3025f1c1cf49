"""What is this model, on what data, how good, against its ablations?"""

from __future__ import annotations

import streamlit as st

from app import state
from app.export.record import redrawn
from app.pages import link_to
from app.parts import page_text as say
from app.parts.layout import wide_columns
from app.screens.overview.ablations import draw_ablations
from app.screens.overview.carryover import draw_carryover, nearly_alone
from app.screens.overview.never_predicted import draw_never_predicted
from app.screens.overview.summary import draw_metrics, draw_summary
from app.screens.overview.worst_slices import draw_worst_slices

NEXT = {
    "representations": "What do the modalities share?",
    "mutual_information": "Can I believe the bounds?",
    "predictions": "Which utterances fail, and why?",
    "context_identity": "What do the neighbours tell it?",
    "compare": "What does another one do better?",
    "train": "Train it with other settings",
    "learn": "How does it work, step by step?",
}

heading = st.empty()
say.title("What is this model, and how good is it?", place=heading)
view = state.current_view()
draw_summary(view)
if alone := nearly_alone(view.checkpoint.info.carryover):
    say.words(alone)
if view.corpus.no_context:
    say.caption(view.corpus.no_context)

places = {"metrics": st.empty()}
left, right = wide_columns(2, key="how-good", gap="large")
places["ablations"], places["failing"] = left.empty(), right.empty()
for name, place in places.items():
    with place.container(), redrawn(name):
        st.space("medium")

draw_carryover(view.checkpoint.info)

st.subheader("Continue")
with st.container(horizontal=True, gap="small"):
    for page, question in NEXT.items():
        link_to(page, question, width=300)

# What needs the model comes last, so that everything else is there at once; no number is shown
# before its interval.
with places["metrics"].container(), redrawn("metrics"):
    draw_metrics(view, heading)
with places["ablations"].container(), redrawn("ablations"):
    draw_ablations(view)
with places["failing"].container(), redrawn("failing"):
    draw_never_predicted(view)
    draw_worst_slices(view)
