"""How long the dashboard takes in a real browser: medians on a warm server.

    python benchmarks/dashboard.py --times 10

First pages: every visit is a new session in the same headless Chromium, from the request of the
address to the first numbers and to the first figure; the first visit, which finds the server
cold, is printed apart. Widgets: from the click to the last change that it makes to the page,
figures included. Page switches: from the click on a link to the new page's title, and to its last
change. The machine's own part is what a bare page of Streamlit takes: a title, a number, a button.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from pathlib import Path

from browser import chromium, dashboard, seconds_of_change, settle
from common import parser
from playwright.sync_api import BrowserContext, Page

NUMBERS, FIGURE = '[data-testid="stMetricValue"]', ".js-plotly-plot .main-svg, .mmmie-drawing"
VIEWPORT = {"width": 1440, "height": 900}
SETTLE_SECONDS = 5
BARE = """
import streamlit as st

st.title("Bare")
st.session_state["count"] = st.session_state.get("count", 0) + st.button("More")
st.metric("clicks", st.session_state["count"])
"""
PAGES = ["Representations", "Predictions", "Context & identity", "Compare", "Overview"]
COMPARED = "?checkpoint=demo&compare=demo-no-identity"


def main() -> None:
    """Start a server, visit it, print the medians."""
    asked = parser(__doc__)
    asked.add_argument("--times", type=int, default=10)
    options = asked.parse_args()
    _bare(options.times)
    with dashboard() as (url, _), chromium() as browser:
        context = browser.new_context(viewport=VIEWPORT)
        visits = [_visit(context, url + "/overview") for _ in range(options.times + 1)]
        print(f"cold: numbers {visits[0][0]:.2f} s, figure {visits[0][1]:.2f} s")
        _say("first numbers, warm", [numbers for numbers, _ in visits[1:]])
        _say("first figure, warm", [figure for _, figure in visits[1:]])
        page = context.new_page()
        page.goto(url + "/overview" + COMPARED)
        settle(page)
        _switches(page, options.times)
        _widgets(page, options.times)


def _bare(times: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder) / "bare.py"
        script.write_text(BARE, "utf-8")
        with dashboard(script=str(script)) as (url, _), chromium() as browser:
            context = browser.new_context(viewport=VIEWPORT)
            numbers = [_visit(context, url, figure=False)[0] for _ in range(times + 1)][1:]
            page = context.new_page()
            page.goto(url)
            clicks = [seconds_of_change(page, "button:has-text('More')") for _ in range(times + 1)]
    _say("bare page, first number, warm", numbers)
    _say("bare page, click", clicks[1:])


def _say(what: str, seconds: list[float]) -> None:
    print(
        f"{what}: median {1000 * statistics.median(seconds):.0f} ms, "
        f"{1000 * min(seconds):.0f} to {1000 * max(seconds):.0f} over {len(seconds)}",
        flush=True,
    )


def _visit(context: BrowserContext, url: str, figure: bool = True) -> tuple[float, float]:
    page = context.new_page()
    started = time.perf_counter()
    page.goto(url)
    page.wait_for_selector(NUMBERS, timeout=60_000)
    numbers = time.perf_counter() - started
    if figure:
        page.wait_for_selector(FIGURE, timeout=60_000)
    drawn = time.perf_counter() - started
    page.wait_for_timeout(1000 * SETTLE_SECONDS)
    page.close()
    return numbers, drawn


def _link(title: str) -> str:
    return f'[data-testid="stSidebarNavLink"]:has-text("{title}")'


def _go(page: Page, title: str) -> None:
    """Open a page through the navigation and wait until it is whole."""
    page.locator(_link(title)).click()
    path = {"Context & identity": "/context_identity"}.get(title, f"/{title.lower()}")
    page.wait_for_function("path => location.pathname === path", arg=path)
    page.wait_for_timeout(200)
    settle(page)


def _switches(page: Page, times: int) -> None:
    for title in PAGES:  # the first visit of a page fills its caches
        _go(page, title)
    for title in PAGES:
        titles, wholes = [], []
        for _ in range(times):
            away = "Overview" if title != "Overview" else "Predictions"
            _go(page, away)
            before = page.locator("h1").first.inner_text()
            started = page.evaluate("() => performance.now()")
            page.locator(_link(title)).click()
            page.wait_for_function(
                "before => { const h = document.querySelector('h1');"
                " return h && h.innerText !== before; }",
                arg=before,
                polling=20,
            )
            titles.append((page.evaluate("() => performance.now()") - started) / 1000)
            settle(page)
            wholes.append((page.evaluate("() => window.lastChange") - started) / 1000)
        _say(f"switch to {title}, title", titles)
        _say(f"switch to {title}, last change", wholes)


def _next_utterance(page: Page) -> float:
    """Step to the next utterance by its key; seconds to the last change."""
    return seconds_of_change(page, "body", press="ArrowRight")


def _other_colour(page: Page) -> float:
    """Choose another colour, with the list open before the clock starts; seconds as above."""
    box = page.locator('[data-testid="stSelectbox"]', has_text="Colour by").locator("input")
    option = "label" if box.input_value() == "prediction" else "prediction"
    box.click()
    settle(page)
    return seconds_of_change(page, f'role=option[name="{option}"]')


def _widgets(page: Page, times: int) -> None:
    for title in ("Predictions", "Context & identity", "Representations"):
        _go(page, title)
        for name, select in (("next utterance", _next_utterance), ("colour by", _other_colour)):
            seconds_ = [select(page) for _ in range(times + 1)][1:]
            _say(f"{title}, {name}", seconds_)


if __name__ == "__main__":
    main()
