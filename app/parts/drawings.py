"""Drawings of `app.parts.svg` on the page."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import streamlit as st
from markupsafe import Markup

from app.export.record import Drawing, add
from app.parts.component import component
from app.parts.figures import figure_footer

_render = component(
    "mmmie_drawing",
    '<div class="mmmie-room"></div><div class="mmmie-tip" hidden></div>',
    Path(__file__).with_name("drawings"),
    isolate=False,  # what saves pictures has to find it
)


def draw(drawing: str, *, key: str, choose: Callable[[str], None] | None = None) -> None:
    """Draw it as wide as there is room.

    Args:
        key: unique on the page; what `figure_footer` finds it by.
        choose: called with what the reader clicked, where the drawing says that of its parts.
    """

    def take() -> None:
        if choose is not None and (name := st.session_state[key]["chosen"]):
            choose(str(name))

    add(Drawing(key, Markup(drawing)))
    _render(key=key, data={"drawing": drawing}, on_chosen_change=take)


def drawn_figure(
    drawing: str,
    *,
    key: str,
    caption: str,
    explanation: str,
    data: pd.DataFrame,
    choose: Callable[[str], None] | None = None,
) -> None:
    """Draw it with what belongs to a figure; see `draw` and `figure_footer`."""
    draw(drawing, key=key, choose=choose)
    figure_footer(key=key, caption=caption, explanation=explanation, data=data, pictures=(key,))
