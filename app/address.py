"""What the address names and this view does not have: said in one line, with what is shown."""

from __future__ import annotations

from collections.abc import Callable, Collection

import streamlit as st

from app.parts.names import plain
from app.parts.numbers import listed

_KEY = "not-in-view"

Missing = dict[str, tuple[str, str]]
"""What it is called → what the address names, and what is shown instead."""


def note_choice(
    what: str, asked: str, shown: str, options: Collection[str], name: Callable[[str], str]
) -> None:
    """Remember that the address names none of the options, until another one is chosen.

    Args:
        what: it is called, ``slice`` say.
        asked: what the address had before the list was drawn; empty for nothing.
        shown: the option that is shown.
        name: of an option, as the address writes it.
    """
    missing = _missing()
    if asked and asked not in map(name, options):
        missing[what] = asked, name(shown)
    elif what in missing and missing[what][1] != name(shown):
        del missing[what]


def note_missing(what: str, asked: str | None, shown: str) -> None:
    """Remember that what the address names is not there; None where it is."""
    if asked is None:
        _missing().pop(what, None)
    else:
        _missing()[what] = asked, shown


def draw_missing() -> None:
    """Say in one line what was named and is not there, and what is shown instead."""
    said = [
        f"{what} “{plain(asked)}” (showing {plain(shown)})"
        for what, (asked, shown) in _missing().items()
    ]
    if said:
        st.warning(f"Not found here: {listed(said)}.", icon=":material/link_off:")


def _missing() -> Missing:
    found: Missing = st.session_state.setdefault(_KEY, {})
    return found
