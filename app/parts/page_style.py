"""What the theme of Streamlit leaves too pale to be read, in the colours of the house."""

from __future__ import annotations

import streamlit as st

from app.parts.style import ON_PRIMARY, PALE, PALE_INSTEAD

_BUTTON, _TAG = "[data-testid='stBaseButton-primary']:not(:disabled)", "[data-tag]"


def draw_page_style() -> None:
    """Words on the primary colour, and the grey ones of figures."""
    st.html(
        f"<style>.stApp :is({_BUTTON}, {_TAG}), .stApp :is({_BUTTON}, {_TAG}) *"
        f"{{color: light-dark({', '.join(ON_PRIMARY)}); opacity: 1;}}"
        f".stApp .js-plotly-plot text[style*='{PALE}']"
        f"{{fill: {PALE_INSTEAD} !important;}}</style>"
    )
