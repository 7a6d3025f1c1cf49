"""The metrics of every slice; choosing one shows its utterances on every page."""

from __future__ import annotations

import numpy as np
import pandas as pd
import streamlit as st

from app import state
from app.parts import page_text as say
from app.parts.figures import figure_footer
from app.parts.names import plain
from app.parts.numbers import interval_text, metric
from app.parts.slice_names import slice_contents, slice_titles
from mmmie.analysis.errors.slices import clearly_harder, main_metric, slice_metrics
from mmmie.analysis.outputs import TRAINED

_KEY = "slice-table"
_SHOWN = ("mae", "corr", "acc2_nonzero", "f1_nonzero", "accuracy", "f1_weighted", "f1_macro")


def slice_table(view: state.View) -> None:
    """Draw the slices of the split; choosing a row sets the slice filter of the sidebar."""
    table = _measured(view.checkpoint.fingerprint, view.corpus.fingerprint, view.split, view)
    main = main_metric(view.corpus.label)
    names = [n for n in _SHOWN if n in table and table[n].notna().any()]
    slices = table["slice"].tolist()
    say.finding(slices_title(table, main))
    if len(table) < 2:
        say.words(
            "No part of this split has the ten utterances that a slice needs. Columns of your "
            "own in the utterance table, `ambiguous` say, make slices too."
        )
    _mark_chosen(slices.index(view.slice) if view.slice in slices else 0)
    ends = zip(table["low"], table["high"], strict=True)
    shown = table[["slice", "n", *names]].assign(slice=table["slice"].map(slice_titles(slices)))
    shares = [n for n in names if metric(n).share]
    shown[shares] *= 100  # Streamlit's own percentages have as many digits as they need
    shown.insert(
        shown.columns.get_loc(main) + 1,
        "interval",
        [_ends_text(low, high, share=metric(main).share) for low, high in ends],
    )
    say.grid(
        shown,
        key=_KEY,
        on_select=lambda: _choose(slices),
        selection_mode="single-row",
        hide_index=True,
        width="stretch",
        height=min(436, 38 + 35 * len(shown)),
        column_config={
            "slice": st.column_config.TextColumn("Slice"),
            "n": st.column_config.NumberColumn("Utterances", format="localized"),
            "interval": st.column_config.TextColumn(
                "95 %", help=f"Interval of {metric(main).name} by drawing conversations."
            ),
            **{
                n: st.column_config.NumberColumn(
                    metric(n).name,
                    help=metric(n).help,
                    format="%.1f%%" if metric(n).share else "%.3f",
                )
                for n in names
            },
        },
        alt="Metrics of every slice of the split",
    )
    figure_footer(
        key="slices",
        caption=f"Slices of the {view.split} split with ten utterances or more; 95 % intervals "
        f"of {metric(main).name} by drawing conversations, 2,000 times.",
        explanation=(
            "A slice is one value of a further column of the corpus, a class or a third of the "
            "label range, or what an utterance is in its conversation: a first turn, a reply, "
            "short or long. **Choose a row** to see its utterances only, on every page; choose "
            "it again to see all. Correlation and F1 are lower inside a slice of similar labels "
            "without the model being worse there. Of many slices, one is the worst by chance. So "
            "the title names one only where its difference to all utterances stays above zero "
            "after correction for their number (Bonferroni)."
        ),
        data=table,
    )


def slices_title(table: pd.DataFrame, name: str) -> str:
    """The metric `name` of all utterances, and the slice that is shown to be harder.

    Args:
        table: from `mmmie.analysis.errors.slices.slice_metrics`.
        name: of the metric whose interval `low` and `high` are.
    """
    share = metric(name).share
    said = [
        interval_text(row[name], row["low"], row["high"], share=share)
        for row in table.to_dict("records")
    ]
    overall = f"{metric(name).name} {said[0]} overall"
    if len(table) < 2:
        return overall
    found = clearly_harder(table)
    gaps = [one.value if one.above else -np.inf for one in found]
    if not np.isfinite(gaps).any():
        return f"{overall}; no slice is clearly harder"
    worst = 1 + int(np.argmax(gaps))
    holds = plain(slice_contents(table["slice"])[table["slice"].iloc[worst]])
    return f"{overall}; clearly harder are {holds}, {said[worst]}"


def _ends_text(low: float, high: float, *, share: bool) -> str:
    if not (np.isfinite(low) and np.isfinite(high)):
        return ""
    return f"{low:.0%} to {high:.0%}" if share else f"{low:.3f} to {high:.3f}"


def _mark_chosen(row: int) -> None:
    """Show the slice filter of the sidebar as the chosen row; none where it lets all through."""
    rows = [row] if row else []
    held = st.session_state.get(_KEY)
    if held is None or list(held["selection"]["rows"]) != rows:
        st.session_state[_KEY] = {"selection": {"rows": rows, "columns": [], "cells": []}}


def _choose(slices: list[str]) -> None:
    rows = st.session_state[_KEY]["selection"]["rows"]
    st.session_state["slice"] = slices[rows[0]] if rows else state.EVERYTHING


@st.cache_data(show_spinner="Measuring the slices", max_entries=32)
def _measured(fingerprint: str, corpus: str, split: str, _view: state.View) -> pd.DataFrame:
    outputs = _view.outputs
    return slice_metrics(_view.corpus, outputs.rows, outputs.output[TRAINED])
