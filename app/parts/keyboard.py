"""Keys that work on every page, a dialog that lists them, and the link to the view."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pandas as pd
import streamlit as st
from streamlit.navigation.page import StreamlitPage

from app.parts.component import component

PREVIOUS, NEXT, PIN, LET_GO, CLEAR = "Left", "Right", "P", "U", "X"

_HTML = """
<div class="row">
  <button class="copy" title="Copy the address of this view">Copy link</button>
  <button class="help" title="Show all keys">Keys <kbd>?</kbd></button>
</div>
"""
_render = component(
    "mmmie_keyboard",
    _HTML,
    Path(__file__).with_name("keyboard"),
)


def draw_keyboard(pages: Sequence[StreamlitPage]) -> None:
    """Draw the buttons for link and help, and listen for the keys that need no button."""
    pressed = _render(
        key="keyboard",
        data={"pages": len(pages)},
        on_help_change=lambda: None,
        on_page_change=lambda: None,
    )
    if pressed.page:
        st.switch_page(pages[int(pressed.page) - 1], query_params={})
    if pressed.help:
        _help(pages)


@st.dialog("Keys", width="medium")
def _help(pages: Sequence[StreamlitPage]) -> None:
    st.table(
        pd.DataFrame(
            [
                ("← →", "previous and next utterance of the selection or, where fewer than two "
                 "are selected, of the slice; on Learn, the steps of the lesson"),
                (PIN, "pin the utterance, to see it beside the others"),
                (LET_GO, "unpin it"),
                (CLEAR, "clear the selection"),
                *((str(i), page.title) for i, page in enumerate(pages[:9], start=1)),
                ("R", "draw the page again"),
                ("?", "this list"),
            ],
            columns=["key", "what it does"],
        ).set_index("key")
    )  # fmt: skip
    st.caption(
        "Shortcuts are off while you type. In a table, arrows go from cell to cell; click beside "
        "it to leave it. On a map, click a point, drag a box, or choose the lasso in its "
        "upper right corner; a double click shows everything again."
    )
    st.caption(
        "The address of the page names checkpoint, split, slice, colours, selection, pinned "
        "utterance and filters. Whoever opens it sees the same view."
    )
