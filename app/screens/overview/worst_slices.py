"""Where a model fails: the slices with the largest error."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from app import state
from app.parts import page_text as say
from app.parts.drawings import drawn_figure
from app.parts.names import plain
from app.parts.numbers import interval_text
from app.parts.rows import dots_svg
from app.parts.slice_names import slice_contents, slice_titles
from mmmie.analysis.errors.slices import clearly_harder, worst_slices
from mmmie.analysis.outputs import TRAINED

_MOST = 8


def draw_worst_slices(view: state.View) -> None:
    """The dot plot of the worst slices of the split, with their size and interval."""
    with st.spinner("Looking where it fails"), state.readable_errors():
        outputs = view.outputs
        table = _worst_slices(*view.key, view)
    classes = view.corpus.label.classes is not None
    everything, worst = table.iloc[0], table.iloc[1 : 1 + _MOST]
    measure = "share of wrong classes" if classes else "mean absolute error, in label units"
    if worst.empty:
        say.finding("Where does it fail?")
        say.words("A slice needs ten utterances, and no part of this split has them.")
        return
    names = slice_titles(table["slice"])
    named = named_slice(table)
    say.finding(worst_title(table, share=classes))
    labels = [f"{names[r['slice']]} (n = {r['n']:,})" for r in worst.to_dict("records")]
    rows = worst.assign(label=labels)
    drawn_figure(
        dots_svg(
            rows,
            measure[:1].upper() + measure[1:],
            "Error of the model in the worst slices, with 95 % intervals.",
            highlight=str(rows["label"].get(named)) if named in rows.index else None,
            reference=float(everything["value"]),
            reference_name="all utterances",
            share=classes,
        ),
        key="worst-slices",
        caption=f"The worst {len(worst)} of {len(table) - 1} slices of the {view.split} split, "
        f"{len(outputs.rows):,} utterances; 95 % intervals by drawing conversations.",
        explanation="A slice is one value of a column of the corpus, or one of the parts that "
        "nearly every corpus has: thirds of the label range or classes, length of the transcript, "
        "first turns and replies, labels that a speaker repeats. Slices of fewer than ten "
        "utterances are left out. The worst of many slices looks bad partly by chance, so the "
        "title names one only where its difference to all utterances stays above zero after "
        "correction for their number (Bonferroni). Bars are 95 % intervals of each alone.",
        data=table,
    )


def worst_title(table: pd.DataFrame, *, share: bool) -> str:
    """The error of all utterances, and the slice that is shown to be worse by most.

    Args:
        table: from `mmmie.analysis.errors.slices.worst_slices`.
        share: whether the error is a share of wrong classes.
    """
    said = [
        interval_text(row["value"], row["low"], row["high"], share=share)
        for row in table.to_dict("records")
    ]
    overall = f"Error {said[0]} overall"
    place = named_slice(table)
    if place is None:
        return f"{overall}; no slice is clearly worse"
    named = slice_contents(table["slice"])[table["slice"].iloc[place]]
    return f"{overall}; on {plain(named)} {said[place]}"


def named_slice(table: pd.DataFrame) -> int | None:
    """The first row whose error is shown to be above that of all utterances; None for none."""
    worse = [place for place, found in enumerate(clearly_harder(table), 1) if found.above]
    return worse[0] if worse else None


@st.cache_data(show_spinner=False, max_entries=50)
def _worst_slices(fingerprint: str, corpus: str, split: str, _view: state.View) -> pd.DataFrame:
    outputs = _view.outputs
    return worst_slices(_view.corpus, outputs.rows, outputs.output[TRAINED])
