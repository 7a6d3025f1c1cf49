"""What is wrong with a corpus, as a list."""

from __future__ import annotations

import streamlit as st

from mmmie.errors import InputError


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
