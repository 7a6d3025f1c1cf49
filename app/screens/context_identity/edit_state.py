"""The edit of the window that is looked at: kept in the session and in the URL."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from mmmie.analysis.ask.window_edit import WindowEdit, read_edit, written

_KEY = "window_edit"
_FIELDS = ("relabel", "terms_off", "hidden", "shuffle")


def held_edit(utterance: str) -> WindowEdit:
    """The edit of one target, taken from the URL on the first run of a session.

    What was changed about the neighbours of another target means nothing here and goes; terms
    that are off and a shuffle stay.

    Raises:
        InputError: the URL says something else; the edit is then none.
    """
    if _KEY not in st.session_state:
        st.session_state[_KEY] = (utterance, WindowEdit())
        hold_edit(utterance, read_edit({f: st.query_params.get(f, "") for f in _FIELDS}))
    known, edit = st.session_state[_KEY]
    if known != utterance:
        hold_edit(utterance, replace(edit, relabel=(), hidden=()))
    held: WindowEdit = st.session_state[_KEY][1]
    return held


def hold_edit(utterance: str, edit: WindowEdit) -> None:
    """Set the edit of a target."""
    st.session_state[_KEY] = (utterance, edit)


def publish_edit(edit: WindowEdit) -> None:
    """Write an edit to the URL; links between pages drop it."""
    fields = written(edit)
    for name in _FIELDS:
        if name in fields and st.query_params.get(name) != fields[name]:
            st.query_params[name] = fields[name]
        elif name not in fields and name in st.query_params:
            del st.query_params[name]
