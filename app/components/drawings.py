"""Drawings of `app.views.svg` on the page."""

from __future__ import annotations

import streamlit as st

DRAWING = "mmmie_drawing"

_JS = """
export default function ({ parentElement, data }) {
  const room = parentElement.querySelector(".mmmie-room");
  if (room.drawn === data.drawing) return;
  room.drawn = data.drawing;
  room.innerHTML = data.drawing;  // written by the app, every word in it escaped
}
"""

_render = st.components.v2.component(
    DRAWING,
    html='<div class="mmmie-room"></div>',
    css=".mmmie-room { font-family: var(--st-font); color: var(--st-text-color); }",
    js=_JS,
    isolate_styles=False,  # what saves pictures has to find it
)


def draw(drawing: str, *, key: str) -> None:
    """Draw it as wide as there is room.

    Args:
        drawing: markup from a view.
        key: unique on the page; what `figure_footer` finds it by.
    """
    _render(key=key, data={"drawing": drawing})
