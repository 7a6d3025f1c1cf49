"""Two checkpoints, two groups of seeds, or an experiment, on the same utterances."""

from __future__ import annotations

import streamlit as st

from app import state
from app.parts import page_text as say
from app.parts.layout import lazy_tabs, wide_columns
from app.parts.names import plain
from app.screens.compare.aligned_maps import draw_aligned_maps
from app.screens.compare.card import draw_both_cards
from app.screens.compare.comparison import (
    difference_title,
    draw_configurations,
    draw_training_curves,
)
from app.screens.compare.disagreements import draw_disagreements
from app.screens.compare.experiment import draw_experiment
from app.screens.compare.overview import compared, draw_overview
from app.screens.compare.seed_groups import draw_seed_groups
from app.screens.compare.slice_gains import draw_slice_gains
from mmmie.metrics import primary_metric

CHECKPOINTS = "Two checkpoints"
OTHERS = {"Groups of seeds": draw_seed_groups, "An experiment": draw_experiment}


def choose() -> None:
    """Ask for the second checkpoint, and end the page."""
    others = [choice.name for choice in state.same_corpus(view)]
    if not others:
        state.empty_state(
            "There is nothing to compare with yet.",
            "Train a second model on the same corpus, for example without the identity embedding.",
            "Train a model",
            "train",
        )
    with st.container(border=True):
        st.subheader("Which checkpoint do you want to compare it with?")
        st.write("Both are run on the same utterances; these were trained on the same corpus.")
        chosen = st.selectbox("Second checkpoint", others)
        st.button("Compare", type="primary", on_click=set_compared, args=(chosen,))
    st.stop()


def set_compared(name: str) -> None:
    """Take a checkpoint into the sidebar's picker."""
    st.session_state["compare"] = name


kind = st.segmented_control(
    "What to compare",
    [CHECKPOINTS, *OTHERS],
    default=CHECKPOINTS,
    required=True,
    wrap=True,
    key="compare_what",
    bind="query-params",
    label_visibility="collapsed",
)
if kind in OTHERS:
    OTHERS[kind]()
    st.stop()

view = state.current_view()
found = state.compared_view()
if found is None:
    say.title("What does another checkpoint do differently?")
    choose()
assert found is not None
other = found

if other.corpus.data_fingerprint != view.corpus.data_fingerprint:
    say.title("These two were trained on different corpora")
    st.error(
        f"{plain(view.choice.name)} was trained on {plain(view.corpus.name)} "
        f"(fingerprint {view.corpus.data_fingerprint}), {plain(other.choice.name)} on "
        f"{plain(other.corpus.name)} ({other.corpus.data_fingerprint}). They have no utterances in "
        f"common to be compared on: choose another one under “Compare with” in the sidebar.",
        icon=":material/report:",
    )
    st.stop()

heading = st.empty()
names = (view.choice.name, other.choice.name)
say.title(plain(f"What does {names[1]} do differently?"), place=heading)
say.words(
    f":gray-badge[first] **{plain(names[0])}** &nbsp; :orange-badge[second] **{plain(names[1])}**"
)
with state.readable_errors():
    differences, both = compared(view, other)
primary, _ = primary_metric(view.corpus.label.kind)
say.title(plain(difference_title(differences, primary, names)), place=heading)


def predictions() -> None:
    draw_overview(view, other, differences, both)
    listed, card = wide_columns([5, 2], key="list-and-card", least=250)
    with listed:
        draw_disagreements(view, both[both["within"]], names)
    with card:
        draw_both_cards(view, other, both)


def training() -> None:
    draw_training_curves(view, other)
    draw_configurations(view, other)


lazy_tabs(
    {
        "Predictions": predictions,
        "Codes": lambda: draw_aligned_maps(view, other),
        "Slices": lambda: draw_slice_gains(view, other),
        "Training and settings": training,
    },
    key="compare_tab",
)
