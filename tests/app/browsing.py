"""What tests in a real browser do on any page."""

from __future__ import annotations

import re
from pathlib import Path

from playwright.sync_api import Page, expect

# Asked ten times a second: asking at every frame makes the browser draw frames all the while.
_SETTLED = """() => document.querySelectorAll("h1").length === 1
  && document.querySelector('[data-testid="stApp"][data-test-script-state="notRunning"]')"""
_FAULTS = '[data-testid="stException"], [data-testid="stAlertContentError"]'


def settle(page: Page) -> None:
    """Wait until the app has drawn its one title and nothing runs any more."""
    page.wait_for_timeout(250)
    page.wait_for_function(_SETTLED, timeout=180_000, polling=100)
    expect(page.locator(_FAULTS), page.url).to_have_count(0)


def visit(page: Page, title: str) -> None:
    """Go to a page through the navigation."""
    page.locator('[data-testid="stSidebarNavLink"]').filter(has_text=title).click()
    slug = title.lower().replace(" & ", "_").replace(" ", "_")
    page.wait_for_url(re.compile(rf"/{slug}(\?|$)" if slug != "start" else r":\d+/(\?|$)"))
    settle(page)


def choose(page: Page, box: str, option: str) -> None:
    """Choose an option of a box."""
    page.locator('[data-testid="stSelectbox"]', has_text=box).locator("input").first.click()
    page.get_by_role("option", name=option, exact=True).click()
    settle(page)


def fill(page: Page, field: str, value: str) -> None:
    """Write into a field."""
    box = page.get_by_label(field, exact=True)
    box.fill(value)
    box.press("Enter")
    settle(page)


def open_folder(page: Page, corpus: Path) -> None:
    """Choose a folder as the corpus of the form of the Train page."""
    choose(page, "Corpus", "another folder …")
    fill(page, "Corpus folder", str(corpus))
