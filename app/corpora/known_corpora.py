"""The corpora that this session knows: demo, uploaded, of checkpoints, opened by path."""

from __future__ import annotations

import os
from pathlib import Path

import streamlit as st

from app import loading, state
from app.access.opened import keep_opened
from mmmie.hosting import refuse_if_read_only, roots

_OPENED = "opened_corpora"


def known_corpora() -> list[str]:
    """``demo``, then paths that are there and may be opened.

    Those opened in this session come first, then uploaded ones, those in the folders that the
    server names (`mmmie.hosting.roots`), and those of checkpoints.
    """
    found: dict[str, None] = {"demo": None}
    moved = st.session_state.get("moved_corpora", {}).values()
    for path in [*reversed(st.session_state.get(_OPENED, [])), *moved]:
        found[path] = None
    for folder in sorted(corpora_folder().glob("*/corpus.json")):
        if not folder.parent.name.startswith("."):  # one that is being unpacked
            found[str(folder.parent)] = None
    for root in roots():
        for file in sorted([*root.glob("corpus.json"), *root.glob("*/corpus.json")]):
            found[str(file.parent)] = None
    for _, checkpoint in state.readable_checkpoints():
        path = checkpoint.info.corpus.get("path")
        if path and loading.may_open(path) and os.path.exists(path):
            found[path] = None
    return [path for path in found if loading.may_open(path)]


def corpora_folder() -> Path:
    """Where uploaded corpora are kept: beside the runs."""
    return (loading.runs_folder() / "corpora").resolve()


def remember_corpus(path: str) -> None:
    """Offer a corpus on every page, in this session and in later ones.

    Raises:
        InputError: the server is read-only.
    """
    refuse_if_read_only("open a corpus by its path")
    opened = [p for p in st.session_state.get(_OPENED, []) if p != path]
    st.session_state[_OPENED] = [*opened, path]
    keep_opened()


def corpus_words(path: str) -> str:
    """A corpus as a list shows it: the folder's name, then where it is."""
    if path == "demo":
        return "demo (generated, known answers)"
    where = Path(path)
    return f"{where.name} ({where.parent})"
