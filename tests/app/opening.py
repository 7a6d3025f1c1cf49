"""Pages opened by Streamlit's harness as an address opens them: without the start page first."""

from __future__ import annotations

from collections.abc import Iterator

from streamlit.testing.v1 import AppTest
from streamlit.util import calc_hash

from app.pages import PAGES

TABS = {
    "representations": "codes_tab",
    "predictions": "predictions_tab",
    "context_identity": "context_tab",
    "compare": "compare_tab",
    "data": "data_tab",
}
_SECTIONS = ("Estimators on these codes", "Who knows what", "Estimator lab")
_LAST_STEP = 8


def as_read(text: str) -> str:
    """A text of the app as a browser shows it: without what keeps Markdown from reading it."""
    return text.replace("\\", "").replace("\u2060", "")


def goto(app: AppTest, slug: str) -> AppTest:
    """Run a page; until its first run the harness knows pages by their file names only."""
    assert slug in PAGES
    app._page_hash = calc_hash(slug)
    return app.run()


def every_view(app: AppTest, slug: str) -> Iterator[str]:
    """Open a page, each of its tabs, its sections and its steps; gives the name of each view."""
    goto(app, slug)
    yield slug
    names = [tab.label for tab in app.tabs] if slug in TABS else []
    views: list[tuple[str, object]] = [(TABS[slug], name) for name in names[1:]]
    if slug == "mutual_information":
        views = [("mi_section", name) for name in _SECTIONS]
    if slug == "learn":
        views = [("lesson_step", step) for step in range(1, _LAST_STEP + 1)]
    for key, value in views:
        app.session_state[key] = value
        app.run()
        yield f"{slug}, {value}"
