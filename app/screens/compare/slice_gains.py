"""Where which checkpoint is better: paired differences in every slice."""

from __future__ import annotations

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from app import state
from app.parts import page_text as say
from app.parts.figures import figure
from app.parts.names import figure_text, plain
from app.parts.numbers import interval_text, listed
from app.parts.slice_names import slice_contents, slice_titles
from app.parts.style import NEUTRAL, blank, name_rows, three_digits
from app.screens.compare.comparison import FIRST, SECOND, Names
from mmmie.analysis.errors.comparison import slice_gains
from mmmie.mi.verdict import Decision, decide


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
    names = (view.choice.name, other.choice.name)
    say.finding(slice_finding(table, names, share=share))
    if len(table) == 1:
        return
    unit = "percentage points of wrong classes" if share else "mean absolute error, label units"
    figure(
        slice_gain_figure(
            table,
            f"gain of {figure_text(names[1])}, {unit}",
            names,
            share=share,
            current=view.slice,
        ),
        key="compare-slices",
        caption=f"Error of {plain(names[0])} minus error of {plain(names[1])} in {len(table) - 1} "
        f"slices of the {view.split} split, {len(view.frame):,} utterances; paired 95 % intervals "
        "by drawing conversations. The slice of the sidebar is bold.",
        explanation=EXPLANATION,
        data=table,
        alt="Paired difference of the error in every slice, with 95 % intervals.",
    )


@st.cache_data(show_spinner="Comparing slices", max_entries=50)
def _gains(
    first: str, second: str, corpus: str, split: str, _view: state.View, _other: state.View
) -> pd.DataFrame:
    return slice_gains(_view.corpus, _view.outputs, _other.outputs)


_ROW_PIXELS = 26

EXPLANATION = """
One row per part of the split; right of the line the second checkpoint makes the smaller error
there, left of it the first. A filled, coloured dot: a clear difference. Whole
conversations are drawn, 2,000 times, both checkpoints on the same draws.

Bars are 95 % intervals of each slice alone, and of many such intervals one in twenty leaves zero
out although nothing differs. So a slice counts, and its dot is filled, only where its interval
still leaves zero out after correction for the number of slices (Bonferroni). Slices overlap. Those
of fewer than ten utterances are left out.
"""


def decided(table: pd.DataFrame, seeds: int = 1) -> list[Decision]:
    """What may be said of every gain: of all utterances alone, of slices for all of them together.

    Args:
        table: from `mmmie.analysis.errors.comparison.slice_gains`.
        seeds: trainings behind each side.
    """
    slices = max(len(table) - 1, 1)
    return [
        decide(row["gain"], row["low"], row["high"], looks=looks, seeds=seeds)
        for row in table.to_dict("records")
        for looks in [1 if row["slice"] == "all" else slices]
    ]


def slice_gain_figure(
    table: pd.DataFrame, title: str, names: Names, *, share: bool, current: str
) -> go.Figure:
    """One row per slice, all utterances on top, then by falling gain.

    Args:
        table: from `mmmie.analysis.errors.comparison.slice_gains`.
        share: whether the error is a share.
    """
    titles = slice_titles(table["slice"])
    titles["all"] = "all utterances"
    rows = [
        f"{figure_text(titles[row['slice']])} (n = {row['n']:,})"
        for row in table.to_dict("records")
    ]
    figure = blank(80 + _ROW_PIXELS * len(table), showlegend=False)
    figure.add_vline(0, line={"color": NEUTRAL, "width": 1})
    found = decided(table)
    groups = (
        (np.array([not one.clear for one in found]), NEUTRAL, "circle-open"),
        (np.array([one.above for one in found]), SECOND, "circle"),
        (np.array([one.below for one in found]), FIRST, "circle"),
    )
    for mask, colour, symbol in groups:
        part = table[mask]
        figure.add_scatter(
            x=part["gain"],
            y=[name for name, shown in zip(rows, mask, strict=True) if shown],
            mode="markers",
            marker={"size": 10, "color": colour, "symbol": symbol},
            error_x={
                "type": "data", "symmetric": False, "thickness": 1.6, "width": 0, "color": colour,
                "array": (part["high"] - part["gain"]).fillna(0),
                "arrayminus": (part["gain"] - part["low"]).fillna(0),
            },
            text=[_hover(row, names, share) for row in part.to_dict("records")],
            hovertemplate="<b>%{y}</b><br>%{text}<extra></extra>",
        )  # fmt: skip
    name_rows(figure, rows)
    bold = [
        f"<b>{name}</b>" if row == current else name
        for name, row in zip(rows, table["slice"], strict=True)
    ]
    figure.update_yaxes(tickvals=rows, ticktext=bold)
    figure.update_xaxes(title=title, tickformat="+.0%" if share else None)
    return figure


def slice_finding(table: pd.DataFrame, names: Names, *, share: bool) -> str:
    """Overall first, then which of the two is clearly better in how many slices."""
    found, first, second = decided(table), plain(names[0]), plain(names[1])
    whole, count = found[0], len(table) - 1
    if whole.clear:
        ends = sorted(abs(end) for end in (whole.low, whole.high))
        by = (
            f"{_size(abs(whole.value), share)} ({_size(ends[0], share)} to {_size(ends[1], share)})"
        )
        said = f"Overall {second if whole.above else first} is better by {by}, {whole.note}"
    elif whole.verdict == "not known":
        said = "Whether they differ overall is not known"
    else:
        said = "Overall no clear difference"
    if not count:
        return said
    parts, words = [], slice_contents(table["slice"])
    for name, won in (
        (second, {place: one.low for place, one in enumerate(found) if place and one.above}),
        (first, {place: -one.high for place, one in enumerate(found) if place and one.below}),
    ):
        if won:
            where = words[table["slice"].iloc[max(won, key=lambda place: won[place])]]
            named = "" if len(won) == 1 else "such as "
            parts.append(f"{name} is better in {len(won)} ({named}{plain(where)})")
    if not parts:
        return f"{said}; shown in none of {count} slices"
    return f"{said}; of {count} slices {listed(parts)}"


def _size(value: float, share: bool) -> str:
    return f"{100 * value:.1f} percentage points" if share else three_digits(value)


def _hover(row: dict[str, float], names: Names, share: bool) -> str:
    before, after = (
        f"{row[name]:.1%}" if share else three_digits(row[name]) for name in ("first", "second")
    )
    said = interval_text(row["gain"], row["low"], row["high"], share=share)
    first, second = (figure_text(name) for name in names)
    return f"error of {first} {before}, of {second} {after}<br>gain {said.replace('-', '−')}"
