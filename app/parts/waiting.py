"""What is being computed outside the server: how far it is, Stop, and Try again after a failure."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from app.access.rights import may_stop, note_begun
from app.parts.fragment import fragment
from app.parts.names import plain
from app.parts.numbers import duration_words
from mmmie.errors import InputError
from mmmie.hosting import read_only, refuse_if_read_only
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
            if read_only():
                return
            st.button(
                "Stop",
                icon=":material/stop_circle:",
                key=f"{key}-stop",
                on_click=end,
                args=(work,),
                disabled=not may_stop(work.folder),
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
    if read_only():
        st.caption(f"{title}: not computed yet, and this server is read-only.")
    elif offer is not None:
        st.button(
            offer,
            icon=":material/play_arrow:",
            type="primary",
            key=f"{key}-start",
            on_click=begin,
            args=(work, start),
        )


def begin(work: Work, start: Callable[[], object]) -> None:
    """Start a work; that the server is read-only or its folder cannot be written is said."""
    try:
        refuse_if_read_only("start a computation")
        start()
        note_begun(work.folder)
    except InputError as error:
        st.error(plain(str(error)), icon=":material/report:")


def end(work: Work) -> None:
    """Stop a work, for all who wait for it; where runs belong to somebody, who began it may."""
    try:
        refuse_if_read_only("stop a computation")
        if not may_stop(work.folder):
            raise InputError("Only who began this computation, or the teacher, may stop it")
        work.stop()
    except InputError as error:
        st.error(plain(str(error)), icon=":material/report:")
