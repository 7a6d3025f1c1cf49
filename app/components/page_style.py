"""What the theme of Streamlit leaves too pale to be read, in the colours of the house."""

from __future__ import annotations

import streamlit as st

from app.views.style import AXIS_INK, ON_PRIMARY

_AXES = ":is(.xtick, .ytick, .cbaxis, .g-xtitle, .g-ytitle) text"


def draw_page_style() -> None:
    """Words on buttons of the primary colour, and those along the axes of figures."""
    primary, axes = (f"light-dark({light}, {dark})" for light, dark in (ON_PRIMARY, AXIS_INK))
    st.html(
        f"<style>.stApp :is([data-testid='stBaseButton-primary'], [data-baseweb='tag'])"
        f":not(:disabled), .stApp [data-testid='stBaseButton-primary']:not(:disabled) *,"
        f".stApp [data-baseweb='tag'] * {{color: {primary}; opacity: 1;}}"
        f".stApp .js-plotly-plot {_AXES} {{fill: {axes} !important;}}</style>"
    )
