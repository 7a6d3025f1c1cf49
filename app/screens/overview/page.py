"""What is this model, on what data, how good, against its ablations?"""

from __future__ import annotations

import streamlit as st

from app import state
from app.export.record import redrawn
from app.pages import link_to
from app.parts import page_text as say
from app.parts.layout import wide_columns
from app.screens.overview.ablations import draw_ablations, siblings
from app.screens.overview.carryover import draw_carryover
from app.screens.overview.never_predicted import draw_never_predicted
from app.screens.overview.summary import draw_summary
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
draw_summary(view, heading)
if view.corpus.no_context:
    say.caption(view.corpus.no_context)

left, right = wide_columns(2, key="how-good", gap="large")
with left:
    ablations = st.empty()
    checkpoints = siblings(view)
    with ablations.container(), redrawn("ablations"):
        draw_ablations(view, checkpoints, measured=False)
with right:
    failing = st.container()

draw_carryover(view.checkpoint.info.carryover)

st.subheader("Continue")
with st.container(horizontal=True, gap="small"):
    for page, question in NEXT.items():
        link_to(page, question, width=300)

# What needs the model comes last, so that everything above is there at once.
with failing:
    draw_never_predicted(view)
    draw_worst_slices(view)
with ablations.container(), redrawn("ablations"):
    draw_ablations(view, checkpoints, measured=True)
