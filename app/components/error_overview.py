"""How prediction and truth part over the split, and in which parts of it most."""

from __future__ import annotations

import numpy as np
import streamlit as st

from app import state
from app.components.figures import figure, selected_ids
from app.components.layout import wide_columns
from app.components.slice_table import slice_table
from app.views.conversation import hover_text, label_limits
from app.views.names import capital, plain
from app.views.prediction_errors import Shown, calibration_figure, confusion_figure
from app.views.style import three_digits
from app.views.thinning import thinned, thinned_words
from mmmie.analysis.prediction_errors import (
    calibration,
    calibration_slope,
    confusion,
    most_confused,
)

_KEY = "truth-and-prediction"
_TOLERATED = 0.1


def error_overview(view: state.View) -> None:
    """Draw truth against prediction on the left, the slices on the right."""
    left, right = wide_columns(2, key="error-overview")
    with left:
        if view.corpus.label.classes is None:
            _calibration(view)
        else:
            _confusion(view, list(view.corpus.label.classes))
    with right:
        slice_table(view)


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
    return f"{capital(plain(truth))} is most often taken for {plain(guess)}: {share:.0%} of it"


def _calibration(view: state.View) -> None:
    label, chosen = view.corpus.label, state.selection()
    frame = view.frame[view.within]
    rows = np.flatnonzero(view.within)  # of view.frame
    looked_at = [*view.selected, view.primary, *([] if view.pinned is None else [view.pinned])]
    rows = rows[thinned(len(rows), np.flatnonzero(np.isin(rows, looked_at)))]
    truth, prediction = frame["label"].to_numpy(float), frame["prediction"].to_numpy(float)
    st.subheader(calibration_title(calibration_slope(truth, prediction)))
    columns = [c for c in ("id", "conversation", "speaker", "label", "prediction") if c in frame]
    figure(
        calibration_figure(
            view.frame.iloc[rows],
            calibration(truth, prediction),
            label,
            label_limits(label, view.frame["label"].to_numpy(float)),
            Shown(
                _hover(view, rows),
                chosen.ids,
                str(view.frame["id"].iloc[view.primary]),
                chosen.pinned,
            ),
        ),
        key=_KEY,
        caption=f"{view.sample(len(frame))}{thinned_words(len(rows), len(frame))}; bins of equal "
        "size, bars are 95 % of the mean (normal).",
        explanation=(
            "Every dot is an utterance: what the model predicts along, what is true upwards, "
            "darker for a larger error. On the dotted line both are the same. The diamonds are "
            "the **mean truth** of utterances with about the same prediction: where they run "
            "flatter than the dotted line, the model is too bold, where steeper, too timid. "
            "Draw a box or a lasso to choose utterances on every page; the ring is the one that "
            "is looked at, the square the pinned one."
        ),
        data=frame[columns],
        alt="Truth against prediction for every utterance, with the mean truth in bins",
        on_select=_choose,
    )


def _hover(view: state.View, rows: np.ndarray) -> list[str]:
    """What the dots say; each is put into lines once."""
    held = _known_hover(view.corpus.fingerprint, view.split)
    new = [row for row in rows.tolist() if row not in held]
    held.update(zip(new, hover_text(view.frame.iloc[new]), strict=True))
    return [held[row] for row in rows.tolist()]


@st.cache_resource(show_spinner=False, max_entries=16)
def _known_hover(fingerprint: str, split: str) -> dict[int, str]:
    return {}


def _choose() -> None:
    ids = selected_ids(_KEY)
    if ids:
        state.select(ids)


def _confusion(view: state.View, classes: list[str]) -> None:
    frame = view.frame[view.within]
    counts = confusion(frame["label"], frame["prediction"], classes)
    st.subheader(confusion_title(most_confused(counts)))
    figure(
        confusion_figure(counts),
        key="confusion",
        caption=f"{view.sample(len(frame))}.",
        explanation=(
            "A row is a true class, a column what the model says; the diagonal is right. "
            "Numbers are utterances, the shade is their share of the true class."
        ),
        data=counts.rename_axis("truth").reset_index(),
        alt="Confusion matrix of true and predicted classes",
    )
