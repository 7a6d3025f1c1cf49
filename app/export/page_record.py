"""What the page has drawn in its last run, so that it can be exported as the reader saw it.

Streamlit keeps no elements on the server: they leave as messages to the browser. A record listens
to these and holds the newest one of every place. It costs no drawing, and the next run of the
page overwrites it.
"""

from __future__ import annotations

import threading
from typing import Any

import streamlit as st
from streamlit.proto.Delta_pb2 import Delta
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.runtime.scriptrunner import get_script_run_ctx

_KEY = "page_record"
_LONGEST_RUN_SECONDS = 120
_MAIN = 0  # the first number of a path: the main area, not the sidebar

Path = tuple[int, ...]


class PageRecord:
    """The elements and containers of the main area by their place.

    Attributes:
        query: the query string of the address that the run ended with.
    """

    def __init__(self, query: str) -> None:
        self.query = query
        self._held: dict[Path, Delta] = {}
        self._run = threading.current_thread()

    def listen(self) -> None:
        """Note which run writes here from now on."""
        self._run = threading.current_thread()

    def take(self, message: ForwardMsg) -> None:
        """Keep what a message draws."""
        kind = message.WhichOneof("type")
        if kind == "page_info_changed":
            self.query = message.page_info_changed.query_string
        path = tuple(message.metadata.delta_path)
        if kind != "delta" or path[:1] != (_MAIN,):
            return
        held = self._held.get(path)
        if (
            held is not None
            and held.HasField("add_block")
            and message.delta.HasField("new_element")
        ):
            for inside in [p for p in self._held if p[: len(path)] == path]:
                del self._held[inside]  # an element in place of a container empties it
        self._held[path] = message.delta

    def in_order(self) -> list[tuple[Path, Delta]]:
        """What is drawn, from top to bottom; a container stands before what it holds.

        Called from another thread, it waits for the page to be complete.
        """
        if self._run is not threading.current_thread():
            self._run.join(_LONGEST_RUN_SECONDS)
        return sorted(self._held.copy().items(), key=lambda item: item[0])


def start_recording() -> PageRecord:
    """Begin a new record; to be called before the page draws."""
    context = get_script_run_ctx()
    record = PageRecord(context.query_string if context is not None else "")
    st.session_state[_KEY] = record
    keep_recording()
    return record


def keep_recording() -> None:
    """Go on with the record of the page where only a fragment of it is drawn again."""
    context: Any = get_script_run_ctx()
    record: PageRecord | None = st.session_state.get(_KEY)
    if context is None or record is None:
        return
    record.listen()
    enqueue = type(context).enqueue  # of the class: a run after a run is recorded once

    def recorded(message: ForwardMsg) -> None:
        enqueue(context, message)
        record.take(message)

    context.enqueue = recorded
