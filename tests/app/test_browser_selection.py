"""A real browser: one selection on every page, after a reload, and per tab."""

from __future__ import annotations

import re
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.app.browsing import settle, visit


def box(page: Page) -> str:
    """The id of the utterance that the sidebar shows."""
    return page.get_by_label("Utterance", exact=True).input_value()


def drag_a_box(page: Page) -> None:
    """Draw a box over the middle of the first map."""
    area = page.locator(".mmmie-stage canvas:last-child").first
    area.scroll_into_view_if_needed()
    place = area.bounding_box()
    assert place is not None
    x, y = place["x"] + place["width"] / 2, place["y"] + place["height"] / 2
    page.mouse.move(x - 25, y - 25)
    page.mouse.down()
    page.mouse.move(x + 25, y + 25, steps=5)
    page.mouse.up()


def test_a_box_on_a_map_selects_on_every_page_and_after_a_reload(
    server: tuple[str, Path], page: Page
) -> None:
    page.goto(f"{server[0]}/representations?checkpoint=demo")
    settle(page)
    page.wait_for_selector(".mmmie-stage canvas", timeout=60_000)
    settle(page)
    drag_a_box(page)
    sidebar = page.locator('[data-testid="stSidebar"]')
    place = sidebar.get_by_text(re.compile(r"^1 of [\d,]+ selected"))
    expect(place).to_be_visible(timeout=30_000)
    count = int(place.inner_text().split(" of ")[1].split()[0].replace(",", ""))
    assert count > 1
    settle(page)
    first = box(page)
    page.keyboard.press("p")
    expect(sidebar.get_by_text(first, exact=False).last).to_be_visible(timeout=30_000)

    visit(page, "Predictions")
    expect(page.get_by_text(f"utterance {first}").first).to_be_visible(timeout=60_000)
    page.get_by_role("button", name="Filter", exact=False).first.click()
    expect(page.get_by_text(f"Selected utterances only ({count})")).to_be_visible()
    page.keyboard.press("Escape")

    settle(page)
    page.keyboard.press("ArrowRight")
    expect(sidebar.get_by_text(f"2 of {count:,} selected")).to_be_visible(timeout=30_000)
    expect(page.get_by_label("Utterance", exact=True)).not_to_have_value(first)
    second = box(page)
    expect(page.get_by_text(f"utterance {second}").first).to_be_visible(timeout=30_000)

    page.wait_for_url(re.compile(f"utterance={second}"))
    address = page.url
    page.reload()
    settle(page)
    expect(sidebar.get_by_text(f"2 of {count:,} selected")).to_be_visible(timeout=60_000)
    assert box(page) == second and page.url == address
    assert f"pinned={first}" in address
    expect(page.get_by_text(f"utterance {second}").first).to_be_visible(timeout=60_000)


def test_keys_leave_what_is_written_alone_and_tabs_leave_each_other_alone(
    server: tuple[str, Path], page: Page
) -> None:
    page.goto(f"{server[0]}/data?checkpoint=demo&utterance=c007_03")
    settle(page)
    other = page.context.new_page()
    other.goto(f"{server[0]}/data?checkpoint=demo&utterance=c007_01")
    settle(other)

    field = page.get_by_label("Utterance", exact=True)
    field.click()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowLeft")
    field.fill("no such id x1p")
    field.press("Enter")
    expect(page.get_by_text("No utterance of this corpus has the id")).to_be_visible()
    settle(page)
    assert "utterance=c007_03" in page.url
    field.fill("c007_05")
    field.press("Enter")
    page.wait_for_url(re.compile("utterance=c007_05"))
    settle(page)
    page.locator("h1").click()
    page.keyboard.press("ArrowLeft")
    page.wait_for_url(re.compile("utterance=c007_04"))
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_contain_text("pin the utterance")
    page.keyboard.press("Escape")

    other.bring_to_front()
    assert box(other) == "c007_01" and "utterance=c007_01" in other.url
    other.locator("h1").click()
    other.keyboard.press("ArrowRight")
    other.wait_for_url(re.compile("utterance=c007_02"))
    settle(other)
    assert box(page) == "c007_04"
    other.keyboard.press("2")
    other.wait_for_url("**/overview*")
