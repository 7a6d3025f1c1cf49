"""One window with controls: who spoke, which terms are told, who is there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import streamlit as st

from app import state
from app.parts import page_text as say
from app.parts.fragment import fragment
from app.parts.layout import wide_columns
from app.parts.names import plain
from app.screens.context_identity.interventions import SHORT, effective
from app.screens.context_identity.window_edit_answer import (
    draw_attention_now,
    draw_prediction_now,
    edit_sentence,
    finding,
)
from app.utterance.chat import (
    choose,
    draw_chat,
    named_places,
    step_buttons,
    window_bubbles,
)
from app.utterance.question_in_address import ABOUT_WINDOW
from mmmie.analysis.ask.context_use import attention_shares, shares_of, window_places
from mmmie.analysis.ask.edited_window import neighbours, spelled_out, told_relation, told_roles
from mmmie.analysis.ask.identity_effect import prediction_shift
from mmmie.analysis.ask.preset_questions import PRESETS
from mmmie.analysis.ask.question import RELATION_WORDS, TERMS, Question
from mmmie.errors import InputError

if TYPE_CHECKING:
    from mmmie.analysis.ask.asker import Answer

_MOST_MOVED = 30
_SAME, _OTHER, _UNKNOWN = range(3)


@dataclass
class _Window:
    """The window of the primary utterance, and what is changed about it."""

    view: state.View
    question: Question

    @cached_property
    def name(self) -> str:
        return str(self.view.frame["id"].iloc[self.view.primary])

    @property
    def past(self) -> int:
        return self.view.outputs.past

    @cached_property
    def there(self) -> np.ndarray:
        found: np.ndarray = self.view.outputs.window[self.view.primary] >= 0
        return found

    @cached_property
    def relation(self) -> np.ndarray:
        found: np.ndarray = self.view.outputs.relation[self.view.primary]
        return found

    @cached_property
    def terms(self) -> list[str]:
        uses = self.view.checkpoint.info.config.model.identity.uses
        return [term for term in TERMS if uses(term)]  # type: ignore[arg-type]

    @cached_property
    def neighbours(self) -> tuple[int, ...]:
        return neighbours(self.there, self.past)

    @property
    def told(self) -> np.ndarray:
        """The speaker relations (W,) that the model is told."""
        return told_relation(self.question, self.relation[None], self.past)[0]

    def spelled_out(self, question: Question) -> Question:
        """A question with what it says of turns named by their offset in this window."""
        return spelled_out(question, self.relation, self.there, self.past)

    def ask(self, question: Question) -> None:
        """Keep a question about this window."""
        ABOUT_WINDOW.keep(self.name, self.spelled_out(question))


@fragment
def draw_edited_window(view: state.View) -> None:
    """The window as a chat with its controls, and prediction and attention before and now."""
    _follow_selection(view)
    window = _Window(view, Question())
    window.question = _asked(window)
    ABOUT_WINDOW.publish(window.question)
    _controls(window)
    places = window_places(view.corpus, view.outputs, view.primary)
    names = named_places(places)
    with st.container():  # the spinner of the first change moves nothing outside of it
        now = _now(window)
        say.finding(plain(finding(view, now)))
        say.words(plain(edit_sentence(window.question, names)))
    before = attention_shares(view.outputs, view.primary)
    after = before if now is None else shares_of(view.outputs, view.primary, now.attention[0])
    left, right = wide_columns([5, 6], key="window-and-effect", gap="large")
    with left:
        step_buttons(view)
        _chat(window, places, after)
    with right:
        draw_prediction_now(view, window.question, now)
        if window.neighbours:
            draw_attention_now(view, names, before, after, edited=now is not None)


def _asked(window: _Window) -> Question:
    """What is asked; what was said of the turns around another target means nothing here."""
    utterance, question = ABOUT_WINDOW.question()
    if utterance not in (None, window.name):
        question = replace(question, relabel=(), hidden=())
    question = window.spelled_out(question)
    ABOUT_WINDOW.keep(window.name, question)
    return question


def _follow_selection(view: state.View) -> None:
    """Draw the whole page anew where a click in here chose another target."""
    found = np.flatnonzero(view.frame["id"] == state.selection().primary)
    if len(found) and found[0] != view.primary:
        st.rerun()


def _controls(window: _Window) -> None:
    with st.container(horizontal=True, vertical_alignment="bottom", key="window-controls"):
        if window.terms:
            _term_pills(window)
        known = any(window.relation[window.past + o] < _UNKNOWN for o in window.neighbours)
        if "speaker" in window.terms:
            _button(
                "Swap speakers",
                ":material/swap_horiz:",
                lambda: replace(window.question, swap=True),
                window,
                known,
                "Everyone who is the target's speaker is told to be another, and the reverse."
                if known
                else "No speaker of a neighbour is known.",
            )
        if "role" in window.terms:
            shuffle = 0 if window.question.shuffle is None else window.question.shuffle + 1
            _button(
                "Shuffle roles",
                ":material/shuffle:",
                lambda: replace(window.question, shuffle=shuffle),
                window,
                len(window.neighbours) > 1,
                "The neighbours are told each other's places in time; again for another order.",
            )
        _button(
            "Hide neighbours",
            ":material/visibility_off:",
            lambda: replace(window.question, hidden=window.neighbours),
            window,
            bool(window.neighbours),
            "The model sees the target alone.",
        )
        _button(
            "Reset",
            ":material/undo:",
            Question,
            window,
            bool(window.question),
            "Tell the model the truth again.",
        )
        _example_button(window)


def _term_pills(window: _Window) -> None:
    key = f"terms-{'-'.join(window.terms)}"
    # The widget follows the question, also after a reset.
    st.session_state[key] = [t for t in window.terms if t not in window.question.terms_off]

    def changed() -> None:
        on = st.session_state[key]
        off = tuple(t for t in window.terms if t not in on)
        window.ask(replace(window.question, terms_off=off))

    st.pills(
        "Told about every token",
        window.terms,
        selection_mode="multi",
        key=key,
        on_change=changed,
        help="The terms of the identity embedding; click one to take it away. Role: how many "
        "turns from the target. Speaker: same as the target's, another, unknown. Modality: which "
        "one the token comes from.",
        width="content",
    )


def _button(
    name: str,
    icon: str,
    question: Callable[[], Question],
    window: _Window,
    usable: bool,
    help: str,
) -> None:
    st.button(
        name,
        icon=icon,
        disabled=not usable,
        help=help,
        key=f"edit-{name}",
        on_click=lambda: window.ask(question()),
    )


def _example_button(window: _Window) -> None:
    """Go through the utterances whose prediction the present change, or a swap, moves most."""
    view = window.view
    usable = effective(view)
    if not usable:
        return
    present = _intervention_of(window, usable)
    name = present or next((n for n in ("swap_speaker", "no_context") if n in usable), usable[0])
    shift = np.where(view.within, prediction_shift(view.outputs, name), -1)
    order = np.argsort(-shift, kind="stable")[: min(_MOST_MOVED, int(view.within.sum()))]
    found = np.flatnonzero(order == view.primary)
    place = int(found[0]) if len(found) and present else -1
    target = int(order[(place + 1) % len(order)])

    def show() -> None:
        other = str(view.frame["id"].iloc[target])
        ABOUT_WINDOW.keep(other, PRESETS[name].question)
        choose(other)

    rank = f" ({place + 1} of {len(order)})" if place >= 0 else ""
    st.button(
        f"{'Next' if rank else 'Show'} example{rank}",
        icon=":material/trending_up:",
        key="edit-example",
        on_click=show,
        type="primary",
        help=f"Goes through the utterances whose prediction “{SHORT[name]}” moves most.",
    )


def _intervention_of(window: _Window, usable: list[str]) -> str | None:
    """The intervention that is asked about, if it is one."""
    question = window.question
    if question and question == Question(shuffle=question.shuffle) and "shuffle_roles" in usable:
        return "shuffle_roles"
    for name in usable:
        if question and question == window.spelled_out(PRESETS[name].question):
            return name
    return None


def _chat(window: _Window, places: pd.DataFrame, shares: pd.DataFrame) -> None:
    view, question = window.view, window.question
    outputs = view.outputs
    if outputs.window.shape[1] == 1:
        st.info(
            "This model was trained without context: its window is the target alone. Compare it "
            "with one that has context.",
            icon=":material/forum:",
        )
    offsets = {str(p["id"]): int(p["offset"]) for p in places.to_dict("records")}
    [roles] = told_roles(question, [window.name], window.there[None], window.past) - window.past

    def relabel(name: str, side: str) -> None:
        told = int(window.told[offsets[name] + window.past])
        word = {"right": _SAME, "left": _OTHER}.get(side, (told + 1) % len(RELATION_WORDS))
        if not (side == "left" and told == _UNKNOWN):  # it stands there already
            relations = dict(question.relabel) | {offsets[name]: word}
            window.ask(replace(question, relabel=tuple(sorted(relations.items()))))

    def remove(name: str) -> None:
        hidden = tuple(sorted({*question.hidden} ^ {offsets[name]}))
        window.ask(replace(question, hidden=hidden))

    draw_chat(
        window_bubbles(
            places,
            shares,
            outputs.modalities,
            view.corpus.label.classes is not None,
            question=question,
            roles={offset: int(roles[offset + window.past]) for offset in offsets.values()},
            speakers="speaker" in window.terms,
        ),
        places,
        shares,
        (outputs.past, outputs.window.shape[1] - 1 - outputs.past),
        on_relabel=relabel,
        on_remove=remove,
    )


def _now(window: _Window) -> Answer | None:
    """What the model says of the window as it is told; None where that is the truth."""
    if not window.question:
        return None
    view = window.view
    try:
        return _answer(
            view.checkpoint.fingerprint,
            view.corpus.fingerprint,
            int(view.outputs.rows[view.primary]),
            window.question,
            view,
        )
    except InputError as error:
        st.error(plain(str(error)), icon=":material/report:")
        return None


@st.cache_data(show_spinner="Asking the model", max_entries=1000)
def _answer(
    fingerprint: str, corpus: str, row: int, question: Question, _view: state.View
) -> Answer:
    from mmmie.analysis.ask.asker import Asker

    return Asker(_view.checkpoint, _view.corpus).answer([row], [question])[0]
