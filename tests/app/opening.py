"""Pages opened by Streamlit's harness as an address opens them: without the start page first."""

from __future__ import annotations

from streamlit.testing.v1 import AppTest
from streamlit.util import calc_hash

from app.pages import PAGES


def goto(app: AppTest, slug: str) -> AppTest:
    """Run a page; until its first run the harness knows pages by their file names only."""
    assert slug in PAGES
    app._page_hash = calc_hash(slug)
    return app.run()
