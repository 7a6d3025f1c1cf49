"""What is this model, on what data, how good, against its ablations?"""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from app import state
from app.pages import link_to
from app.parts.drawings import drawn_figure
from app.parts.layout import wide_columns
from app.screens.overview.ablations import draw_ablations, siblings
from app.screens.overview.carryover import carryover_frame, carryover_sentence, carryover_svg
from app.screens.overview.summary import headline, measured_words, metric_row, model_sentence
from app.screens.overview.worst_slices import draw_worst_slices
from mmmie.analysis.outputs import TRAINED
from mmmie.analysis.weights import parameter_count
from mmmie.metrics import metrics_for

GO_ON = {
    "representations": "What do the modalities share?",
    "mutual_information": "Can I believe the bounds?",
    "predictions": "Which utterances fail, and why?",
    "context_identity": "What do the neighbours tell it?",
    "compare": "What does another one do better?",
    "train": "Train it with other settings",
    "learn": "How does it work, step by step?",
}

heading = st.empty()
heading.title("What is this model, and how good is it?")
view = state.current_view()
info = view.checkpoint.info
history = view.checkpoint.history

if view.split != "valid":  # what is kept with the checkpoint is about valid
    with state.readable_errors():
        said, rows = view.outputs.output[TRAINED], view.outputs.rows
    info = replace(info, metrics=metrics_for(info.label, said, view.corpus.targets[rows]))
heading.title(headline(info))
with state.readable_errors():
    parameters = parameter_count(info.folder)
st.markdown(model_sentence(info, view.corpus, parameters, history))

cells = metric_row(info, view.split)
numbers = wide_columns(len(cells), key="metrics", least=120)
for column, (name, value, explanation) in zip(numbers, cells, strict=True):
    column.metric(name, value, help=explanation)
st.caption(measured_words(info, view.split, view.corpus.splits))

left, right = wide_columns(2, key="how-good", gap="large")
with left:
    ablations = st.empty()
    checkpoints = siblings(view)
    with ablations.container():
        draw_ablations(view, checkpoints, measured=False)
with right:
    failing = st.container()

if info.carryover:
    st.subheader("How does each modality carry over from train to valid?")
    picture, words = wide_columns(2, key="carrying-over", gap="large")
    table = carryover_frame(info.carryover)
    with picture:
        drawn_figure(
            carryover_svg(table, "R² of a linear readout per modality, on train and on valid."),
            key="carryover",
            caption="Ridge readout of the label from each modality's mean features, before "
            "training; the dropout follows from it unless it was set.",
            explanation="A hollow dot is the R² on the train split, where the readout was "
            "fitted; the filled one is the R² on valid. Far apart, the features fit labels they "
            "have seen and say little elsewhere: some public features were themselves trained "
            "with the labels of the train split. Such a modality is hidden from most training "
            "targets, so that the model does not learn to lean on it.",
            data=table,
        )
    with words:
        for row in table.to_dict("records"):
            sentence = carryover_sentence(
                str(row["modality"]), row["train"], row["valid"], row["dropout"]
            )
            st.markdown(f"- {sentence}")

st.subheader("Go on")
with st.container(horizontal=True, gap="small"):
    for page, question in GO_ON.items():
        link_to(page, question, width=300)

# What needs the model comes last, so that everything above is there at once.
with failing:
    draw_worst_slices(view)
with ablations.container():
    draw_ablations(view, checkpoints, measured=True)
