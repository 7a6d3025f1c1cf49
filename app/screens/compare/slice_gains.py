"""Where which checkpoint is better: paired differences in every slice."""

from __future__ import annotations

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from app import state
from app.parts import page_text as say
from app.parts.figures import figure
from app.parts.names import figure_text, plain
from app.parts.numbers import interval_text
from app.parts.slice_names import slice_contents, slice_titles
from app.parts.style import NEUTRAL, blank, name_rows, three_digits
from app.screens.compare.comparison import FIRST, SECOND, Names
from mmmie.analysis.errors.comparison import slice_gains


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
there, left of it the first. A filled, coloured dot: its paired 95 % interval leaves zero out. Whole
conversations are drawn, 2,000 times, both checkpoints on the same draws.

About one in twenty intervals of 95 % leaves zero out although nothing differs. Trust a slice that
you had in mind before you looked, or one whose interval is far from zero. Slices
overlap. Those of fewer than ten utterances are left out.
"""


def sure(table: pd.DataFrame) -> pd.Series:
    """Whether the interval of the gain leaves zero out, (n,)."""
    return (table["low"] > 0) | (table["high"] < 0)


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
    certain = sure(table).to_numpy()
    groups = (
        (~certain, NEUTRAL, "circle-open"),
        (certain & (table["gain"] > 0).to_numpy(), SECOND, "circle"),
        (certain & (table["gain"] <= 0).to_numpy(), FIRST, "circle"),
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
    """Which of the two is clearly better, in how many slices and where most."""
    parts = table[table["slice"] != "all"]
    if parts.empty:
        return "A slice needs ten utterances, and no part of this split has them"
    certain = parts[sure(parts)]
    first, second = (plain(name) for name in names)
    sides = [(second, certain[certain["gain"] > 0]), (first, certain[certain["gain"] < 0])]
    sides.sort(key=lambda side: -len(side[1]))
    (better, won), (other, lost) = sides
    if won.empty:
        return f"No clear difference in any of {len(parts)} slices"
    most = won.loc[won["gain"].abs().idxmax()]
    where = plain(slice_contents(parts["slice"])[most["slice"]])
    return (
        f"{better} is better in {len(won)} of {len(parts)} slices"
        + f", {other} in {len(lost)}" * bool(len(lost))
        + f"; most on {where}, by {_size(abs(most['gain']), share)}"
    )


def _size(value: float, share: bool) -> str:
    return f"{100 * value:.1f} percentage points" if share else three_digits(value)


def _hover(row: dict[str, float], names: Names, share: bool) -> str:
    before, after = (
        f"{row[name]:.1%}" if share else three_digits(row[name]) for name in ("first", "second")
    )
    said = interval_text(row["gain"], row["low"], row["high"], share=share)
    first, second = (figure_text(name) for name in names)
    return f"error of {first} {before}, of {second} {after}<br>gain {said.replace('-', '−')}"
