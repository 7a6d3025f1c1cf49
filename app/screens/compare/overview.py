"""Two checkpoints at a glance: paired differences of the metrics, and their predictions."""

from __future__ import annotations

import numpy as np
import pandas as pd
import streamlit as st

from app import state
from app.parts import page_text as say
from app.parts.drawings import drawn_figure
from app.parts.figures import figure, figure_footer
from app.parts.layout import wide_columns
from app.parts.maps import Marks, Places, maps_message, point_maps
from app.parts.names import plain
from app.parts.slice_names import slice_contents
from app.screens.compare.comparison import (
    DIFFERENCES_EXPLAINED,
    PREDICTIONS_EXPLAINED,
    Names,
    class_table,
    difference_svg,
    differences_finding,
    nearer_colours,
    prediction_places,
    prediction_words,
    values_table,
)
from mmmie.analysis.errors.comparison import disagreements, metric_differences

_PREDICTIONS, _HEIGHT = "compare-predictions", 400


def compared(view: state.View, other: state.View) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Paired differences of the metrics within the slice, and all predictions side by side.

    Returns:
        `mmmie.analysis.errors.comparison.metric_differences` and `disagreements`; the latter with
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


def draw_overview(
    view: state.View, other: state.View, differences: pd.DataFrame, both: pd.DataFrame
) -> None:
    """Both figures, beside each other where there is room.

    Args:
        view: the first checkpoint.
        other: the second.
        differences: from `compared`.
        both: from `compared`.
    """
    names = (view.choice.name, other.choice.name)
    left, right = wide_columns(2, key="differences", gap="large")
    with left:
        _differences(view, differences, names)
    with right:
        _predictions(view, other, both, names)


def _differences(view: state.View, differences: pd.DataFrame, names: Names) -> None:
    say.finding(differences_finding(differences, seeds=1))
    drawn_figure(
        difference_svg(
            differences, "Paired differences of the metrics with 95 % intervals.", names
        ),
        key="compare-differences",
        caption=f"Paired on {sample_words(view)}; 95 % intervals by drawing conversations, 2,000 "
        "times. One training run each.",
        explanation=DIFFERENCES_EXPLAINED,
        data=differences,
    )
    say.table(values_table(differences, names), border="horizontal", hide_index=True)


def _predictions(view: state.View, other: state.View, both: pd.DataFrame, names: Names) -> None:
    classes = view.corpus.label.classes
    shown = both[both["within"]]
    apart = np.mean(shown["first"] != shown["second"]) if classes else shown["distance"].mean()
    say.finding(
        f"They name another class for {apart:.1%} of utterances"
        if classes
        else f"Their predictions are {apart:.2f} apart on average"
    )
    caption = f"Predictions of both for {sample_words(view)}."
    if classes:
        figure(
            class_table(shown, list(classes), names),
            key=_PREDICTIONS,
            caption=caption,
            explanation=PREDICTIONS_EXPLAINED["classes"],
            data=shown,
            alt=f"Predictions of {names[0]} against those of {names[1]}.",
        )
        return
    prints = (v.checkpoint.fingerprint for v in (view, other))
    places, words = _dots((*prints, view.corpus.fingerprint, view.split), view, both, names)
    message = maps_message(places, words, _marks(view, both, names), key=True, height=_HEIGHT)
    point_maps(message, key=_PREDICTIONS, choose=state.select)
    figure_footer(
        key=_PREDICTIONS,
        caption=caption,
        explanation=PREDICTIONS_EXPLAINED["numbers"],
        data=shown,
        pictures=(_PREDICTIONS,),
    )


@st.cache_resource(show_spinner=False, max_entries=8)
def _dots(
    key: tuple[str, ...], _view: state.View, _both: pd.DataFrame, names: Names
) -> tuple[Places, bytes]:
    return prediction_places(_both, _view.corpus.label, names), prediction_words(_both, names)


def _marks(view: state.View, both: pd.DataFrame, names: Names) -> Marks:
    """Those of the page, in the order of `both`."""
    ids, known = pd.Index(both["id"]), view.frame["id"]
    pinned = None if view.pinned is None else int(ids.get_loc(known.iloc[view.pinned]))
    return Marks(
        selected=np.flatnonzero(ids.isin(state.selection().ids)).tolist(),
        primary=int(ids.get_loc(known.iloc[view.primary])),
        pinned=pinned,
        within=both["within"].to_numpy(bool),
        joined=[],
        by="nearer to the truth",
        colours=nearer_colours(both, names),
    )
