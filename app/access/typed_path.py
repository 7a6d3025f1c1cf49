"""A field for a path on the machine of the server."""

from __future__ import annotations

from typing import Any

import streamlit as st

from mmmie.hosting import read_only


def typed_path(label: str, *, key: str, **options: Any) -> str:
    """Draw the field; a read-only server has none, and what it says is always empty."""
    if read_only():
        return ""
    return st.text_input(label, key=key, **options).strip()
