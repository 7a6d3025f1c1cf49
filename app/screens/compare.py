"""Two checkpoints on the same utterances."""

from __future__ import annotations

import numpy as np
import pandas as pd
import streamlit as st

from app import state
from app.components.ablations import same_corpus
from app.components.disagreements import draw_disagreements
from app.components.figures import figure, selected_ids
from app.components.layout import wide_columns
from app.components.utterance import utterance_card
from app.views.comparison import (
    class_table,
    curves,
    curves_frame,
    difference_plot,
    prediction_scatter,
)
from app.views.comparison_words import (
    CURVES_EXPLAINED,
    DIFFERENCES_EXPLAINED,
    PREDICTIONS_EXPLAINED,
    configuration_words,
    curve_titles,
    difference_title,
    values_table,
)
from app.views.names import plain
from mmmie.analysis.comparison import disagreements, metric_differences
from mmmie.analysis.configurations import configuration_diff
from mmmie.metrics import primary_metric

_SCATTER = "compare-predictions"


def choose() -> None:
    """Ask for the second checkpoint, and end the page."""
    others = [choice.name for choice in same_corpus(view)]
    if not others:
        state.empty_state(
            "There is nothing to compare with yet.",
            "Train a second model, without the identity embedding say, on the same corpus.",
            "Train a model",
            "screens/train.py",
        )
    with st.container(border=True):
        st.subheader("Which checkpoint shall it be compared with?")
        st.write("Both are run on the same utterances; these were trained on the same corpus.")
        chosen = st.selectbox("Second checkpoint", others)
        st.button("Compare", type="primary", on_click=set_compared, args=(chosen,))
    st.stop()


def set_compared(name: str) -> None:
    """Take a checkpoint into the sidebar's picker."""
    st.session_state["compare"] = name


def take() -> None:
    """Take the selection of the scatter over."""
    ids = selected_ids(_SCATTER)
    if ids:
        state.select(ids)


@st.cache_data(show_spinner="Comparing", max_entries=50)
def compared(
    first: str, second: str, corpus: str, split: str, _first: state.View, _second: state.View
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Paired differences of the metrics, and all predictions side by side."""
    a, b = _first.outputs, _second.outputs
    return metric_differences(_first.corpus, a, b), disagreements(_first.corpus, a, b)


view = state.current_view()
other = state.compared_view()
if other is None:
    st.title("What does another checkpoint do differently?")
    choose()
assert other is not None

if other.corpus.fingerprint != view.corpus.fingerprint:
    st.title("These two were trained on different corpora")
    st.error(
        f"{plain(view.choice.name)} was trained on {plain(view.corpus.name)} "
        f"(fingerprint {view.corpus.fingerprint}), {plain(other.choice.name)} on "
        f"{plain(other.corpus.name)} ({other.corpus.fingerprint}). They have no utterances in "
        f"common to be compared on: choose another one under “Compare with” in the sidebar.",
        icon=":material/report:",
    )
    st.stop()

names = (view.choice.name, other.choice.name)
heading = st.empty()
heading.title("What does the second do differently?")
st.markdown(
    f":gray-badge[first] **{plain(names[0])}** &nbsp; :orange-badge[second] **{plain(names[1])}**"
)
with state.readable_errors():
    differences, both = compared(
        view.checkpoint.fingerprint,
        other.checkpoint.fingerprint,
        view.corpus.fingerprint,
        view.split,
        view,
        other,
    )
primary, _ = primary_metric(view.corpus.label.kind)
heading.title(difference_title(differences, primary))

sample = f"{len(both):,} utterances of the {view.split} split"
left, right = wide_columns(2, key="differences", gap="large")
with left:
    st.subheader("Is the difference more than chance?")
    figure(
        difference_plot(differences),
        key="compare-differences",
        caption=f"Paired on {sample}; 95 % intervals by drawing conversations, 2,000 times. "
        "One training run each.",
        explanation=DIFFERENCES_EXPLAINED,
        data=differences,
        alt="Paired differences of the metrics with 95 % intervals.",
    )
    st.table(values_table(differences), border="horizontal", hide_index=True)
with right:
    classes = view.corpus.label.classes
    apart = np.mean(both["first"] != both["second"]) if classes else both["distance"].mean()
    st.subheader(
        f"They name another class for {apart:.1%} of utterances"
        if classes
        else f"Their predictions are {apart:.2f} apart on average"
    )
    chosen_ids = state.selection()
    figure(
        class_table(both, list(classes))
        if classes
        else prediction_scatter(
            both, view.corpus.label, list(chosen_ids.ids), view.frame["id"].iloc[view.primary]
        ),
        key=_SCATTER,
        caption=f"Predictions of both for {sample}.",
        explanation=PREDICTIONS_EXPLAINED["classes" if classes else "numbers"],
        data=both,
        alt="Predictions of the first checkpoint against those of the second.",
        on_select=None if classes else take,
    )

listed, card = wide_columns([5, 2], key="list-and-card", least=250)
with listed:
    draw_disagreements(view, other, both)
with card:
    utterance_card(view, view.primary, channels=False)

st.subheader("How did they get there?")
titles = curve_titles(view.corpus.label)
histories = {name: v.checkpoint.history for name, v in zip(names, (view, other), strict=True)}
lines = curves_frame(histories, list(titles))
if lines.empty:
    st.write("Neither checkpoint has a record of its training.")
else:
    epochs = {name: v.checkpoint.info.epoch for name, v in zip(names, (view, other), strict=True)}
    figure(
        curves(lines, epochs, titles),
        key="compare-curves",
        caption="From the metric history of each run; a dot marks the epoch chosen on valid.",
        explanation=CURVES_EXPLAINED,
        data=lines,
        alt="Training curves of both checkpoints.",
    )
st.subheader("How are they configured differently?")
settings = configuration_diff(view.checkpoint.info, other.checkpoint.info)
if settings.empty:
    st.write("They are configured the same; what differs is when or on what they were trained.")
else:
    st.table(configuration_words(settings), border="horizontal", hide_index=True)
