"""The utterances on which two checkpoints disagree most."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from app import state
from app.components.comparison_overview import sample_words
from app.components.figures import figure_footer

_COUNT = 20
_KEY = "disagreements"
_ORDER = ("id", "label", "first", "second", "distance", "gain", "transcript")


def draw_disagreements(view: state.View, other: state.View, table: pd.DataFrame) -> None:
    """The table; a click chooses an utterance everywhere.

    Args:
        view: the first checkpoint.
        other: the second.
        table: from `mmmie.analysis.comparison.disagreements`, what the slice filter lets through.
    """
    shown = table.head(_COUNT)
    # another comparison is another list: a row chosen here shall not stay chosen there
    key = f"{_KEY}-{view.choice.name}-{other.choice.name}-{view.split}-{view.slice}"
    better = int((shown["gain"] > 0).sum())
    st.subheader(
        f"Where they disagree most, the second is nearer to the truth in {better} of {len(shown)}"
    )
    classes = view.corpus.label.classes is not None
    number = st.column_config.NumberColumn
    columns: dict[str, Any] = {
        "id": "utterance",
        "transcript": st.column_config.TextColumn("transcript", width="large"),
        "first": "first" if classes else number("first", format="%.2f"),
        "second": "second" if classes else number("second", format="%.2f"),
        "distance": number(
            "apart",
            format="%.2f",
            help="Half the sum of the differences between the class probabilities, 0 to 1."
            if classes
            else "Absolute difference of the predictions, in label units.",
        ),
        "gain": number(
            "gain of second",
            format="%+.2f",
            help="How much smaller the error of the second is; for classes the error is 1 minus "
            "the probability of the true class.",
        ),
    }
    if not classes:
        columns["label"] = number("label", format="%.2f")
    st.dataframe(
        shown,
        hide_index=True,
        width="stretch",
        height=420,
        key=key,
        on_select=lambda: _take(key, shown),
        selection_mode="single-row",
        column_order=[c for c in _ORDER if c in shown],
        column_config=columns,
    )
    figure_footer(
        key=_KEY,
        caption=f"The {len(shown)} furthest apart, of {sample_words(view)}. Click a row to look at "
        "it on every page.",
        explanation="Both checkpoints predict the same utterances. Far apart does not mean wrong: "
        "**gain** says how much nearer to the truth the second one is, negative where the first "
        "is. The download holds all utterances.",
        data=table,
    )


def _take(key: str, shown: pd.DataFrame) -> None:
    rows = st.session_state[key]["selection"]["rows"]
    if rows:
        state.select([str(shown["id"].iloc[rows[0]])])
