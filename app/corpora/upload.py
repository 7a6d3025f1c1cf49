"""Corpora from the reader's machine: checked, kept beside the runs, and the demo as an example."""

from __future__ import annotations

import io
from collections.abc import Callable
from functools import partial
from pathlib import Path

import streamlit as st

from app.corpora.known_corpora import corpora_folder, remember_corpus
from app.corpora.upload_limits import check_upload
from app.parts.names import plain
from mmmie.corpus.zip_archive import pack_corpus
from mmmie.datasets import load_corpus
from mmmie.datasets.reading_apart import keep_upload_apart
from mmmie.errors import InputError
from mmmie.hosting import read_only

_UNPACKED = "unpacked_uploads"
_MOST_MEGABYTES = 500
_Files = dict[str, io.BytesIO]


def upload_corpus() -> str | InputError | None:
    """Draw the box for a corpus of any format: a file, or a zip of a folder.

    Returns:
        The new corpus folder, what is wrong with the file, or None where none was given.
    """
    return _upload(
        "A corpus: a zip of its folder, or a pickle",
        "bring-zip",
        "Every format that the program opens by its path, in a zip or as it is; nothing in it is "
        "run. An existing corpus is never replaced.",
        corpora_folder(),
        _keep_corpus,
    )


def upload_conversations() -> str | InputError | None:
    """Draw the box for conversations that a model shall predict; they need no labels.

    Returns:
        The new corpus folder, what is wrong with the files, or None where none was given. It is
        not offered for training.
    """
    return _upload(
        "A corpus folder as a zip, or a table with its .npy files",
        "own-files",
        "Labels and splits may be missing. A table has one row per utterance with `conversation` "
        "and `position`, and its features in `audio.npy` and so on, rows in the same order. Other "
        "formats work too.",
        corpora_folder() / "to-predict",
        partial(keep_upload_apart, unlabelled=True),
        several=True,
    )


def _upload(
    title: str,
    key: str,
    explained: str,
    folder: Path,
    keep: Callable[[_Files, Path], Path],
    several: bool = False,
) -> str | InputError | None:
    """A box for files and a link to the demo; `keep` makes a corpus folder in `folder` of them."""
    if read_only():
        _offer_demo()
        return None
    given = st.file_uploader(
        title,
        accept_multiple_files=several,
        key=key,
        max_upload_size=_MOST_MEGABYTES,
        help=f"{explained} At most {_MOST_MEGABYTES} MB per file; open larger ones by their path. "
        f"Kept in {plain(str(folder))}.",
    )
    _offer_demo()
    files = [] if given is None else given if isinstance(given, list) else [given]
    if not files:
        return None
    # files stay in their box over reruns: they are unpacked once
    done: dict[str, str | InputError] = st.session_state.setdefault(_UNPACKED, {})
    content = "+".join(sorted(file.file_id for file in files))
    if content not in done:
        with st.spinner("Unpacking and checking"):
            try:
                named: _Files = {file.name: file for file in files}
                if len(named) < len(files):
                    raise InputError("upload: two files have the same name; rename one")
                check_upload(sum(file.size for file in files))
                done[content] = str(keep(named, folder))
            except InputError as error:
                done[content] = error
    return done[content]


def _keep_corpus(files: _Files, folder: Path) -> Path:
    path = keep_upload_apart(files, folder)
    remember_corpus(str(path))
    return path


def _offer_demo() -> None:
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


def demo_archive() -> bytes:
    """The demo corpus as a zip, packed when somebody asks for it."""
    stream = io.BytesIO()
    pack_corpus(load_corpus("demo"), stream)
    return stream.getvalue()


def show_faults(error: InputError, what: str = "folder") -> None:
    """All faults of an input, each with its file, field and what to do."""
    count = len(error.faults)
    st.error(
        f"This {what} cannot be used yet: "
        + ("one fault." if count == 1 else f"{count} kinds of fault."),
        icon=":material/report:",
    )
    for fault in error.faults:
        st.code(fault, language=None, wrap_lines=True)
