"""The utterances on which two checkpoints disagree most."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from app import state
from app.parts import page_text as say
from app.parts.drawings import draw
from app.parts.figures import figure_footer
from app.parts.listing import Column, listing
from app.parts.names import plain
from app.screens.compare.comparison import Names
from app.screens.compare.overview import sample_words

_COUNT = 20
_KEY = "disagreements"
_HEIGHT = 440


def draw_disagreements(view: state.View, table: pd.DataFrame, names: Names) -> None:
    """The list; a click chooses an utterance everywhere.

    Args:
        view: the first checkpoint.
        table: from `mmmie.analysis.errors.comparison.disagreements`, what the slice filter lets
            through.
    """
    shown = table.head(_COUNT)
    better = int((shown["gain"] > 0).sum())
    say.finding(
        f"Where they disagree most, {plain(names[1])} is nearer to the truth in {better} of "
        f"{len(shown)}"
    )
    classes = view.corpus.label.classes is not None
    numbers = None if classes else 2
    columns = {
        "id": Column("utterance"),
        "label": Column("label", numbers),
        "first": Column(names[0], numbers),
        "second": Column(names[1], numbers),
        "distance": Column(
            "apart",
            2,
            hint="Half the sum of the differences between the class probabilities, 0 to 1."
            if classes
            else "Absolute difference of the predictions, in label units.",
        ),
        "gain": Column(
            f"gain of {names[1]}",
            2,
            signed=True,
            hint=f"How much smaller the error of {names[1]} is; for classes the error is 1 minus "
            "the probability of the true class.",
        ),
        "transcript": Column("transcript"),
    }
    with st.container(height=_HEIGHT, border=False):
        draw(
            listing(
                shown,
                {key: column for key, column in columns.items() if key in shown},
                "The utterances on which both checkpoints disagree most",
                str(view.frame["id"].iloc[view.primary]),
            ),
            key=f"{_KEY}-list",
            choose=lambda name: state.select([name]),
        )
    figure_footer(
        key=_KEY,
        caption=f"The {len(shown)} furthest apart, of {sample_words(view)}. Click a row to look at "
        "it on every page.",
        explanation="Both checkpoints predict the same utterances. Far apart does not mean wrong: "
        "**gain** says how much nearer to the truth the second checkpoint is; it is negative where "
        "the first is nearer. The download has all utterances.",
        data=table,
    )
