"""What is being computed outside the server: how far it is, Stop, and Try again after a failure."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from app.parts.fragment import fragment
from app.parts.names import plain
from app.parts.numbers import duration_words
from mmmie.errors import InputError
from mmmie.jobs.background_work import Work

_POLL_SECONDS = 1


def follow(work: Work, draw: Callable[[], None]) -> None:
    """Draw what a work has come to, again every second while it is active.

    The whole page is drawn once more when it ends.
    """
    active = work.active

    def look() -> None:
        still = work.active  # before drawing: it may end between the two looks
        draw()
        if still != active:
            st.rerun()

    fragment(look, run_every=_POLL_SECONDS if active else None)()


def waiting(
    work: Work,
    title: str,
    came: tuple[float, str],
    start: Callable[[], object],
    offer: str | None = None,
) -> None:
    """Say where a work stands, with the button that fits.

    Args:
        came: how much has come: a share from 0 to 1, and words.
        offer: the words of the button that starts it; none is shown if left out.
    """
    share, words = came
    state, key = work.state, f"work-{work.folder.name}"
    if state in ("waiting", "running"):
        with st.container(horizontal=True, vertical_alignment="center"):
            at = words if state == "running" else "waiting to start"
            st.progress(
                min(share, 1.0), text=f"{title}: {at}. {duration_words(int(work.seconds))} so far."
            )
            st.button(
                "Stop",
                icon=":material/stop_circle:",
                key=f"{key}-stop",
                on_click=work.stop,
                wrap=False,
                help="You need not wait: it continues when you leave the page, and its result is "
                "kept.",
            )
        return
    if state == "failed":
        st.error(f"{title} failed: {plain(work.failure)}", icon=":material/report:")
        offer = "Try again"
    elif state == "stopped":
        st.info(f"{title} stopped: {words}.", icon=":material/stop_circle:")
    if offer is not None:
        st.button(
            offer,
            icon=":material/play_arrow:",
            type="primary",
            key=f"{key}-start",
            on_click=begin,
            args=(start,),
        )


def begin(start: Callable[[], object]) -> None:
    """Start a work; a folder that cannot be written is said."""
    try:
        start()
    except InputError as error:
        st.error(plain(str(error)), icon=":material/report:")
