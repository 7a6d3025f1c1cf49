"""The sidebar: what every page looks at."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st
from streamlit.navigation.page import StreamlitPage

from app import loading, state
from app.access.opened import keep_opened, take_opened
from app.access.visit import draw_visit
from app.address import draw_missing, note_choice, note_missing
from app.export.sidebar_export import draw_exports
from app.parts.keyboard import CLEAR, LET_GO, NEXT, PIN, PREVIOUS, draw_keyboard
from app.parts.layout import draw_page_style
from app.parts.names import plain
from app.parts.slice_names import slice_titles
from app.selection_link import MOST_IDS, fits_link
from app.stepping import Walk, walk_of
from mmmie.corpus import Corpus
from mmmie.errors import InputError
from mmmie.hosting import read_only, refuse_if_read_only, roots
from mmmie.jobs import keep_going

_REFUSED = "refused-address"
_TYPED, _SHOWN = "typed-utterance", "shown-utterance"
_ECHO_SECONDS = 2.0
_KEPT, _CHOICES = "kept-choices", ("checkpoint", "compare", "split", "colour", "slice")


def draw_sidebar(pages: Sequence[StreamlitPage], chooses: bool) -> None:
    """Draw the controls that all pages share.

    Args:
        pages: in order; keys open those after the first.
        chooses: whether the page shows what is chosen; the first one does not.
    """
    draw_page_style()
    take_opened()
    _look_at_address()
    with st.sidebar:
        available = state.choices()
        if not chooses:
            _keep_choices()
        elif available:
            state.note_choice()
            _pickers(available)
        if chooses and not read_only():
            _open_another()
        if fault := st.session_state.get(_REFUSED):
            st.error(plain(fault), icon=":material/report:")
        draw_visit()
        _training_now()
        draw_keyboard(pages[1:])
    if chooses:
        draw_missing()


def _keep_choices() -> None:
    """Keep what was chosen on other pages, which Streamlit forgets with the widgets."""
    held = {key: st.session_state[key] for key in _CHOICES if key in st.session_state}
    st.session_state[_KEPT] = {**st.session_state.get(_KEPT, {}), **held}


def _pick(label: str, options: list[str], key: str, first: str = "", **more: Any) -> str:
    """A list that the address remembers, as far as it still offers what is remembered."""
    kept = st.session_state.get(_KEPT, {}).pop(key, None)
    if kept and key not in st.session_state:  # without a default, of which Streamlit would warn
        st.session_state[key] = kept
    state.forget_unless(key, options)
    index = 0 if kept else options.index(first) if first in options else 0
    asked = st.query_params.get(key, "")
    shown = str(st.selectbox(label, options, index, key=key, bind="query-params", **more))
    note_choice(key, asked, shown, options, more.get("format_func", str))
    return shown


def _pickers(available: dict[str, loading.Choice]) -> None:
    names = list(available)
    about = "Shipped checkpoints, then the runs of this machine, newest first."
    name = _pick("Checkpoint", names, "checkpoint", help=about, on_change=_forget_address)
    _pick("Compare with", [state.NONE, *(n for n in names if n != name)], "compare")
    try:
        checkpoint = loading.open_checkpoint(available[name])
        corpus = loading.open_corpus(checkpoint)
    except InputError:
        state.publish_selection(None)
        return  # the page says what is wrong
    left, right = st.columns([3, 4])
    with left:
        split = _pick("Split", list(corpus.splits), "split", "valid")
    with right:
        _pick("Colour by", state.colour_options(corpus), "colour", "label")
    parts = [state.EVERYTHING, *state.slice_masks(corpus, split)]
    about = "Pages then show only these utterances; maps fade the others."
    _pick("Slice", parts, "slice", format_func=slice_titles(parts).__getitem__, help=about)
    _utterance_box(corpus)
    state.publish_selection(corpus)
    draw_exports(checkpoint, corpus)


def _utterance_box(corpus: Corpus) -> None:
    """The utterance that is looked at: type it, step, pin, and how many are selected."""
    asked = "" if "selection" in st.session_state else st.query_params.get("selected", "")
    state.take_selection(corpus)
    chosen, split = state.selection(), str(st.session_state["split"])
    known = corpus.utterances["id"]
    if asked or not chosen.ids:
        other = bool(asked) and not known.isin(chosen.ids).any()
        note_missing("selection", "of another corpus" if other else None, "none")
    ids = known.iloc[corpus.rows(split)]
    mask = state.slice_masks(corpus, split).get(str(st.session_state["slice"]))
    walk = walk_of(
        ids, np.ones(len(ids), bool) if mask is None else mask, chosen.ids, chosen.primary
    )
    if st.session_state.get(_SHOWN) != chosen.primary:  # it was changed elsewhere
        _left()[str(st.session_state.get(_TYPED, ""))] = time.monotonic()
        st.session_state[_SHOWN] = chosen.primary
        st.session_state[_TYPED] = chosen.primary or ""
    typed = st.text_input(
        "Utterance",
        key=_TYPED,
        on_change=_take_typed,
        args=(corpus,),
        placeholder="type an id",
        help="The utterance that every page shows. Click one on a map or in a table, or type it.",
    )
    unknown = bool(chosen.primary) and not (known == chosen.primary).any()
    note_missing("utterance", chosen.primary if unknown else None, walk.shown)
    if typed and typed != chosen.primary and not (known == typed).any():
        st.caption(f"No utterance of this corpus has the id “{plain(typed)}”.")
    _steps(walk)
    _place(walk, split, len(chosen.ids), mask is not None)
    if len(chosen.ids) > MOST_IDS and not fits_link(chosen.ids, corpus):
        st.caption(f"The address keeps the first {MOST_IDS} of them.")
    if chosen.pinned:
        _pinned(chosen.pinned, known)


def _left() -> dict[str, float]:
    """What the field said before the server changed it, and when it did."""
    left: dict[str, float] = st.session_state.setdefault("left-utterances", {})
    for value in [v for v, when in left.items() if time.monotonic() - when > _ECHO_SECONDS]:
        del left[value]
    return left


def _take_typed(corpus: Corpus) -> None:
    typed, chosen = str(st.session_state[_TYPED]).strip(), state.selection()
    if typed in _left():
        # A browser that does not know of the change yet sends the old value with the next key.
        st.session_state[_TYPED] = chosen.primary or ""
        return
    if not typed:
        state.select([])
    elif (corpus.utterances["id"] == typed).any():
        state.select(chosen.ids if typed in chosen.ids else [typed], typed)


def _steps(walk: Walk) -> None:
    chosen = state.selection()
    with st.container(horizontal=True, gap="small"):
        for words, key, to in (("Previous", PREVIOUS, walk.before), ("Next", NEXT, walk.after)):
            ids = chosen.ids if walk.of_selection else [to]
            st.button(
                words, shortcut=key, disabled=to is None, width="stretch", wrap=False,
                on_click=state.select, args=(ids, to),
            )  # fmt: skip
    with st.container(horizontal=True, gap="small"):
        st.button(
            "Pin", shortcut=PIN, disabled=chosen.pinned == walk.shown, width="stretch", wrap=False,
            on_click=state.pin, args=(walk.shown,),
            help="Every page then shows this utterance beside the one you look at.",
        )  # fmt: skip
        st.button(
            "Clear", shortcut=CLEAR, disabled=not (chosen.ids or chosen.primary),
            width="stretch", wrap=False, on_click=state.select, args=([],), help="Select nothing.",
        )  # fmt: skip


def _place(walk: Walk, split: str, selected: int, sliced: bool) -> None:
    """Say where on the walk the utterance stands."""
    what = "selected" if walk.of_selection else "in the slice" if sliced else f"in {split}"
    if walk.place is None:
        st.caption(f"not one of the {walk.length:,} {what}; {plain(walk.shown)} is shown")
        return
    more = selected - walk.length if walk.of_selection else 0
    also = f", {more:,} not in the slice or split" if more > 0 else ""
    st.caption(f"{walk.place:,} of {walk.length:,} {what}{also}")


def _pinned(name: str, known: pd.Series) -> None:
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        missing = "" if (known == name).any() else " (not of this corpus)"
        st.caption(f":material/keep: {plain(name)}{missing}")
        st.button("Unpin", shortcut=LET_GO, wrap=False, on_click=state.pin, args=(None,))


def _open_another() -> None:
    with st.popover("Open a folder", icon=":material/folder_open:", width="stretch"):
        path = st.text_input("Checkpoint or run folder", placeholder="/path/to/run")
        # A callback, because the value of a widget can only be set before it is drawn.
        st.button("Open", disabled=not path, on_click=_open, args=(path,))
        if fault := st.session_state.pop("open_fault", None):
            st.error(plain(fault))


def _open(path: str) -> None:
    try:
        refuse_if_read_only("open a folder by its path")
        loading.found_checkpoint(path)
    except InputError as error:
        st.session_state["open_fault"] = str(error)
        return
    opened = [p for p in st.session_state.get("opened", []) if p != path]
    st.session_state["opened"] = [*opened, path]
    keep_opened()
    st.session_state["checkpoint"] = path


def _look_at_address() -> None:
    """Keep what is wrong with a folder that the address names, before its list forgets it."""
    for key in ("checkpoint", "compare") if roots() else ():
        asked = st.query_params.get(key, "")
        if os.sep in asked and asked not in state.choices():
            try:
                loading.check_may_open(asked)
            except InputError as error:
                st.session_state[_REFUSED] = str(error)


def _forget_address() -> None:
    st.session_state.pop(_REFUSED, None)


def _training_now() -> None:
    training = loading.runs_in_training()
    if any(status.waits for status in training.values()) and not read_only():
        keep_going(loading.runs_folder())
    for name, status in training.items():
        st.progress(
            min(status.progress, 1.0),
            text=f"{plain(name)}: {status.state}, epoch {status.epoch} of {status.epochs}",
        )
