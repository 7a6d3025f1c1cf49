"""One window with controls: who spoke, which terms are told, who is there; and what follows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import streamlit as st

from app import state
from app.parts import say
from app.parts.drawings import drawn_figure
from app.parts.fragment import fragment
from app.parts.layout import wide_columns
from app.parts.names import plain
from app.screens.context_identity.edit_state import held_edit, hold_edit, publish_edit
from app.screens.context_identity.edit_words import (
    attention_finding,
    class_finding,
    edit_sentence,
    number_finding,
)
from app.screens.context_identity.identity_effect import effective
from app.screens.context_identity.window_attention import TRAINED_WORDS, VARIANT_WORDS
from app.utterance.conversation import label_limits
from app.utterance.window import attention_svg, class_prediction_svg, prediction_svg
from app.utterance.window_chat import (
    choose,
    draw_chat,
    named_places,
    step_buttons,
    window_bubbles,
)
from mmmie.analysis.ask.context_use import attention_shares, shares_of, window_places
from mmmie.analysis.ask.identity_effect import prediction_shift
from mmmie.analysis.ask.window_edit import (
    RELATION_WORDS,
    TERMS,
    WindowEdit,
    intervention_edit,
    neighbours,
    relabelled,
    shuffled_roles,
    swapped,
    toggled,
    told_relation,
    written,
)
from mmmie.analysis.outputs import TRAINED
from mmmie.errors import InputError

if TYPE_CHECKING:
    from mmmie.analysis.ask.identity_edit import EditedPrediction

_NOW = "now"
_MOST_MOVED = 30
_SAME, _OTHER, _UNKNOWN = range(3)


@dataclass
class _Window:
    """The window of the primary utterance, and what is changed about it."""

    view: state.View
    edit: WindowEdit

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

    def set(self, edit: WindowEdit) -> None:
        hold_edit(self.name, edit)


@fragment
def draw_edited_window(view: state.View) -> None:
    """The window as a chat with its controls, and prediction and attention before and now."""
    _follow_selection(view)
    window = _Window(view, _edit_of(view))
    publish_edit(window.edit)
    _controls(window)
    places = window_places(view.corpus, view.outputs, view.primary)
    names = named_places(places)
    with st.container():  # the spinner of the first change moves nothing outside of it
        now = _now(window)
        say.finding(plain(_finding(window, now)))
        say.words(plain(edit_sentence(window.edit, names)))
    before = attention_shares(view.outputs, view.primary)
    after = before if now is None else shares_of(view.outputs, view.primary, now.attention)
    left, right = wide_columns([5, 6], key="window-and-effect", gap="large")
    with left:
        step_buttons(view)
        _chat(window, places, after)
    with right:
        _prediction(window, now)
        if window.neighbours:
            _attention(window, names, before, after, edited=now is not None)


def _edit_of(view: state.View) -> WindowEdit:
    try:
        return held_edit(str(view.frame["id"].iloc[view.primary]))
    except InputError as error:
        st.warning(f"{error}. Nothing is changed.", icon=":material/link_off:")
        return WindowEdit()


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
                lambda: swapped(window.edit, window.relation, window.past),
                window,
                known,
                "Everyone who is the target's speaker is told to be another, and the reverse."
                if known
                else "No speaker of a neighbour is known.",
            )
        if "role" in window.terms:
            _button(
                "Shuffle roles",
                ":material/shuffle:",
                lambda: replace(window.edit, shuffle=_next_shuffle(window.edit)),
                window,
                len(window.neighbours) > 1,
                "The neighbours are told each other's places in time; again for another order.",
            )
        _button(
            "Hide neighbours",
            ":material/visibility_off:",
            lambda: replace(window.edit, hidden=window.neighbours),
            window,
            bool(window.neighbours),
            "The model sees the target alone.",
        )
        _button(
            "Reset",
            ":material/undo:",
            WindowEdit,
            window,
            bool(window.edit),
            "Tell the model the truth again.",
        )
        _example_button(window)


def _next_shuffle(edit: WindowEdit) -> int:
    return 0 if edit.shuffle is None else edit.shuffle + 1


def _term_pills(window: _Window) -> None:
    key = f"terms-{'-'.join(window.terms)}"
    # The edit is what holds; the widget follows it, also after a reset.
    st.session_state[key] = [t for t in window.terms if t not in window.edit.terms_off]

    def changed() -> None:
        on = st.session_state[key]
        off = tuple(t for t in window.terms if t not in on)
        window.set(replace(window.edit, terms_off=off))

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
    edit: Callable[[], WindowEdit],
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
        on_click=lambda: window.set(edit()),
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
        there, relation = view.outputs.window[target] >= 0, view.outputs.relation[target]
        hold_edit(other, intervention_edit(name, relation, there, window.past))
        choose(other)

    rank = f" ({place + 1} of {len(order)})" if place >= 0 else ""
    st.button(
        f"{'Next' if rank else 'Show'} example{rank}",
        icon=":material/trending_up:",
        key="edit-example",
        on_click=show,
        type="primary",
        help=f"Goes through the utterances whose prediction “{VARIANT_WORDS[name]}” moves most.",
    )


def _intervention_of(window: _Window, usable: list[str]) -> str | None:
    """The intervention that the present edit is, if it is one."""
    edit = window.edit
    if edit == WindowEdit(shuffle=edit.shuffle) and edit and "shuffle_roles" in usable:
        return "shuffle_roles"
    for name in usable:
        whole = intervention_edit(name, window.relation, window.there, window.past)
        if edit and edit == whole:
            return name
    return None


def _chat(window: _Window, places: pd.DataFrame, shares: pd.DataFrame) -> None:
    view, edit = window.view, window.edit
    outputs = view.outputs
    if outputs.window.shape[1] == 1:
        st.info(
            "This model was trained without context: its window is the target alone. Compare it "
            "with one that has context.",
            icon=":material/forum:",
        )
    offsets = {str(p["id"]): int(p["offset"]) for p in places.to_dict("records")}
    roles = shuffled_roles(edit, window.there, window.past) - window.past

    def relabel(name: str, side: str) -> None:
        told = told_relation(edit, window.relation, window.past)[offsets[name] + window.past]
        word = {"right": _SAME, "left": _OTHER}.get(side, (told + 1) % len(RELATION_WORDS))
        if not (side == "left" and told == _UNKNOWN):  # it stands there already
            window.set(relabelled(edit, window.relation, window.past, offsets[name], word))

    def remove(name: str) -> None:
        window.set(toggled(edit, offsets[name]))

    draw_chat(
        window_bubbles(
            places,
            shares,
            outputs.modalities,
            view.corpus.label.classes is not None,
            edit=edit,
            roles={offset: int(roles[offset + window.past]) for offset in offsets.values()},
            speakers="speaker" in window.terms,
        ),
        places,
        shares,
        (outputs.past, outputs.window.shape[1] - 1 - outputs.past),
        on_relabel=relabel,
        on_remove=remove,
    )


def _outputs(window: _Window, now: EditedPrediction | None) -> tuple[np.ndarray, np.ndarray]:
    """What the model says as trained and now: () in label units, or (classes,)."""
    was = window.view.outputs.output[TRAINED][window.view.primary]
    return was, was if now is None else now.output


def _finding(window: _Window, now: EditedPrediction | None) -> str:
    """What is predicted, or what the change did to it, in one sentence."""
    view = window.view
    was, is_ = _outputs(window, now)
    truth, classes = view.frame["label"].iloc[view.primary], view.corpus.label.classes
    if classes is None:
        return number_finding(float(was), float(is_), float(truth), edited=now is not None)
    return class_finding(was, is_, str(truth), list(classes), edited=now is not None)


def _prediction(window: _Window, now: EditedPrediction | None) -> None:
    view = window.view
    label, truth = view.corpus.label, view.frame["label"].iloc[view.primary]
    was, is_ = _outputs(window, now)
    alt = "Prediction of the utterance as trained and with what is changed"
    if label.classes is None:
        values = {TRAINED_WORDS: float(was), _NOW: float(is_)}
        limits = label_limits(label, view.frame["label"].to_numpy())
        drawing = prediction_svg(values, float(truth), label, limits, alt=alt)
        data = pd.DataFrame({"variant": values.keys(), "prediction": values.values()})
        marks = (
            "The **hollow** dot is the true label, the **filled** ones what the model says as "
            "trained and now; the dotted line carries down what it said."
        )
    else:
        classes = list(label.classes)
        shares = {TRAINED_WORDS: was, _NOW: is_}
        drawing = class_prediction_svg(shares, str(truth), classes, alt=alt)
        data = pd.DataFrame(shares, index=classes).T.rename_axis("variant").reset_index()
        marks = "The probabilities of the classes, as trained and now; the true one is outlined."
    drawn_figure(
        drawing,
        key="prediction-now",
        caption=f"Utterance {plain(window.name)}; now: the same weights, told what is chosen "
        "above.",
        explanation=f"{marks} The weights are the same: only what the identity embedding is told, "
        "and which neighbours there are, differs.",
        data=data.assign(truth=truth, utterance=window.name, edit=str(written(window.edit))),
    )


def _attention(
    window: _Window,
    names: dict[int, str],
    before: pd.DataFrame,
    now: pd.DataFrame,
    *,
    edited: bool,
) -> None:
    say.finding(plain(attention_finding(before, now, names, edited=edited)))
    drawn_figure(
        attention_svg(
            {TRAINED_WORDS: before, _NOW: now},
            names,
            window.view.outputs.modalities,
            alt="Attention on every utterance of the window, as trained and with what is changed",
        ),
        key="attention-now",
        caption="Attention of the last layer, mean over heads; one utterance.",
        explanation=(
            "Each bar is an utterance of the window, divided by modality; the bars of a panel "
            "sum to 100 %. Where both panels are alike, what is changed does not steer attention."
        ),
        data=pd.concat([before.assign(variant=TRAINED_WORDS), now.assign(variant=_NOW)]),
    )


def _now(window: _Window) -> EditedPrediction | None:
    """What the model says of the edited window; None where nothing is changed."""
    if not window.edit:
        return None
    view = window.view
    try:
        return _edited(
            view.checkpoint.fingerprint,
            view.corpus.fingerprint,
            int(view.outputs.rows[view.primary]),
            window.edit,
            view,
        )
    except InputError as error:
        st.error(str(error), icon=":material/report:")
        return None


@st.cache_data(show_spinner="Asking the model", max_entries=1000)
def _edited(
    fingerprint: str, corpus: str, row: int, edit: WindowEdit, _view: state.View
) -> EditedPrediction:
    from mmmie.analysis.ask.identity_edit import edited_prediction

    return edited_prediction(_view.checkpoint, _view.corpus, row, edit)
