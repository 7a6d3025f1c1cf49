"""Corpora from the reader's machine: checked, kept beside the runs, and the demo as an example."""

from __future__ import annotations

import io
from pathlib import Path

import streamlit as st

from app.corpora.known import corpora_folder, remember_corpus
from app.parts.names import plain
from mmmie.corpus.archive import pack_corpus, unpack_corpus
from mmmie.datasets import load_corpus
from mmmie.datasets.sent_table import keep_pickle, keep_table
from mmmie.errors import InputError

_UNPACKED = "unpacked_uploads"
_MOST_MEGABYTES = 500
_PICKLES = ("pkl", "pickle")


def upload_corpus() -> str | InputError | None:
    """Draw the box for a zip of a corpus folder or a pickle of the field.

    Returns:
        The new corpus folder, what is wrong with the file, or None where none was given.
    """
    given = st.file_uploader(
        "A corpus folder as a zip, or a pickle",
        type=["zip", *_PICKLES],
        key="bring-zip",
        max_upload_size=_MOST_MEGABYTES,
        help="Pickles are those of MMSA, MulT, MAG-BERT and contextual models; nothing in them is "
        f"run. At most {_MOST_MEGABYTES} MB; open what is larger, and any other format, by its "
        f"path. It is kept in {plain(str(corpora_folder()))}; an existing corpus is never "
        "replaced.",
    )
    _offer_demo()
    if given is None:
        return None
    # a file stays in its box over reruns: it is unpacked once
    done: dict[str, str | InputError] = st.session_state.setdefault(_UNPACKED, {})
    if given.file_id not in done:
        with st.spinner("Unpacking and checking"):
            done[given.file_id] = _unpack(given, given.name)
    return done[given.file_id]


def upload_conversations() -> str | InputError | None:
    """Draw the box for conversations that a model shall predict; they need no labels.

    Returns:
        The new corpus folder, what is wrong with the files, or None where none was given. It is
        not offered for training.
    """
    given = st.file_uploader(
        "A corpus folder as a zip, or a table with its .npy files",
        type=["zip", "csv", "tsv", "parquet", "npy"],
        accept_multiple_files=True,
        key="own-files",
        max_upload_size=_MOST_MEGABYTES,
        help="Labels and splits may be missing. A table has a row an utterance with `conversation` "
        "and `position`, and its features in `audio.npy` and so on, rows in the same order. At "
        f"most {_MOST_MEGABYTES} MB a file, kept in {plain(str(_unlabelled_folder()))}.",
    )
    _offer_demo()
    if not given:
        return None
    done: dict[str, str | InputError] = st.session_state.setdefault(_UNPACKED, {})
    key = "+".join(sorted(file.file_id for file in given))
    if key not in done:
        with st.spinner("Unpacking and checking"):
            done[key] = _keep({file.name: file for file in given}, len(given))
    return done[key]


def _unlabelled_folder() -> Path:
    return corpora_folder() / "to-predict"


def _keep(files: dict[str, io.BytesIO], count: int) -> str | InputError:
    [name, *more] = files
    try:
        if len(files) < count:
            raise InputError("upload: two files have the same name; rename one")
        if name.lower().endswith(".zip") and not more:
            folder = _unlabelled_folder()
            return str(unpack_corpus(files[name], folder, name=name, unlabelled=True))
        return str(keep_table(files, _unlabelled_folder()))
    except InputError as error:
        return error


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


def _unpack(given: io.BytesIO, name: str) -> str | InputError:
    try:
        if Path(name).suffix.lower().removeprefix(".") in _PICKLES:
            path = str(keep_pickle(name, given, corpora_folder()))
        else:
            path = str(unpack_corpus(given, corpora_folder(), name=name))
    except InputError as error:
        return error
    remember_corpus(path)
    return path
