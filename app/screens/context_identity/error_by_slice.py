"""How much one intervention changes the error in every slice of the split."""

from __future__ import annotations

import pandas as pd
import plotly.graph_objects as go

from app import state
from app.parts import say
from app.parts.figures import figure
from app.parts.names import figure_text, plain
from app.parts.numbers import listed
from app.parts.slice_names import slice_contents
from app.parts.style import ACCENT, NEUTRAL, blank, name_rows, three_digits
from app.screens.context_identity.interventions import (
    SHORT,
    error_explained,
    measured_changes,
    sample_words,
    titles_of,
)
from app.screens.context_identity.trained_without import Retrained

_ROW_PIXELS = 30
_PALE = 0.4
_MOST_NAMED = 4


def draw_slices(view: state.View, variant: str, other: Retrained | None) -> None:
    """What one intervention does in every part of the split."""
    rows = slice_changes(measured_changes(view, other), variant)
    say.finding(f"“{SHORT[variant].capitalize()}”, part by part")
    say.words(f"{slices_finding(rows)}. {plain(null_sentence(rows))}")
    classes = view.corpus.label.classes is not None
    unit = "change of the error" if classes else "change of the error, in label units"
    figure(
        slice_change_figure(rows, titles_of(view, rows), unit),
        key="identity-slices",
        caption=f"On {sample_words(view)}; paired 95 % intervals by drawing conversations; pale: "
        f"no clear difference. Each interval stands alone: of {len(rows)} about one in twenty "
        "excludes 0 by chance.",
        explanation=(
            "Every dot is how much the error changes against the model as trained, in one part of "
            "the split; right of the line it grows. Choose the intervention above. **Replies** "
            "are turns after another speaker's; a label **as the speaker's last** repeats what "
            "the same speaker showed last in this conversation, within a tenth of the range. "
            "Parts of fewer than ten "
            "utterances are left out, and parts may overlap. " + error_explained(view)
        ),
        data=rows,
        alt="Change of the error under one intervention, one row per part of the split",
    )


def slice_changes(changes: pd.DataFrame, variant: str) -> pd.DataFrame:
    """The rows of one intervention, ``all`` first, then by falling change.

    Args:
        changes: from `mmmie.analysis.ask.identity_effect.identity_changes`.

    Returns:
        These rows with `sure`: whether the interval excludes zero.
    """
    rows = changes[changes["variant"] == variant]
    rows = rows.assign(sure=(rows["low"] > 0) | (rows["high"] < 0))
    parts = rows[rows["slice"] != "all"].sort_values("change", ascending=False, kind="stable")
    return pd.concat([rows[rows["slice"] == "all"], parts], ignore_index=True)


def slice_change_figure(rows: pd.DataFrame, titles: dict[str, str], x_title: str) -> go.Figure:
    """One row per slice: how much the intervention changes the error, with its interval.

    Args:
        rows: from `slice_changes`.
        titles: slice → what its row is called.
    """
    names = [
        f"{figure_text(titles[row['slice']])} (n = {row['n']:,})" for row in rows.to_dict("records")
    ]
    figure = blank(80 + _ROW_PIXELS * len(rows), showlegend=False)
    figure.add_vline(0, line={"color": NEUTRAL, "width": 1})
    figure.add_scatter(
        x=rows["change"], y=names, mode="markers",
        marker={
            "size": [13 if name == "all" else 11 for name in rows["slice"]], "color": ACCENT,
            "opacity": [1 if sure else _PALE for sure in rows["sure"]],
        },
        error_x={
            "type": "data", "symmetric": False, "thickness": 1.6, "width": 0, "color": NEUTRAL,
            "array": (rows["high"] - rows["change"]).fillna(0),
            "arrayminus": (rows["change"] - rows["low"]).fillna(0),
        },
        text=[_hover(name, row) for name, row in zip(names, rows.to_dict("records"), strict=True)],
        hovertemplate="%{text}<extra></extra>",
    )  # fmt: skip
    name_rows(figure, names)
    figure.update_xaxes(title=x_title, zeroline=False)
    return figure


def slices_finding(rows: pd.DataFrame) -> str:
    """In how many slices the interval of the change excludes zero, each taken alone."""
    parts = rows[rows["slice"] != "all"]
    if parts.empty:
        return "No part of this split is large enough to look at on its own"
    worse = int((parts["sure"] & (parts["change"] > 0)).sum())
    better = int((parts["sure"] & (parts["change"] < 0)).sum())
    count = len(parts)
    if not worse and not better:
        return f"No clear difference in any of {count} parts"
    said = [f"raises the error in {worse} of {count} parts"] if worse else []
    said += [f"lowers it in {better}" if worse else f"lowers the error in {better} of {count} parts"
             ] if better else []  # fmt: skip
    return f"At 95 % each, it {listed(said)}"


def null_sentence(rows: pd.DataFrame) -> str:
    """The slices in which the change may be chance, by name; empty where there is none."""
    phrases = slice_contents(rows["slice"])
    null = [phrases[name] for name in rows.loc[~rows["sure"], "slice"]]
    if not null:
        return ""
    if len(null) > _MOST_NAMED:
        null = [*null[:_MOST_NAMED], f"{len(null) - _MOST_NAMED} more"]
    return f"No clear difference (the interval includes 0): {listed(null)}."


def _hover(name: str, row: dict[str, float]) -> str:
    verdict = "" if row["sure"] else "<br>no clear difference"
    return (
        f"<b>{name}</b><br>{row['error'] - row['change']:.3g} → {row['error']:.3g}, change "
        f"{row['change']:+.3g} [{three_digits(row['low'])}, {three_digits(row['high'])}]{verdict}"
        f"<br>prediction moves by {three_digits(row['mean_abs_shift'])} on average"
    )
