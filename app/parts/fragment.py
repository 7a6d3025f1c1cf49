"""Parts of a page that are drawn again alone."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

import streamlit as st

from app import state
from app.export.record import Group, add, filling


def fragment(draw: Callable[..., None], *, run_every: float | None = None) -> Callable[..., None]:
    """A fragment of Streamlit that replaces its own part of the report when it is drawn again.

    An utterance that the reader chooses inside it is chosen for the whole page, which is then
    drawn again.

    Args:
        run_every: seconds after which it is drawn again; None waits for the reader.
    """

    @wraps(draw)
    def inside(group: Group, *args: Any, **options: Any) -> None:
        if state.selection_is_news():
            st.rerun()
        with filling(group):
            draw(*args, **options)

    again = st.fragment(inside, run_every=run_every)

    @wraps(draw)
    def first(*args: Any, **options: Any) -> None:
        group = Group()
        add(group)
        again(group, *args, **options)

    return first
