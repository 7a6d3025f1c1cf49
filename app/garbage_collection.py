"""Garbage is collected now and then, not after every run of a page.

Streamlit collects after every run. With the libraries loaded here that looks at some hundred
thousand objects, takes longer than most runs, and made ten sessions wait for one another. It is
switched off in ``app/.streamlit/config.toml``. Python alone would collect the figures of old runs,
a few objects with much memory, too seldom.
"""

from __future__ import annotations

import functools
import gc
import threading
import time
from pathlib import Path

from mmmie.corpus.zip_archive import UNPACKING
from mmmie.files import clear_scratch

_SECONDS = 30


@functools.cache  # once in a server
def collect_now_and_then() -> None:
    """Collect garbage every half a minute in which pages ran; the libraries are none."""
    gc.freeze()
    threading.Thread(target=_collect, name="garbage", daemon=True).start()


@functools.cache  # once in a server
def clear_leftovers(corpora: Path) -> None:
    """Remove what uploads left half unpacked when a server was killed."""
    for folder in (corpora, corpora / "to-predict"):
        clear_scratch(folder, UNPACKING)


def _collect() -> None:
    seen = -1
    while True:
        time.sleep(_SECONDS)
        young = gc.get_stats()[0]["collections"]  # grows as objects are made
        if young != seen:
            gc.collect()
            seen = gc.get_stats()[0]["collections"]
