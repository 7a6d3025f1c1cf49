"""Utterances as a chat, one speaker on one side: also the window of a target and its attention."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import pandas as pd
import streamlit as st

from app import state
from app.export.record import Bubbles, add
from app.parts.component import component
from app.parts.figures import figure_footer
from app.parts.names import text_of
from app.parts.style import modality_colour, three_digits
from app.utterance.contribution_steps import offset_text
from mmmie.analysis.ask.context_use import RELATIONS
from mmmie.analysis.ask.question import Question

_FADE = 0.06
_FAINTEST = 0.55
_EXPLANATION = """
The bubble with the thick outline is the **target**, the utterance that is predicted. Its own
speaker stands on the right, others and unknown speakers on the left. The wider and bluer a border,
the more the readout attends to that utterance; the bar below it divides this attention by
modality.

**Click a name** to say that the turn was spoken by someone else (same as the target, another,
unknown), or **drag it** to the other side. **Hide** takes a turn out of the window. The words, the
voice and the face stay as they are, and so do the weights: only what the model is told about whose
they are changes. Click what was said to make that utterance the target.

Attention says what is looked at, not what it does to the prediction: watch the prediction for that.
"""


@dataclass(frozen=True)
class Bubble:
    """One utterance of a chat.

    Attributes:
        id: what a click chooses.
        text: what was said; it is shown as it is.
        who: the line above it.
        note: the line below it.
        right: which side it stands on.
        target: whether it has the thick outline.
        colour: of the mark beside `note`, none if empty.
        weight: border width, 0 to 1.
        opacity: of the text, 0 to 1.
        bar: (colour, share of the full width) of the parts of the bar below, none if empty.
        label: a name beside `who` that the reader may change, none if empty.
        changed: whether `label` is not the truth.
        removed: whether it is taken out; None where it cannot be.
    """

    id: str
    text: str
    who: str
    note: str = ""
    right: bool = False
    target: bool = False
    colour: str = ""
    weight: float = 0.0
    opacity: float = 1.0
    bar: tuple[tuple[str, float], ...] = ()
    label: str = ""
    changed: bool = False
    removed: bool | None = None


_render = component(
    "mmmie_chat",
    '<div class="chat"></div>',
    Path(__file__).with_name("chat"),
)


def chat(
    bubbles: Sequence[Bubble],
    *,
    key: str,
    on_pick: Callable[[str], None] | None = None,
    on_relabel: Callable[[str, str], None] | None = None,
    on_remove: Callable[[str], None] | None = None,
) -> None:
    """Draw utterances as a chat.

    Args:
        on_relabel: called with the id of a bubble whose label the reader clicks or drags, and
            the side that it is dragged to, ``left`` or ``right``, empty for a click.
        on_remove: called with the id of a bubble that the reader takes out or back in.
    """

    def tell(act: Callable[..., None] | None, name: str) -> None:
        said = (st.session_state.get(key) or {}).get(name)
        if act is not None and said is not None:
            act(*map(str, [said["id"], said["side"]] if isinstance(said, Mapping) else [said]))

    entries = [asdict(bubble) for bubble in bubbles]
    add(Bubbles(entries))
    _render(
        key=key,
        data={"bubbles": entries, "pick": on_pick is not None},
        on_picked_change=lambda: tell(on_pick, "picked"),
        on_relabelled_change=lambda: tell(on_relabel, "relabelled"),
        on_removed_change=lambda: tell(on_remove, "removed"),
    )


def place_names(places: pd.DataFrame) -> list[str]:
    """What every place of a window is called, by offset and speaker."""
    names = []
    for place in places.to_dict("records"):
        offset = int(place["offset"])
        where = "target" if offset == 0 else offset_text(offset)
        who = text_of(place.get("speaker"))
        names.append(f"{where}  {who}" if who else where)
    return names


def named_places(places: pd.DataFrame) -> dict[int, str]:
    """`place_names` by offset to the target."""
    return dict(zip(places["offset"].astype(int), place_names(places), strict=True))


def window_bubbles(
    places: pd.DataFrame,
    shares: pd.DataFrame,
    modalities: list[str],
    classes: bool,
    *,
    question: Question | None = None,
    roles: dict[int, int] | None = None,
    speakers: bool = True,
) -> list[Bubble]:
    """The window as a chat: border and bar say how much attention an utterance gets.

    Args:
        places: from `window_places`.
        shares: from `attention_shares`, of the same target.
        question: what the model is told; None where nothing can be changed.
        roles: offset → offset that the model is told, where they are shuffled.
    """
    matrix = shares.pivot(index="place", columns="modality", values="share")[modalities]
    totals = matrix.sum(axis=1)
    most = max(float(totals.max()), 1e-9)
    told = dict(question.relabel) if question else {}
    bubbles = []
    for place in places.to_dict("records"):
        offset = int(place["offset"])
        total = float(totals[place["place"]])
        truth = place["label"] if classes else three_digits(float(place["label"]))
        relation = RELATIONS[told[offset]] if offset in told else str(place["relation"])
        who, label = _named(place, relation, offset in told, (roles or {}).get(offset, offset))
        editable = question is not None and offset != 0
        if not (editable and speakers):
            who, label = " ".join(filter(None, [who, label])), ""
        bubbles.append(
            Bubble(
                id=str(place["id"]),
                text=text_of(place.get("transcript")) or "(no transcript)",
                who=who,
                note=f"attention {total:.1%} · truth {truth}",
                right=relation == RELATIONS[0],
                target=offset == 0,
                weight=total / most,
                opacity=max(1 - _FADE * abs(offset), _FAINTEST),
                bar=tuple(
                    (modality_colour(m, modalities), float(matrix.loc[place["place"], m]) / most)
                    for m in modalities
                ),
                label=label,
                changed=offset in told,
                removed=offset in question.hidden if question is not None and editable else None,
            )
        )
    return bubbles


def draw_chat(
    bubbles: list[Bubble],
    places: pd.DataFrame,
    shares: pd.DataFrame,
    span: tuple[int, int],
    *,
    on_relabel: Callable[[str, str], None] | None,
    on_remove: Callable[[str], None] | None,
) -> None:
    """Draw `window_bubbles` with what belongs to it; a click makes another one the target.

    `span` is how many utterances the model sees before and after; the others are as for
    `window_bubbles` and `chat`.
    """
    chat(bubbles, key="window-chat", on_pick=choose, on_relabel=on_relabel, on_remove=on_remove)
    known = (places["relation"] != RELATIONS[2]).any()
    sides = "right: same speaker as the target" if known else "no speaker is known"
    figure_footer(
        key="window",
        caption=f"At most {span[0]} utterances before and {span[1]} after; {sides}."
        if any(span)
        else "The target alone.",
        explanation=_EXPLANATION,
        data=places.merge(
            shares.pivot(index="place", columns="modality", values="share").reset_index(),
            on="place",
        ),
    )


def step_buttons(view: state.View) -> None:
    """Buttons to the turns before and after the target."""
    one = view.frame.iloc[view.primary]
    same = view.frame[view.frame["conversation"] == one["conversation"]]
    for column, step, name, arrow in zip(
        st.columns(2), (-1, 1), ("Previous turn", "Next turn"), ("back", "forward"), strict=True
    ):
        found = same.loc[same["position"] == one["position"] + step, "id"]
        column.button(
            name, icon=f":material/arrow_{arrow}:", width="stretch", disabled=found.empty,
            key=name.lower().replace(" ", "-"), on_click=choose,
            args=(found.iloc[0] if len(found) else "",),
        )  # fmt: skip


def choose(name: str) -> None:
    """Make an utterance the target, and keep the selection that it is in."""
    chosen = state.selection()
    state.select(chosen.ids if name in chosen.ids else [name], name)


def _named(place: dict[str, object], relation: str, changed: bool, role: int) -> tuple[str, str]:
    """The line above a bubble: where it stands, and who is said to have spoken it."""
    offset = int(str(place["offset"]))
    where = "target" if offset == 0 else offset_text(offset)
    if role != offset:
        where += f", told {offset_text(role)}"
    who = text_of(place.get("speaker"))
    if offset == 0:
        return where, who
    said = f"told {relation}" if changed else relation
    return where, f"{who} · {said}" if who else said
