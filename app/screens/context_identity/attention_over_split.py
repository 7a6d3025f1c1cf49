"""Whom the readout attends to over the split, as trained and under every intervention."""

from __future__ import annotations

import pandas as pd
import plotly.graph_objects as go

from app import state
from app.parts import say
from app.parts.figures import figure
from app.parts.names import plain
from app.parts.style import NEUTRAL, SEQUENTIAL_SCALE, blank, name_rows
from app.screens.context_identity.interventions import (
    SHORT,
    effective,
    measured_changes,
    sample_words,
)
from app.screens.context_identity.trained_without import Retrained
from mmmie.analysis.outputs import TRAINED

_ROW_PIXELS = 30
_ATTENDED = {
    "target": ("the target", SEQUENTIAL_SCALE[2][1]),
    "same_speaker": ("same speaker", SEQUENTIAL_SCALE[1][1]),
    "other_speakers": ("other speakers", "#a9c7de"),
    "unknown_speakers": ("unknown speakers", NEUTRAL),
}


def draw_attended(view: state.View, other: Retrained | None) -> None:
    """Whom the readout attends to as trained and under every intervention."""
    changes = measured_changes(view, other)
    everything = changes[changes["slice"] == "all"]
    names = {v: SHORT[v] for v in [TRAINED, *effective(view)]}
    say.finding("Where does the readout look?")
    say.words(f"{plain(attended_finding(everything, names))}.")
    figure(
        attended_figure(everything, names),
        key="attended",
        caption=f"Attention of the last layer, mean over heads and over {sample_words(view)}.",
        explanation=(
            "How the attention of the readout is divided between the target's own tokens and "
            "those of its neighbours, by whose they are. How much of it **has moved** against "
            "the model as trained is on each bar: the total variation distance, which also "
            "counts what moves between neighbours of the same kind. Attention says what is "
            "looked at, not what it does to the prediction."
        ),
        data=everything[everything["variant"].isin(names)],
        alt="Shares of attention on the target and its neighbours, one row per variant",
    )


def attended_figure(everything: pd.DataFrame, names: dict[str, str]) -> go.Figure:
    """Whom the readout attends to, stacked, one row per variant.

    Args:
        everything: rows of `identity_changes` for all utterances.
        names: variant → what its row is called, in order.
    """
    table = everything.set_index("variant").loc[list(names)]
    figure = blank(110 + _ROW_PIXELS * len(names), barmode="stack")
    for whom, (name, colour) in _ATTENDED.items():
        if table[whom].max() < 1e-6:
            continue
        figure.add_bar(
            x=table[whom], y=list(names.values()), orientation="h", name=name,
            marker={"color": colour, "line": {"width": 0}}, customdata=table["total_variation"],
            hovertemplate=f"%{{y}}<br>{name} %{{x:.1%}}<br>%{{customdata:.1%}} of the attention "
            "has moved<extra></extra>",
        )  # fmt: skip
    figure.update_xaxes(range=[0, 1], tickformat=".0%", title="share of attention", zeroline=False)
    name_rows(figure, list(names.values()))
    figure.update_layout(legend={"traceorder": "normal"})
    return figure


def attended_finding(everything: pd.DataFrame, names: dict[str, str]) -> str:
    """Which intervention moves attention most, as a sentence."""
    table = everything.set_index("variant").loc[list(names)]
    most = str(table["total_variation"].idxmax())
    moved = float(table.loc[most, "total_variation"])
    if moved < 0.01:
        return "No intervention moves the attention"
    return f"Attention moves most under “{names[most]}”: {moved:.0%} of it"
