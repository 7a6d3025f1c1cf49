"""Columns that stand below each other where they would become too narrow to read."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Literal

import streamlit as st
from streamlit.delta_generator import DeltaGenerator


def wide_columns(
    spec: int | Sequence[float],
    *,
    key: str,
    least: int = 400,
    gap: Literal["small", "medium", "large"] = "medium",
) -> Sequence[DeltaGenerator]:
    """Columns of at least `least` pixels; those that do not fit beside each other wrap.

    Args:
        spec: number of columns, or their relative widths.
        key: unique on the page.
        least: pixels.
        gap: between columns.
    """
    st.html(
        f"<style>.st-key-{key} > [data-testid='stHorizontalBlock'] > [data-testid='stColumn'],"
        f".st-key-{key} > div > [data-testid='stHorizontalBlock'] > [data-testid='stColumn']"
        f"{{min-width: min({least}px, 100%);}}</style>"
    )
    with st.container(key=key):
        return st.columns(spec, gap=gap)


def lazy_tabs(sections: Mapping[str, Callable[[], None]], *, key: str) -> None:
    """Tabs of which only the open one is drawn; the address says which.

    Args:
        sections: name of a tab → what draws it.
        key: unique in the app; also the name in the address.
    """
    drawn = st.tabs(list(sections), key=key, bind="query-params")
    for tab, draw in zip(drawn, sections.values(), strict=True):
        if tab.open:
            with tab:
                draw()
