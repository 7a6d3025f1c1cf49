"""Where the second checkpoint helps: paired differences in every slice."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from app import state
from app.components.figures import figure
from app.views.slice_gains import EXPLANATION, slice_finding, slice_gain_figure
from mmmie.analysis.comparison import slice_gains


def draw_slice_gains(view: state.View, other: state.View) -> None:
    """The figure with its finding; the slice filter of the sidebar only marks its row."""
    table = _gains(
        view.checkpoint.fingerprint,
        other.checkpoint.fingerprint,
        view.corpus.fingerprint,
        view.split,
        view,
        other,
    )
    share = view.corpus.label.classes is not None
    st.subheader(slice_finding(table, share=share))
    if len(table) == 1:
        return
    unit = "percentage points of wrong classes" if share else "mean absolute error, label units"
    figure(
        slice_gain_figure(table, f"gain of the second, {unit}", share=share, current=view.slice),
        key="compare-slices",
        caption=f"Error of the first minus error of the second in {len(table) - 1} slices of the "
        f"{view.split} split, {len(view.frame):,} utterances; paired 95 % intervals by drawing "
        "conversations. The slice of the sidebar is bold.",
        explanation=EXPLANATION,
        data=table,
        alt="Paired difference of the error in every slice, with 95 % intervals.",
    )


@st.cache_data(show_spinner="Comparing slices", max_entries=50)
def _gains(
    first: str, second: str, corpus: str, split: str, _view: state.View, _other: state.View
) -> pd.DataFrame:
    return slice_gains(_view.corpus, _view.outputs, _other.outputs)
