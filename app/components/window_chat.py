"""The window of one utterance: what stands around it, and what the model attends to."""

from __future__ import annotations

import numpy as np
import pandas as pd
import streamlit as st

from app import state
from app.components.chat import Bubble, chat
from app.components.figures import figure, figure_footer
from app.views.context import TRAINED_WORDS, attention_figure
from app.views.names import plain, text_of
from app.views.style import modality_colour, three_digits
from mmmie.analysis.context_use import attention_shares, neighbour_share, window_places
from mmmie.analysis.identity_effect import prediction_shift
from mmmie.analysis.intervention_names import INTERVENTIONS
from mmmie.analysis.outputs import TRAINED

_FADE = 0.06
_FAINTEST = 0.55
_MOST_MOVED = 30


def place_names(places: pd.DataFrame) -> list[str]:
    """What every place of a window is called, by offset and speaker."""
    names = []
    for place in places.to_dict("records"):
        offset = int(place["offset"])
        where = "target" if offset == 0 else f"{offset:+d}"
        who = text_of(place.get("speaker"))
        names.append(f"{where}  {who}" if who else where)
    return names


def window_bubbles(
    places: pd.DataFrame, shares: pd.DataFrame, modalities: list[str], classes: bool
) -> list[Bubble]:
    """The window as a chat: border and bar say how much attention an utterance gets.

    Args:
        places: from `window_places`.
        shares: from `attention_shares`, of the same target.
        modalities: in the order of the model.
        classes: whether labels are classes.
    """
    matrix = shares.pivot(index="place", columns="modality", values="share")[modalities]
    totals = matrix.sum(axis=1)
    most = max(float(totals.max()), 1e-9)
    bubbles = []
    for place, name in zip(places.to_dict("records"), place_names(places), strict=True):
        total = float(totals[place["place"]])
        label = place["label"] if classes else three_digits(float(place["label"]))
        relation = "" if place["offset"] == 0 else f" · {place['relation']}"
        bubbles.append(
            Bubble(
                id=str(place["id"]),
                text=text_of(place.get("transcript")) or "(no transcript)",
                who=f"{name}{relation}",
                note=f"attention {total:.1%} · truth {label}",
                right=place["relation"] == "same speaker",
                target=place["offset"] == 0,
                weight=total / most,
                opacity=max(1 - _FADE * abs(int(place["offset"])), _FAINTEST),
                bar=tuple(
                    (modality_colour(m, modalities), float(matrix.loc[place["place"], m]) / most)
                    for m in modalities
                ),
            )
        )
    return bubbles


def draw_window(view: state.View) -> None:
    """The window of the primary utterance as a chat; a click makes another one the target."""
    places = window_places(view.corpus, view.outputs, view.primary)
    shares = attention_shares(view.outputs, view.primary)
    outputs = view.outputs
    if outputs.window.shape[1] == 1:
        st.info(
            "This model was trained without context: its window is the target alone. Compare it "
            "with one that has context.",
            icon=":material/forum:",
        )
    bubbles = window_bubbles(
        places, shares, outputs.modalities, view.corpus.label.classes is not None
    )
    before, after = st.columns(2)
    _step_button(before, view, -1, "Previous turn", ":material/arrow_back:")
    _step_button(after, view, 1, "Next turn", ":material/arrow_forward:")
    chat(bubbles, key="window-chat", on_pick=_choose)
    future = outputs.window.shape[1] - 1 - outputs.past
    figure_footer(
        key="window",
        caption=f"At most {outputs.past} utterances before and {future} after; right: same "
        "speaker as the target."
        if outputs.window.shape[1] > 1
        else "The target alone.",
        explanation=(
            "The bubble with the thick outline is the **target**, the utterance that is "
            "predicted. Its own speaker stands on the right, others and unknown speakers on the "
            "left. The wider and bluer a border, the more the readout attends to that utterance; "
            "the bar below it divides this attention by modality. Click a bubble to make it the "
            "target. Attention says what is looked at, not what it does to the prediction: for "
            "that see the interventions."
        ),
        data=places.merge(
            shares.pivot(index="place", columns="modality", values="share").reset_index(),
            on="place",
        ),
    )


def draw_moved(view: state.View, variant: str) -> None:
    """A button that goes through the utterances that an intervention moves most."""
    order = np.argsort(-prediction_shift(view.outputs, variant), kind="stable")[:_MOST_MOVED]
    found = np.flatnonzero(order == view.primary)
    following = order[(found[0] + 1) % len(order)] if len(found) else order[0]
    rank = f" ({found[0] + 1} of {len(order)} now)" if len(found) else ""
    st.button(
        f"Show an utterance that this moves most{rank}",
        icon=":material/trending_up:",
        width="stretch",
        on_click=_choose,
        args=(str(view.frame["id"].iloc[int(following)]),),
        help="Goes through the utterances of the split whose prediction this changes most.",
    )


def draw_attention(view: state.View, variant: str) -> None:
    """Attention as trained and under an intervention, side by side."""
    outputs = view.outputs
    if outputs.window.shape[1] == 1:
        return
    places = window_places(view.corpus, outputs, view.primary)
    tables = {v: attention_shares(outputs, view.primary, v) for v in (TRAINED, variant)}
    words = {TRAINED: TRAINED_WORDS, variant: INTERVENTIONS[variant]}
    mine = [_on_neighbours(t) for t in tables.values()]
    st.subheader(
        f"{mine[0]:.0%} of the attention goes to neighbours as trained, "
        f"{mine[1]:.0%} under “{plain(words[variant])}”"
    )
    everywhere = [neighbour_share(outputs, v).mean() for v in (TRAINED, variant)]
    figure(
        attention_figure(
            {words[v]: t for v, t in tables.items()}, place_names(places), outputs.modalities
        ),
        key="attention",
        caption=f"Last layer, mean over heads; one utterance. Over the {view.split} split "
        f"neighbours get {everywhere[0]:.0%} and {everywhere[1]:.0%}.",
        explanation=(
            "Each bar is an utterance of the window, divided by modality; the bars of a panel "
            "sum to 100 %. On the right the same weights are told something else about identity. "
            "Where both panels are alike, identity does not steer attention here."
        ),
        data=pd.concat([t.assign(variant=words[v]) for v, t in tables.items()]),
        alt="Attention on every utterance of the window, as trained and under an intervention",
    )


def _on_neighbours(shares: pd.DataFrame) -> float:
    return float(shares.loc[shares["offset"] != 0, "share"].sum())


def _step_button(
    column: st.delta_generator.DeltaGenerator, view: state.View, step: int, name: str, icon: str
) -> None:
    frame = view.frame
    one = frame.iloc[view.primary]
    same = frame[frame["conversation"] == one["conversation"]]
    found = same.loc[same["position"] == one["position"] + step, "id"]
    column.button(
        name,
        icon=icon,
        width="stretch",
        disabled=found.empty,
        on_click=_choose,
        args=(found.iloc[0] if len(found) else "",),
    )


def _choose(name: str) -> None:
    chosen = state.selection()
    state.select(chosen.ids if name in chosen.ids else [name], name)
