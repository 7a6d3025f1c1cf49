"""How well each class is found, and how often it is predicted."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from app import state
from app.parts import page_text as say
from app.parts.figures import figure_footer
from app.parts.names import plain
from app.parts.numbers import interval_text, never_predicted_words
from mmmie.analysis.errors.classes import class_table
from mmmie.analysis.errors.resampling import conversation_codes
from mmmie.analysis.outputs import TRAINED
from mmmie.mi.verdict import leader


def classes(view: state.View) -> None:
    """Draw the table of precision, recall and F1 of every class."""
    table = _measured(*view.key, view.slice, view)
    say.finding(classes_title(table))
    say.table(
        pd.DataFrame(
            {
                "Class": table["class"],
                "Utterances": [f"{n:,}" for n in table["n"]],
                "Predicted": [f"{n:,}" for n in table["predicted"]],
                "Precision": _cells(table, "precision", share=True),
                "Recall": _cells(table, "recall", share=True),
                "F1": _cells(table, "f1", share=False),
            }
        ),
        border="horizontal",
        hide_index=True,
    )
    figure_footer(
        key="classes",
        caption=f"{view.sample(int(table['n'].sum()))}; 95 % intervals by drawing conversations.",
        explanation=(
            "**Recall** is the share of the utterances of a class that is found, **precision** "
            "the share of the predictions of a class that is right, **F1** their harmonic mean. "
            "Predicted is how often the model names the class. A rare class that is seldom "
            "predicted costs little accuracy: train with `objective.task.class_weights` set to "
            "`balanced` to have it count as much as the others."
        ),
        data=table,
    )


def classes_title(table: pd.DataFrame) -> str:
    """Which classes are never predicted, or which is found least often.

    Args:
        table: from `mmmie.analysis.errors.classes.class_table`.
    """
    never = table["class"][(table["n"] > 0) & (table["predicted"] == 0)].tolist()
    if never:
        return never_predicted_words(never)
    known = table[table["recall"].notna()]
    place = leader(-known["recall"], -known["recall_high"], -known["recall_low"])
    if place is None:
        return "No class is shown to be found least often"
    least = known.iloc[place]
    said = interval_text(least["recall"], least["recall_low"], least["recall_high"], share=True)
    return f"Lowest recall: {plain(least['class'])}, {said}"


def _cells(table: pd.DataFrame, name: str, *, share: bool) -> list[str]:
    ends = zip(table[name], table[f"{name}_low"], table[f"{name}_high"], strict=True)
    said = ("–" if v != v else interval_text(v, lo, hi, share=share) for v, lo, hi in ends)
    return [cell.replace(", ", ",\u00a0") for cell in said]  # an interval stays on one line


@st.cache_data(show_spinner=False, max_entries=32)
def _measured(
    fingerprint: str, corpus: str, split: str, part: str, _view: state.View
) -> pd.DataFrame:
    rows = _view.outputs.rows
    return class_table(
        _view.corpus.label.classes or (),
        _view.outputs.output[TRAINED],
        _view.corpus.targets[rows],
        conversation_codes(_view.corpus, rows),
        _view.within,
    )
