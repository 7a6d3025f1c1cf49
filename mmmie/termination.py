"""What a process does when it is asked to end."""

from __future__ import annotations

import contextlib
import signal
from collections.abc import Callable, Iterator


@contextlib.contextmanager
def on_terminate(act: Callable[[], object]) -> Iterator[None]:
    """SIGTERM calls `act` meanwhile, and what it did before afterwards.

    Outside the main thread nothing changes: whoever runs us there handles signals.
    """
    try:
        before = signal.signal(signal.SIGTERM, lambda number, frame: act())
    except ValueError:
        yield
        return
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
