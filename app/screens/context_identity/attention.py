"""Attention on the neighbours: of one utterance, and over the split, under interventions."""

from __future__ import annotations

import pandas as pd
import plotly.graph_objects as go

from app import state
from app.parts import page_text as say
from app.parts.drawings import drawn_figure
from app.parts.figures import figure
from app.parts.names import plain
from app.parts.numbers import listed
from app.parts.style import NEUTRAL, SEQUENTIAL_SCALE, blank, name_rows
from app.screens.context_identity.interventions import (
    SHORT,
    Retrained,
    effective,
    measured_changes,
    sample_words,
)
from app.utterance.chat import named_places
from app.utterance.window import attention_svg
from mmmie.analysis.ask.context_use import attention_shares, neighbour_share, window_places
from mmmie.analysis.ask.identity_effect import RETRAINED
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
    """How much of the attention interventions move, as a sentence; how much on these utterances."""
    table = everything.set_index("variant").loc[list(names)]
    most = str(table["total_variation"].idxmax())
    moved = float(table.loc[most, "total_variation"])
    if moved < 0.01:
        return "No intervention moves the attention here"
    return f"Here “{names[most]}” moves {moved:.0%} of the attention, the others no more"


def draw_attention(view: state.View, variant: str, other: Retrained | None) -> None:
    """Attention as trained, under one intervention and in the model trained without identity."""
    outputs, row = view.outputs, view.primary
    if outputs.window.shape[1] == 1:
        return
    names = named_places(window_places(view.corpus, outputs, row))
    shown = [TRAINED] if variant == RETRAINED else [TRAINED, variant]
    tables = {SHORT[v]: attention_shares(outputs, row, v) for v in shown}
    everywhere = {SHORT[v]: neighbour_share(outputs, v) for v in shown}
    modalities = list(outputs.modalities)
    if other is not None:
        theirs = window_places(view.corpus, other.outputs, row)
        names = dict(sorted({**named_places(theirs), **names}.items()))
        tables[SHORT[RETRAINED]] = attention_shares(other.outputs, row)
        everywhere[SHORT[RETRAINED]] = neighbour_share(other.outputs)
        modalities = list(dict.fromkeys([*modalities, *other.outputs.modalities]))
    say.finding(attention_title(tables))
    means = [f"{share[view.within].mean():.0%}" for share in everywhere.values()]
    drawn_figure(
        attention_svg(
            tables,
            names,
            modalities,
            alt="Attention on every utterance of the window, one panel per variant",
        ),
        key="attention",
        caption=f"Last layer, mean over heads; one utterance. Over {sample_words(view)} "
        f"neighbours get {listed(means)}.",
        explanation=(
            "Each bar is an utterance of the window, divided by modality; the bars of a panel "
            "sum to 100 %. Beside it the same weights are told something else about identity, or "
            "another model was trained without. Where panels are alike, identity does not steer "
            "attention here."
        ),
        data=pd.concat([t.assign(variant=name) for name, t in tables.items()]),
    )


def attention_title(tables: dict[str, pd.DataFrame]) -> str:
    """How much attention goes to neighbours under every variant, if there are any.

    Args:
        tables: what a variant is called → `attention_shares`, as trained first.
    """
    if all((shares["offset"] == 0).all() for shares in tables.values()):
        return "It has no neighbours: all attention stays on it"
    mine = {name: f"{_on_neighbours(t):.0%}" for name, t in tables.items()}
    first, *rest = mine
    return f"Neighbours get {mine[first]} of the attention as trained, " + listed(
        [f"{mine[name]} under “{plain(name)}”" for name in rest]
    )


def _on_neighbours(shares: pd.DataFrame) -> float:
    return float(shares.loc[shares["offset"] != 0, "share"].sum())
