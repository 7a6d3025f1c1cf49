"""The pages by name: their titles, icons and order, and links to them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import streamlit as st


@dataclass(frozen=True)
class Page:
    """One page: its folder and address, then its name, icon and heading in the sidebar."""

    slug: str
    title: str
    icon: str
    section: str

    @property
    def file(self) -> str:
        """The file that Streamlit runs, relative to ``main.py``."""
        return f"screens/{self.slug}/page.py"


# Not in a folder called pages: Streamlit would run such files by themselves, without main.py,
# when the first address that a fresh server is asked for is not the start page.
PAGES = {
    page.slug: page
    for page in (
        Page("start", "Start", ":material/home:", "Begin"),
        Page("learn", "Learn", ":material/school:", "Begin"),
        Page("overview", "Overview", ":material/monitoring:", "Look"),
        Page("representations", "Representations", ":material/bubble_chart:", "Look"),
        Page("mutual_information", "Mutual information", ":material/join_inner:", "Look"),
        Page("predictions", "Predictions", ":material/fact_check:", "Look"),
        Page("context_identity", "Context & identity", ":material/forum:", "Look"),
        Page("train", "Train", ":material/model_training:", "Do"),
        Page("compare", "Compare", ":material/compare:", "Do"),
        Page("data", "Data", ":material/dataset:", "Do"),
    )
}
START = "start"


def switch_to(slug: str, parameters: Mapping[str, str] | None = None) -> None:
    """Show another page; what is bound to the address is taken along by Streamlit itself.

    `parameters` are of the address, where the page is to open in a certain way.
    """
    # Without any, clearing bound ones is an error.
    st.switch_page(PAGES[slug].file, query_params=dict(parameters or {}))


def link_to(slug: str, label: str, width: int | Literal["content"] = "content") -> None:
    """A link to another page, in words of its own."""
    st.page_link(PAGES[slug].file, label=label, icon=":material/arrow_forward:", width=width)
