"""A real browser walks the lesson by key, trains the small model at its end and sees it finish."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from mmmie.jobs import list_runs, observe
from tests.app.browsing import settle


def at_step(page, number: int) -> str:
    """Wait until a step is drawn; its title."""
    expect(page.get_by_text(f"Step {number + 1} of 9.")).to_be_visible(timeout=60_000)
    expect(page.get_by_text("To think about")).to_have_count(1, timeout=60_000)
    # The script that listens to the arrows arrives by itself, at times after the step's words.
    expect(page.locator(f'.lesson-keys[data-step="{number}"]')).to_be_attached(timeout=60_000)
    settle(page)
    page.wait_for_url(f"**step={number}*")
    return page.locator("h1").inner_text()


def press(page, key: str, number: int) -> str:
    """Press a key; the title of the step that it leads to."""
    was = page.locator("h1").inner_text()
    page.keyboard.press(key)
    expect(page.locator("h1")).not_to_have_text(was, timeout=60_000)
    return at_step(page, number)


@pytest.mark.timeout(600)
def test_the_lesson_is_walked_by_key_and_ends_with_a_model_of_ones_own(server, page):
    url, runs = server
    page.goto(f"{url}/learn?step=4")
    titles = [at_step(page, 4), press(page, "ArrowRight", 5), press(page, "n", 6)]
    assert len(set(titles)) == 3 and "with identity" in titles[1]
    assert press(page, "b", 5) == titles[1] and press(page, "ArrowLeft", 4) == titles[0]
    press(page, "ArrowRight", 5)

    page.get_by_text("Speaker: the same or another").click()
    expect(page.locator("h1")).to_contain_text("with your changes", timeout=30_000)
    page.get_by_text("Train", exact=True).last.click()
    at_step(page, 8)

    # A slider keeps the arrow keys to itself.
    slider = page.get_by_role("slider", name="Epochs")
    for _ in range(3):
        slider.press("ArrowLeft")
    expect(slider).to_have_value("1")
    page.get_by_role("button", name="Train it").click()
    expect(page.locator("h1")).to_contain_text("Your model reaches", timeout=240_000)
    (run,) = list_runs(runs)
    assert run.path.name == "lesson"
    assert observe(run).state == "finished"
    expect(page.get_by_role("heading", name="yours says")).to_be_visible(timeout=30_000)
    page.get_by_role("button", name="Compare them on every utterance").click()
    page.wait_for_url("**/compare*")
    page.wait_for_url("**checkpoint=runs%2Flesson*")
    settle(page)
