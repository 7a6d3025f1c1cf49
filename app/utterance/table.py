"""The utterances of a split as a table to search, filter and choose from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import re2
import streamlit as st

from app import state
from app.parts import page_text as say
from app.parts.names import plain
from app.parts.style import three_digits
from app.utterance.conversation import label_limits
from mmmie.corpus import STANDARD_COLUMNS, Corpus, Label

_KEY = "utterance-table"
_MOST_FLAGS = 8
_LONGEST_SEARCH = 500
_SEARCHED = ("transcript", "speaker", "id")


@dataclass(frozen=True)
class Filters:
    """What the reader asked to see.

    Attributes:
        search: words as they stand in transcript, speaker or id, letters of any case; between
            slashes a regular expression.
        labels: lowest and highest label, None for all.
        errors: smallest and largest error, None for all.
        classes: true classes, all if empty.
        flags: 0/1 columns that must be 1.
        ids: only these utterances, None for all.
    """

    search: str = ""
    labels: tuple[float, float] | None = None
    errors: tuple[float, float] | None = None
    classes: tuple[str, ...] = ()
    flags: tuple[str, ...] = ()
    ids: tuple[str, ...] | None = None

    @property
    def words(self) -> str:
        """What is filtered besides the search, to follow a count; empty if nothing is."""
        parts = [
            *([_range_words("label", self.labels)] if self.labels else []),
            *([_range_words("error", self.errors)] if self.errors else []),
            *([" or ".join(self.classes)] if self.classes else []),
            *(flag.replace("_", " ") for flag in self.flags),
            *(["selected"] if self.ids is not None else []),
        ]
        return f", filtered: {', '.join(parts)}" if parts else ""


def _range_words(name: str, limits: tuple[float, float]) -> str:
    low, high = (three_digits(v) for v in limits)
    if np.isinf(limits[0]):
        return f"{name} up to {high}"
    return f"{name} from {low}" + ("" if np.isinf(limits[1]) else f" to {high}")


def filtered(frame: pd.DataFrame, filters: Filters) -> pd.DataFrame:
    """The utterances that pass every filter, in their order.

    Raises:
        re2.error: the search is no regular expression, though it stands between slashes.
    """
    mask = pd.Series(True, index=frame.index)
    if filters.search:
        expression = _expression(filters.search)
        found = pd.Series(False, index=frame.index)
        for column in _SEARCHED:
            if column in frame:
                text = frame[column].fillna("").astype(str)
                found |= text.map(lambda s: expression.search(s) is not None)
        mask &= found
    if filters.labels is not None:
        mask &= frame["label"].between(*filters.labels)
    if filters.errors is not None:
        mask &= frame["absolute_error"].between(*filters.errors)
    if filters.classes:
        mask &= frame["label"].isin(filters.classes)
    for flag in filters.flags:
        mask &= frame[flag] == 1
    if filters.ids is not None:
        mask &= frame["id"].isin(filters.ids)
    return frame[mask]


def _expression(search: str) -> Any:
    """A search compiled by an engine whose time grows with the text only, whatever is asked."""
    options = re2.Options()
    options.case_sensitive = False
    options.log_errors = False
    between = len(search) > 2 and search[0] == search[-1] == "/"
    return re2.compile(search[1:-1] if between else re2.escape(search.strip()), options)


def flag_columns(corpus: Corpus) -> list[str]:
    """The further columns of a corpus whose values are 0 and 1 only."""
    return _flag_columns(corpus.fingerprint, corpus)


@st.cache_data(show_spinner=False, max_entries=16)
def _flag_columns(fingerprint: str, _corpus: Corpus) -> list[str]:
    table = _corpus.utterances
    others = [c for c in table.columns if c not in STANDARD_COLUMNS]
    flags = [c for c in others if set(table[c].dropna().unique()) == {0, 1}]
    return flags[:_MOST_FLAGS]


def utterance_table(view: state.View) -> None:
    """Draw the table with its filters; choosing rows sets the selection of every page."""
    frame, flags = view.frame[view.within], flag_columns(view.corpus)
    clear = _no_filters(view, flags)
    filters, order = _controls(view, flags, clear)
    try:
        table = filtered(frame, filters)
    except re2.error as error:
        said = f"“{filters.search}” is not a regular expression: {error}"
        st.error(plain(said), icon=":material/report:")
        return
    if by := _ORDERS[order]:
        table = table.sort_values(by[0], ascending=by[1], kind="stable")
    say.caption(f"{len(table):,} of {view.sample(len(frame))}{plain(filters.words)}.")
    if table.empty:
        st.info(
            "No utterance passes these filters. Widen one of them.", icon=":material/filter_alt:"
        )
        st.button(
            "Clear the filters", key="clear-all", on_click=_set, args=({"search": "", **clear},)
        )
        return
    ids = table["id"].tolist()
    _mark_selected(ids)
    first = ("absolute_error", "label", "prediction", "speaker", "transcript")
    shown = [column for column in first if column in table]
    if "speaker" in table:
        table = table.assign(speaker=table["speaker"].fillna(""))
    say.grid(
        table[[*shown, *flags, "conversation", "position", "id"]],
        key=_KEY,
        on_select=lambda: _choose(ids),
        selection_mode="multi-row",
        hide_index=True,
        height=560,
        column_config=_columns(view, flags),
        alt="Utterances with truth, prediction and error",
    )


_ORDERS: dict[str, tuple[str, bool] | None] = {
    "largest error first": ("absolute_error", False),
    "smallest error first": ("absolute_error", True),
    "lowest prediction first": ("prediction", True),
    "highest prediction first": ("prediction", False),
    "as in the corpus": None,
}


def _no_filters(view: state.View, flags: list[str]) -> dict[str, Any]:
    """What the filters that this corpus has are set to where they let everything through.

    Setting them is the only way to clear them: forgotten, they are taken from the URL again.
    """
    label, frame = view.corpus.label, view.frame
    most = largest_error(label, frame["absolute_error"].to_numpy(float))
    values: dict[str, Any] = {"errors": (0.0, most), "only_selected": False}
    if label.classes is None:
        values["labels"] = label_limits(label, frame["label"].to_numpy(float))
    else:
        values["classes"] = []
    return {**values, "flags": []} if flags else values


def _controls(view: state.View, flags: list[str], clear: dict[str, Any]) -> tuple[Filters, str]:
    search, more, sort = st.columns([4, 3, 4], vertical_alignment="bottom")
    wanted = search.text_input(
        "Search",
        key="search",
        bind="query-params",
        max_chars=_LONGEST_SEARCH,
        placeholder="words, or /a regular expression/",
        help="In transcript, speaker and id, in any case. `/^yeah/` finds what begins with yeah.",
    )
    order = sort.selectbox("Sort", list(_ORDERS), key="sort", bind="query-params")
    chosen: dict[str, Any] = {}
    with more.popover("Filter", icon=":material/filter_alt:", width="stretch"):
        if "labels" in clear:
            chosen["labels"] = _range("Label", "labels", *clear["labels"])
        else:
            classes = list(view.corpus.label.classes or ())
            chosen["classes"] = _pills("True class", "classes", classes)
        chosen["errors"] = _range("Error", "errors", *clear["errors"])
        if flags:
            chosen["flags"] = _pills("Only", "flags", flags)
        ids = state.selection().ids
        only = st.toggle(
            f"Selected utterances only ({len(ids)})", key="only_selected", bind="query-params"
        )
        if only and ids:
            chosen["ids"] = ids
        st.button(
            "Clear the filters", key="clear-filters", on_click=_set, args=(clear,),
            disabled=not any(chosen.values()),
        )  # fmt: skip
    return Filters(search=(wanted or "")[:_LONGEST_SEARCH], **chosen), order


def largest_error(label: Label, errors: np.ndarray) -> float:
    """Where the scale of errors ends, the same for most models of a corpus.

    Example:
        >>> largest_error(Label("sentiment", "regression", range=(-3, 3)), np.array([0.2, 1.3]))
        2.0
    """
    if label.classes is not None:
        return 1.0
    largest = max(float(errors.max()), 1e-9)
    power = 10.0 ** np.floor(np.log10(largest))
    return float(next(step * power for step in (1, 2, 5, 10) if step * power >= largest))


def _range(name: str, key: str, low: float, high: float) -> tuple[float, float] | None:
    """A slider over a range whose ends stand for no limit; None where both are open."""
    before = st.session_state.get(key, (low, high))
    if not low <= before[0] <= before[1] <= high:
        st.session_state.pop(key)  # of another corpus
    step = (high - low) / 100
    wanted = st.slider(name, low, high, (low, high), step, key=key, bind="query-params")
    # Predictions may leave the range, and rounding in the browser must not drop the extremes.
    least = -np.inf if wanted[0] < low + step / 2 else wanted[0]
    most = np.inf if wanted[1] > high - step / 2 else wanted[1]
    return None if (least, most) == (-np.inf, np.inf) else (least, most)


def _pills(name: str, key: str, options: list[str]) -> tuple[str, ...]:
    if not set(st.session_state.get(key) or ()) <= set(options):
        st.session_state.pop(key)  # of another corpus
    return tuple(
        st.pills(
            name, options, selection_mode="multi", key=key, wrap=True, bind="query-params",
            format_func=lambda option: plain(option.replace("_", " ")),
        )
    )  # fmt: skip


def _set(values: dict[str, Any]) -> None:
    st.session_state.update(values)


def _mark_selected(ids: list[str]) -> None:
    """Show the selection of the other pages and figures as chosen rows."""
    place = {name: i for i, name in enumerate(ids)}
    rows = sorted(place[i] for i in state.selection().ids if i in place)
    shown = st.session_state.get(_KEY)
    if shown is None or sorted(shown["selection"]["rows"]) != rows:
        st.session_state[_KEY] = {"selection": {"rows": rows, "columns": [], "cells": []}}


def _choose(shown: list[str]) -> None:
    before = state.selection()
    ids = [shown[i] for i in st.session_state[_KEY]["selection"]["rows"] if i < len(shown)]
    added = [i for i in ids if i not in before.ids]
    kept = before.primary if before.primary in ids else None
    state.select(ids, added[-1] if added else kept)


def _columns(view: state.View, flags: list[str]) -> dict[str, Any]:
    label = view.corpus.label
    number = st.column_config.NumberColumn
    error = "1 − probability of the true class" if label.classes else "|prediction − truth|"
    names = {"label": "Truth", "prediction": "Prediction"}
    shown = names if label.classes else {k: number(v, format="%.2f") for k, v in names.items()}
    checkbox = st.column_config.CheckboxColumn
    return {
        **shown,
        "absolute_error": number("Error", format="%.2f", help=error),
        "speaker": "Speaker",
        "transcript": st.column_config.TextColumn("Transcript", width="large"),
        "conversation": "Conversation",
        "position": number("Position", help="In its conversation, from 0"),
        "id": "Id",
        **{flag: checkbox(flag.replace("_", " ").capitalize()) for flag in flags},
    }
