"""Columns that wrap where they would become too narrow to read, lazy tabs, and the page's style."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Literal

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from app.parts.style import ON_PRIMARY, PALE, PALE_INSTEAD


def wide_columns(
    spec: int | Sequence[float],
    *,
    key: str,
    least: int = 400,
    gap: Literal["small", "medium", "large"] = "medium",
    from_right: bool = False,
) -> Sequence[DeltaGenerator]:
    """Columns of at least `least` pixels; those that do not fit beside each other wrap.

    Args:
        least: pixels.
        from_right: the first stands at the right; where they wrap, it is still the first.
    """
    row = f".st-key-{key} > [data-testid='stHorizontalBlock']"
    deep = f".st-key-{key} > div > [data-testid='stHorizontalBlock']"
    reverse = f"{row}, {deep} {{flex-direction: row-reverse;}}" if from_right else ""
    st.html(
        f"<style>{row} > [data-testid='stColumn'], {deep} > [data-testid='stColumn']"
        f"{{min-width: min({least}px, 100%);}} {reverse}</style>"
    )
    with st.container(key=key):
        return st.columns(spec, gap=gap)


def lazy_tabs(sections: Mapping[str, Callable[[], None]], *, key: str) -> None:
    """Tabs of which only the open one is drawn; the address says which.

    Args:
        sections: name of a tab → what draws it.
    """
    drawn = st.tabs(list(sections), key=key, bind="query-params")
    for tab, draw in zip(drawn, sections.values(), strict=True):
        if tab.open:
            with tab:
                draw()


_BUTTON, _TAG = "[data-testid='stBaseButton-primary']:not(:disabled)", "[data-tag]"


def draw_page_style() -> None:
    """Words on the primary colour, and the grey ones of figures."""
    st.html(
        f"<style>.stApp :is({_BUTTON}, {_TAG}), .stApp :is({_BUTTON}, {_TAG}) *"
        f"{{color: light-dark({', '.join(ON_PRIMARY)}); opacity: 1;}}"
        ".stApp [class*='-footer'] {flex-wrap: nowrap;}"
        ".stApp [class*='-footer'] > :first-child {min-width: 0;}"
        f".stApp .js-plotly-plot text[style*='{PALE}']"
        f"{{fill: {PALE_INSTEAD} !important;}}</style>"
    )
