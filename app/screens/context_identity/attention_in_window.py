"""The attention of one utterance on its window, as trained and under one intervention."""

from __future__ import annotations

import pandas as pd

from app import state
from app.parts import say
from app.parts.drawings import drawn_figure
from app.parts.names import plain
from app.parts.numbers import listed
from app.screens.context_identity.interventions import SHORT, sample_words
from app.screens.context_identity.trained_without import Retrained
from app.utterance.chat import named_places
from app.utterance.window import attention_svg
from mmmie.analysis.ask.context_use import attention_shares, neighbour_share, window_places
from mmmie.analysis.ask.identity_effect import RETRAINED
from mmmie.analysis.outputs import TRAINED


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
