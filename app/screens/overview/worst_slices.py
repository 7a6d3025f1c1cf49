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
from app.parts.slice_names import slice_titles
from mmmie.analysis.errors.slices import worst_slices
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
    first, names = worst.iloc[0], slice_titles(table["slice"])
    said = interval_text(first["value"], first["low"], first["high"], share=classes)
    say.finding(f"Largest error: {plain(names[first['slice']])}, {said}")
    labels = [f"{names[r['slice']]} (n = {r['n']:,})" for r in worst.to_dict("records")]
    rows = worst.assign(label=labels)
    drawn_figure(
        dots_svg(
            rows,
            measure[:1].upper() + measure[1:],
            "Error of the model in the worst slices, with 95 % intervals.",
            highlight=rows["label"].iloc[0],
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
        "utterances are left out. The worst of many slices looks bad partly by chance. Trust the "
        "interval, and a slice that you expected, more than the order.",
        data=table,
    )


@st.cache_data(show_spinner=False, max_entries=50)
def _worst_slices(fingerprint: str, corpus: str, split: str, _view: state.View) -> pd.DataFrame:
    outputs = _view.outputs
    return worst_slices(_view.corpus, outputs.rows, outputs.output[TRAINED])
