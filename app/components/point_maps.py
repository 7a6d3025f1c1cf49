"""A picture of maps with every point of them, on which the reader chooses utterances."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import streamlit as st

from app.components.page_record import keep_recording

MAPS = "mmmie_maps"
_HERE = Path(__file__).parent

_render = st.components.v2.component(
    MAPS,
    html='<div class="mmmie-maps"></div>',
    css=(_HERE / "maps.css").read_text("utf-8"),
    js=(_HERE / "maps.js").read_text("utf-8"),
    isolate_styles=False,  # so that the pictures of the page can be found and exported
)


def point_maps(message: bytes, *, key: str, choose: Callable[[list[str]], None]) -> None:
    """Draw maps; a new message under the same key changes them in their place.

    Args:
        message: of `app.views.maps.maps_message`.
        key: unique on the page.
        choose: called with the ids that the reader chose by a click, a box or a lasso.
    """

    def take() -> None:
        ids = st.session_state[key]["chosen"]
        if ids:
            choose([str(i) for i in ids])

    keep_recording()
    _render(key=key, data=message, on_chosen_change=take)
