"""A real browser on a fresh server: any address may be the first, and every page opens."""

from __future__ import annotations

from playwright.sync_api import expect

from benchmarks.browser import dashboard
from tests.app.browsing import settle, visit

TITLES = [
    "Overview",
    "Representations",
    "Mutual information",
    "Predictions",
    "Context & identity",
    "Learn",
    "Train",
    "Compare",
    "Data",
]


def test_the_first_address_of_a_fresh_server_may_be_any_page_and_all_open(browser, page):
    with dashboard() as (url, _):
        page.goto(f"{url}/data?checkpoint=demo-no-identity&utterance=c007_03")
        settle(page)
        expect(page.get_by_label("Utterance", exact=True)).to_have_value("c007_03", timeout=60_000)
        expect(page.locator("h1")).to_contain_text("demo")
        assert "/data?" in page.url and "checkpoint=demo-no-identity" in page.url
        for title in TITLES:
            visit(page, title)
            assert "checkpoint=demo-no-identity" in page.url
