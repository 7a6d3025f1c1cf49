"""What tests in a real browser do on any page."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Page, expect


def settle(page: Page) -> None:
    """Wait until the app has drawn its one title and nothing runs any more."""
    page.wait_for_timeout(250)
    page.wait_for_selector("h1", timeout=120_000)
    page.wait_for_selector(
        '[data-testid="stApp"][data-test-script-state="notRunning"]', timeout=180_000
    )
    expect(page.locator("h1")).to_have_count(1, timeout=120_000)
    for fault in ("stException", "stAlertContentError"):
        expect(page.locator(f'[data-testid="{fault}"]'), page.url).to_have_count(0)


def visit(page: Page, title: str) -> None:
    """Go to a page through the navigation."""
    page.locator('[data-testid="stSidebarNavLink"]').filter(has_text=title).click()
    slug = title.lower().replace(" & ", "_").replace(" ", "_")
    page.wait_for_function(f"location.pathname.endsWith('{slug}') || '{slug}' === 'start'")
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
