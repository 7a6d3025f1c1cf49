"""The corpus of a checkpoint is not where it was: ask where it is now."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from app import loading
from app.corpora.faults import show_faults
from app.parts.names import plain
from mmmie.analysis.checkpoints import Checkpoint
from mmmie.errors import InputError


def moved_corpus(checkpoint: Checkpoint, error: InputError) -> None:
    """Ask where the corpus of a checkpoint is now, and keep the answer for this session."""
    held = checkpoint.info.corpus
    with st.container(border=True):
        st.subheader(f"Where is the corpus {plain(held['name'])} now?")
        st.write(plain(str(error)))
        path = st.text_input("Its folder", key="moved-path", placeholder="/path/to/corpus").strip()
        if not path:
            return
        found = str(Path(path).expanduser())
        try:
            corpus = loading.fitted_corpus(checkpoint, loading.open_data(found))
        except InputError as fault:
            show_faults(fault)
            return
        if corpus.data_fingerprint != held["fingerprint"]:
            st.warning(
                "It fits the checkpoint, but its content is not what the checkpoint was trained "
                "on: numbers will differ.",
                icon=":material/difference:",
            )
        if st.button("Use it", type="primary", icon=":material/check:"):
            moved = st.session_state.get("moved_corpora", {})
            st.session_state["moved_corpora"] = {**moved, held["fingerprint"]: found}
            st.rerun()
