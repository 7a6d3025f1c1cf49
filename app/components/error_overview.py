"""How prediction and truth part over the split, and in which parts of it most."""

from __future__ import annotations

import numpy as np
import pandas as pd
import streamlit as st

from app import state
from app.components.figures import figure, figure_footer, selected_ids
from app.components.layout import wide_columns
from app.views.conversation import label_limits
from app.views.names import plain, slice_names, slice_phrases
from app.views.prediction_errors import calibration_figure, confusion_figure
from app.views.style import three_digits
from app.views.words import metric
from mmmie.analysis.outputs import TRAINED
from mmmie.analysis.prediction_errors import (
    calibration,
    calibration_slope,
    confusion,
    most_confused,
)
from mmmie.analysis.slices import slice_metrics

_KEY = "truth-and-prediction"
_TOLERATED = 0.1
_SHOWN = ("mae", "corr", "acc2_nonzero", "f1_nonzero", "accuracy", "f1_weighted", "f1_macro")


def error_overview(view: state.View) -> None:
    """Draw truth against prediction on the left, the slices on the right."""
    left, right = wide_columns(2, key="error-overview")
    with left:
        if view.corpus.label.classes is None:
            _calibration(view)
        else:
            _confusion(view, list(view.corpus.label.classes))
    with right:
        _slices(view)


def calibration_title(slope: float | None) -> str:
    """What the slope of truth on prediction says."""
    if slope is None:
        return "The model predicts the same for every utterance"
    said = f"the truth moves by {three_digits(slope)} when the prediction moves by 1"
    if slope <= 0:
        return f"Predictions do not follow the truth: {said}"
    if slope < 1 - _TOLERATED:
        return f"Predictions are too bold: {said}"
    if slope > 1 + _TOLERATED:
        return f"Predictions are too timid: {said}"
    return f"Predictions mean what they say: {said}"


def confusion_title(mistake: tuple[str, str, float] | None) -> str:
    """The commonest mistake in a sentence."""
    if mistake is None:
        return "Every utterance is predicted right"
    truth, guess, share = mistake
    return f"{plain(truth).capitalize()} is most often taken for {plain(guess)}: {share:.0%} of it"


def _calibration(view: state.View) -> None:
    frame, label = view.frame, view.corpus.label
    truth, prediction = frame["label"].to_numpy(float), frame["prediction"].to_numpy(float)
    st.subheader(calibration_title(calibration_slope(truth, prediction)))
    columns = [c for c in ("id", "conversation", "speaker", "label", "prediction") if c in frame]
    figure(
        calibration_figure(
            frame,
            calibration(truth, prediction),
            label,
            label_limits(label, truth),
            view.selected,
            view.primary,
        ),
        key=_KEY,
        caption=f"{len(frame):,} utterances of the {view.split} split; bins of equal size, "
        "bars are 95 % of the mean (normal).",
        explanation=(
            "Every dot is an utterance: what the model predicts along, what is true upwards, "
            "darker for a larger error. On the dotted line both are the same. The diamonds are "
            "the **mean truth** of utterances with about the same prediction: where they run "
            "flatter than the dotted line, the model is too bold, where steeper, too timid. "
            "Draw a box or a lasso to choose utterances on every page; the ring is the one that "
            "is looked at."
        ),
        data=frame[columns],
        alt="Truth against prediction for every utterance, with the mean truth in bins",
        on_select=_choose,
    )


def _choose() -> None:
    ids = selected_ids(_KEY)
    if ids:
        state.select(ids)


def _confusion(view: state.View, classes: list[str]) -> None:
    frame = view.frame
    counts = confusion(frame["label"], frame["prediction"], classes)
    st.subheader(confusion_title(most_confused(counts)))
    figure(
        confusion_figure(counts),
        key="confusion",
        caption=f"{len(frame):,} utterances of the {view.split} split.",
        explanation=(
            "A row is a true class, a column what the model says; the diagonal is right. "
            "Numbers are utterances, the shade is their share of the true class."
        ),
        data=counts.rename_axis("truth").reset_index(),
        alt="Confusion matrix of true and predicted classes",
    )


def slices_title(table: pd.DataFrame, name: str) -> str:
    """Which slice is furthest from all utterances in the metric `name`."""
    if len(table) < 2:
        return "Where does it fail?"
    everything, parts = table.iloc[0], table.iloc[1:]
    lower_is_worse = metric(name).higher_is_better
    values = parts[name].to_numpy(float)
    if not np.isfinite(values).any():
        return "Where does it fail?"
    worst = parts.iloc[np.nanargmin(values) if lower_is_worse else np.nanargmax(values)]
    write = metric(name).text
    return (
        f"Hardest are {plain(slice_phrases(table['slice'])[worst['slice']])}: {metric(name).name} "
        f"{write(worst[name])} against {write(everything[name])}"
    )


def _slices(view: state.View) -> None:
    table = _slice_table(view.checkpoint.fingerprint, view.corpus.fingerprint, view.split, view)
    names = [n for n in _SHOWN if n in table and table[n].notna().any()]
    st.subheader(slices_title(table, names[0]))
    if len(table) < 2:
        st.write(
            "This corpus has no further column with two to ten values, so there are no slices. "
            "Add one to its utterance table, `ambiguous` say, and it appears here."
        )
    shown = table[["slice", "n", *names]].assign(
        slice=table["slice"].map(slice_names(table["slice"]))
    )
    st.dataframe(
        shown,
        hide_index=True,
        width="stretch",
        height=min(400, 38 + 35 * len(shown)),
        column_config={
            "slice": st.column_config.TextColumn("Slice"),
            "n": st.column_config.NumberColumn("Utterances", format="localized"),
            **{
                n: st.column_config.NumberColumn(
                    metric(n).name,
                    help=metric(n).help,
                    format="percent" if metric(n).share else "%.3f",
                )
                for n in names
            },
        },
    )
    figure_footer(
        key="slices",
        caption=f"Slices of the {view.split} split with ten utterances or more.",
        explanation=(
            "A slice is one value of a further column of the corpus. Metrics of small slices "
            "are uncertain: see the intervals of the worst ones on the Overview page."
        ),
        data=table,
    )


@st.cache_data(show_spinner="Measuring the slices", max_entries=32)
def _slice_table(fingerprint: str, corpus: str, split: str, _view: state.View) -> pd.DataFrame:
    outputs = _view.outputs
    return slice_metrics(_view.corpus, outputs.rows, outputs.output[TRAINED])
