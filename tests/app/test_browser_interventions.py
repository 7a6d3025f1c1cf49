"""A real browser: who spoke is swapped and the prediction follows; the epochs of a run play."""

from __future__ import annotations

import re
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.app.browsing import settle

UTTERANCE = "c126_09"  # "Fine then.", whose label depends on who spoke before


def test_swapping_a_speaker_moves_the_prediction_and_the_address_keeps_it(
    server: tuple[str, Path], page: Page
) -> None:
    page.goto(f"{server[0]}/context_identity?checkpoint=demo&utterance={UTTERANCE}")
    settle(page)
    told = page.locator(".label", has_text="Tess · same speaker")
    expect(told.first).to_be_visible(timeout=60_000)
    before = told.count()
    told.nth(1).click()  # of the two turns of the same speaker before, the one that is attended to
    moved = page.get_by_role("heading", name=re.compile("^Told this, it predicts"))
    expect(moved).to_be_visible(timeout=30_000)
    finding = moved.inner_text()
    now, before_it = re.findall(r"-?\d+\.?\d*", finding)[:2]
    assert abs(float(now) - float(before_it)) > 0.5
    expect(told).to_have_count(before - 1)
    page.wait_for_url("**relabel=*")
    page.reload()
    settle(page)
    expect(page.get_by_role("heading", name=finding)).to_be_visible(timeout=60_000)

    page.get_by_role("button", name="Swap speakers").click()
    expect(page.get_by_role("heading", name=finding)).to_have_count(0, timeout=30_000)


def test_the_epochs_play_and_the_slider_follows(server: tuple[str, Path], page: Page) -> None:
    page.goto(f"{server[0]}/representations?checkpoint=demo")
    settle(page)
    maps = page.locator(".st-key-triangles")
    expect(maps.locator("canvas").first).to_be_visible(timeout=60_000)
    slider, told = maps.get_by_role("slider"), maps.locator(".mmmie-head small").first
    last, drawn = told.inner_text(), "c => c.toDataURL()"
    before = maps.locator("canvas").first.evaluate(drawn)
    assert slider.input_value() == slider.get_attribute("max")
    maps.get_by_label("Play the epochs").click()
    expect(told).not_to_have_text(last, timeout=30_000)
    expect(slider).not_to_have_value(slider.get_attribute("max") or "", timeout=30_000)
    assert maps.locator("canvas").first.evaluate(drawn) != before
