"""What is this model, on what data, how good, against its ablations?"""

from __future__ import annotations

import streamlit as st

from app import state
from app.components.ablations import draw_ablations, siblings
from app.components.figures import figure
from app.components.layout import wide_columns
from app.components.worst_slices import draw_worst_slices
from app.views.carryover import carryover_frame, carryover_plot, carryover_sentence
from app.views.summary import headline, metric_row, model_sentence
from mmmie.analysis.weights import parameter_count

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

heading.title(headline(info))
with state.readable_errors():
    parameters = parameter_count(info.folder)
st.markdown(model_sentence(info, view.corpus, parameters, history))

cells = metric_row(info)
numbers = wide_columns(len(cells), key="metrics", least=120)
for column, (name, value, explanation) in zip(numbers, cells, strict=True):
    column.metric(name, value, help=explanation)
chosen = (
    f"These are the metrics of epoch {info.epoch} on the valid split, which chose that epoch: "
    f"they flatter."
    if info.epoch
    else "This model has not been trained yet: the metrics are those of random weights."
)
others = "" if "test" not in view.corpus.splits else " Choose the test split for an honest look."
st.caption(chosen + (others if view.split != "test" else ""))

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
        figure(
            carryover_plot(table),
            key="carryover",
            caption="Ridge readout of the label from each modality's mean features, before "
            "training; the dropout follows from it unless it was set.",
            explanation="A hollow dot is the R² on the train split, where the readout was "
            "fitted; the filled one is the R² on valid. Far apart, the features fit labels they "
            "have seen and say little elsewhere: some public features were themselves trained "
            "with the labels of the train split. Such a modality is hidden from most training "
            "targets, so that the model does not learn to lean on it.",
            data=table,
            alt="R² of a linear readout per modality, on train and on valid.",
        )
    with words:
        for row in table.to_dict("records"):
            sentence = carryover_sentence(
                str(row["modality"]), row["train"], row["valid"], row["dropout"]
            )
            st.markdown(f"- {sentence}")

st.subheader("Go on")
links = wide_columns(3, key="go-on", least=260)
for start, column in enumerate(links):
    for page in list(GO_ON)[start::3]:
        column.page_link(f"screens/{page}.py", label=GO_ON[page], icon=":material/arrow_forward:")

# What needs the model comes last, so that everything above is there at once.
with failing:
    draw_worst_slices(view)
with ablations.container():
    draw_ablations(view, checkpoints, measured=True)
