"""Two checkpoints at a glance: paired differences of the metrics, and their predictions."""

from __future__ import annotations

import numpy as np
import pandas as pd
import streamlit as st

from app import state
from app.components.drawings import drawn_figure
from app.components.figures import figure, selected_ids
from app.components.layout import wide_columns
from app.views.comparison import class_table, difference_svg, prediction_scatter
from app.views.comparison_words import DIFFERENCES_EXPLAINED, PREDICTIONS_EXPLAINED, values_table
from app.views.names import plain
from app.views.slice_words import slice_contents
from app.views.thinning import thinned, thinned_words
from mmmie.analysis.comparison import disagreements, metric_differences

_SCATTER = "compare-predictions"


def compared(view: state.View, other: state.View) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Paired differences of the metrics within the slice, and all predictions side by side.

    Returns:
        `mmmie.analysis.comparison.metric_differences` and `disagreements`; the latter with
        `within`, whether the slice filter lets an utterance through.

    Raises:
        InputError: the weights of one of them cannot be read.
    """
    return _compared(
        view.checkpoint.fingerprint,
        other.checkpoint.fingerprint,
        view.corpus.fingerprint,
        view.split,
        view.slice,
        view,
        other,
    )


@st.cache_data(show_spinner="Comparing", max_entries=50)
def _compared(
    first: str,
    second: str,
    corpus: str,
    split: str,
    part: str,
    _first: state.View,
    _second: state.View,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    a, b = _first.outputs, _second.outputs
    both = disagreements(_first.corpus, a, b)
    inside = set(_first.frame.loc[_first.within, "id"])
    differences = metric_differences(_first.corpus, a, b, mask=_first.within)
    return differences, both.assign(within=both["id"].isin(inside))


def sample_words(view: state.View) -> str:
    """What is compared: how many utterances of which part of which split."""
    count = int(view.within.sum())
    if view.slice == state.EVERYTHING:
        return f"{count:,} utterances of the {view.split} split"
    said = slice_contents([view.slice])[view.slice]
    return f"{count:,} of {len(view.frame):,} utterances of the {view.split} split: {plain(said)}"


def draw_overview(view: state.View, differences: pd.DataFrame, both: pd.DataFrame) -> None:
    """Both figures, beside each other where there is room.

    Args:
        view: the first checkpoint.
        differences: from `compared`.
        both: from `compared`.
    """
    left, right = wide_columns(2, key="differences", gap="large")
    with left:
        _differences(view, differences)
    with right:
        _predictions(view, both)


def _differences(view: state.View, differences: pd.DataFrame) -> None:
    st.subheader("Is the difference more than chance?")
    drawn_figure(
        difference_svg(differences, "Paired differences of the metrics with 95 % intervals."),
        key="compare-differences",
        caption=f"Paired on {sample_words(view)}; 95 % intervals by drawing conversations, 2,000 "
        "times. One training run each.",
        explanation=DIFFERENCES_EXPLAINED,
        data=differences,
    )
    st.table(values_table(differences), border="horizontal", hide_index=True)


def _predictions(view: state.View, both: pd.DataFrame) -> None:
    classes, ids = view.corpus.label.classes, view.frame["id"]
    shown = both[both["within"]]
    dots = shown if classes else _drawn(view, shown)
    apart = np.mean(shown["first"] != shown["second"]) if classes else shown["distance"].mean()
    st.subheader(
        f"They name another class for {apart:.1%} of utterances"
        if classes
        else f"Their predictions are {apart:.2f} apart on average"
    )
    figure(
        class_table(shown, list(classes))
        if classes
        else prediction_scatter(
            dots,
            view.corpus.label,
            list(state.selection().ids),
            ids.iloc[view.primary],
            None if view.pinned is None else ids.iloc[view.pinned],
            _drawn(view, both[~both["within"]]),
        ),
        key=_SCATTER,
        caption=f"Predictions of both for {sample_words(view)}"
        f"{thinned_words(len(dots), len(shown))}.",
        explanation=PREDICTIONS_EXPLAINED["classes" if classes else "numbers"],
        data=shown,
        alt="Predictions of the first checkpoint against those of the second.",
        on_select=None if classes else _take,
    )


def _drawn(view: state.View, table: pd.DataFrame) -> pd.DataFrame:
    """Those of very many that the figure shows: a sample, the selection and who is looked at."""
    looked_at = [view.primary, *([] if view.pinned is None else [view.pinned])]
    always = {*state.selection().ids, *view.frame["id"].iloc[looked_at]}
    return table.iloc[thinned(len(table), np.flatnonzero(table["id"].isin(always)))]


def _take() -> None:
    ids = selected_ids(_SCATTER)
    if ids:
        state.select(ids)
