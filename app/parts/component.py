"""Components of the app whose style and script lie in files beside the Python file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import streamlit as st


def component(name: str, html: str, beside: Path, *, isolate: bool = True) -> Any:
    """Register a component once; call what is returned to draw it.

    Args:
        beside: the path of its style and script, without ``.css`` and ``.js``.
        isolate: whether the page's styles are kept out, and what looks through the page too.
    """
    return st.components.v2.component(
        name,
        html=html,
        css=beside.with_suffix(".css").read_text("utf-8"),
        js=beside.with_suffix(".js").read_text("utf-8"),
        isolate_styles=isolate,
    )
