"""What runs of a page leave behind goes, though Streamlit no longer collects after each."""

from __future__ import annotations

import gc
import time
import weakref

import pytest

from app import garbage_collection as garbage


class Node:
    """Refers to itself, as a figure does through its parts."""

    def __init__(self) -> None:
        self.me = self


def test_what_refers_to_itself_is_collected(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(garbage, "_SECONDS", 0.02)
    frozen: list[bool] = []
    monkeypatch.setattr(gc, "freeze", lambda: frozen.append(True))
    gc.disable()
    try:
        left = weakref.ref(Node())
        assert left() is not None
        garbage.collect_now_and_then.__wrapped__()  # another test may have started the one
        deadline = time.monotonic() + 10
        while left() is not None and time.monotonic() < deadline:
            time.sleep(0.01)
        assert left() is None and frozen  # the libraries are not looked through
    finally:
        gc.enable()
