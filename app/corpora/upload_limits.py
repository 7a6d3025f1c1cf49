"""How much a visit may send, and how much of what was sent is kept."""

from __future__ import annotations

import os
from pathlib import Path

import streamlit as st

from app.corpora.known_corpora import corpora_folder
from mmmie.errors import InputError
from mmmie.hosting import refuse_if_read_only
from mmmie.limits import Limits

_SENT = "bytes-sent"
_MB = 10**6


def check_upload(size: int) -> None:
    """Count so many bytes to what this session has sent.

    Raises:
        InputError: the server is read-only; or it, or all sessions together, would have sent
            more than may be, see `Limits`.
    """
    refuse_if_read_only("send a corpus")
    limits = Limits.read()
    sent = st.session_state.get(_SENT, 0) + size
    if sent > limits.upload_mb_per_session * _MB:
        raise InputError(
            f"upload: would make {sent / _MB:,.0f} MB in this visit; at most "
            f"{limits.upload_mb_per_session:,} MB are taken (MMMIE_UPLOAD_MB_PER_SESSION): open "
            f"the corpus by its path"
        )
    folder = corpora_folder()
    kept = _held(folder) + size
    if kept > limits.upload_mb * _MB:
        raise InputError(
            f"{folder}: would hold {kept / _MB:,.0f} MB; at most {limits.upload_mb:,} MB of "
            f"uploads are kept (MMMIE_UPLOAD_MB): delete some there, or open the corpus by its path"
        )
    st.session_state[_SENT] = sent


def _held(folder: Path) -> int:
    """The bytes of all files in a folder."""
    sizes = 0
    for home, _, names in os.walk(folder):
        for name in names:
            try:
                sizes += os.lstat(os.path.join(home, name)).st_size
            except OSError:
                continue  # just deleted
    return sizes
