"""Read a conversation of a corpus, with its labels; no model is needed."""

from __future__ import annotations

import pandas as pd
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from app import state
from app.parts import page_text as say
from app.parts.layout import wide_columns
from app.parts.names import plain, text_of
from app.parts.style import class_colours, sentiment_colour, three_digits
from app.utterance.channels import utterance_channels
from app.utterance.chat import Bubble, chat
from app.utterance.conversation import label_limits
from app.utterance.table import flag_columns
from mmmie.corpus import Corpus, Label

_AROUND = 250


def conversation_browser(corpus: Corpus) -> None:
    """Pick a conversation and read it as a chat; a click shows an utterance's channels."""
    table = corpus.utterances
    key = corpus.fingerprint
    conversations = list(table["conversation"].unique())
    chosen = state.selection().primary
    known = table.loc[table["id"] == chosen, "conversation"]
    pick, previous, following = st.columns([6, 1, 1], vertical_alignment="bottom")
    box, followed = f"browse-{key}", f"browse-followed-{key}"
    if len(known) and st.session_state.get(followed) != chosen:  # it was stepped to elsewhere
        st.session_state[box] = known.iloc[0]
    st.session_state[followed] = chosen
    name = _pick(pick, conversations, box)
    place = conversations.index(name)
    for column, step, icon in ((previous, -1, "back"), (following, 1, "forward")):
        other = place + step
        column.button(
            "",
            icon=f":material/arrow_{icon}:",
            key=f"browse-{icon}",
            width="stretch",
            help="Previous conversation" if step < 0 else "Next conversation",
            disabled=not 0 <= other < len(conversations),
            on_click=_open,
            args=(box, conversations[other % len(conversations)]),
        )
    turns = table[table["conversation"] == name].sort_values("position")
    left, right = wide_columns([3, 2], key="browser-columns", least=320)
    with left:
        limits = label_limits(corpus.label, table["label"].to_numpy())
        chat(
            conversation_bubbles(
                turns, corpus.label, limits, flag_columns(corpus), chosen, state.selection().pinned
            ),
            key=f"browser-{key}",
            on_pick=_choose,
        )
    with right:
        _chosen_utterance(corpus, turns, chosen)


def offered(conversations: list[str], name: str) -> list[str]:
    """What a list of conversations offers: all, or some hundreds around one of very many.

    Every rerun sends the list to the browser.
    """
    place = conversations.index(name)
    return conversations[max(place - _AROUND, 0) : place + _AROUND]


def _pick(column: DeltaGenerator, conversations: list[str], box: str) -> str:
    """The conversation of the list; where there are too many for it, any can be typed."""
    typed, last = st.session_state.get(box), f"{box}-last"
    wrong = typed is not None and typed not in conversations
    if wrong or typed is None:
        st.session_state[box] = st.session_state.get(last, conversations[0])
    shown = offered(conversations, st.session_state[box])
    name = column.selectbox(
        "Conversation",
        shown,
        key=box,
        accept_new_options=len(shown) < len(conversations),
        help=None
        if len(shown) == len(conversations)
        else f"The list shows {len(shown):,} of {len(conversations):,}, around this one; type any "
        "other name.",
    )
    if wrong:
        column.caption(f"No conversation of this corpus is called “{plain(str(typed))}”.")
    st.session_state[last] = name
    return str(name)


def conversation_bubbles(
    turns: pd.DataFrame,
    label: Label,
    limits: tuple[float, float],
    flags: list[str],
    chosen: str | None,
    pinned: str | None = None,
) -> list[Bubble]:
    """A conversation as a chat; every other known speaker is on the right."""
    held = turns["speaker"] if "speaker" in turns else pd.Series(None, index=turns.index)
    codes = pd.factorize(held)[0]
    colours = class_colours(list(label.classes)) if label.classes else {}
    bubbles = []
    for turn, code in zip(turns.to_dict("records"), codes, strict=True):
        value = turn["label"]
        marks = [flag.replace("_", " ") for flag in flags if turn[flag] == 1]
        marks += ["pinned"] if turn["id"] == pinned else []
        text = value if label.classes else f"{label.name} {three_digits(float(value))}"
        colour = colours[value] if label.classes else sentiment_colour(float(value), limits)
        bubbles.append(
            Bubble(
                id=str(turn["id"]),
                text=text_of(turn.get("transcript")) or "(no transcript)",
                who=text_of(turn.get("speaker")) or "unknown speaker",
                note=" · ".join([str(text), *marks]),
                right=bool(code > 0 and code % 2 == 1),
                target=turn["id"] == chosen,
                colour=colour,
            )
        )
    return bubbles


def _chosen_utterance(corpus: Corpus, turns: pd.DataFrame, chosen: str | None) -> None:
    found = turns.index[turns["id"] == chosen]
    if not len(found):
        say.caption("Click an utterance to see its features and to look at it on every page.")
        return
    one = turns.loc[found[0]]
    with st.container(border=True):
        say.words(f"**{plain(str(one['id']))}**")
        extra = [
            f"{column} {value:g}" if isinstance(value, float) else f"{column} {value}"
            for column in ("split", "start", "end")
            if pd.notna(value := one.get(column))
        ]
        say.caption(plain(" · ".join(extra)))
        shown = utterance_channels(corpus, int(found[0]), str(one["id"]), key="browsed")
        if not shown:
            say.caption("No modality of this corpus has named channels.")


def _open(box: str, name: str) -> None:
    st.session_state[box] = name


def _choose(name: str) -> None:
    state.select([name], name)
