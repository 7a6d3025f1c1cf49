"""A corpus as a zip from the reader's machine: checked, kept beside the runs, and the demo back."""

from __future__ import annotations

import io

import streamlit as st

from app.components.known_corpora import corpora_folder, remember_corpus
from app.views.names import plain
from mmmie.corpus_archive import pack_corpus, unpack_corpus
from mmmie.datasets import load_corpus
from mmmie.errors import InputError

_UNPACKED = "unpacked_uploads"
_MOST_MEGABYTES = 500


def upload_corpus() -> str | InputError | None:
    """Draw the box for a zip file.

    Returns:
        The new corpus folder, what is wrong with the zip, or None where none was given.
    """
    given = st.file_uploader(
        "A corpus folder as a zip",
        type="zip",
        key="bring-zip",
        max_upload_size=_MOST_MEGABYTES,
        help=f"At most {_MOST_MEGABYTES} MB; open a larger corpus by its folder. It is kept in "
        f"{plain(str(corpora_folder()))}; an existing corpus is never replaced.",
    )
    st.download_button(
        "Download the demo corpus as a zip",
        data=demo_archive,
        file_name="mmmie-demo.zip",
        mime="application/zip",
        key="demo-zip",
        type="tertiary",
        icon=":material/download:",
        on_click="ignore",
        help="A working example to look at or to change. It is packed when you click.",
    )
    if given is None:
        return None
    # a file stays in its box over reruns: it is unpacked once
    done: dict[str, str | InputError] = st.session_state.setdefault(_UNPACKED, {})
    if given.file_id not in done:
        with st.spinner("Unpacking and checking"):
            done[given.file_id] = _unpack(given, given.name)
    return done[given.file_id]


def demo_archive() -> bytes:
    """The demo corpus as a zip, packed when somebody asks for it."""
    stream = io.BytesIO()
    pack_corpus(load_corpus("demo"), stream)
    return stream.getvalue()


def _unpack(given: io.BytesIO, name: str) -> str | InputError:
    try:
        path = str(unpack_corpus(given, corpora_folder(), name=name))
    except InputError as error:
        return error
    remember_corpus(path)
    return path
