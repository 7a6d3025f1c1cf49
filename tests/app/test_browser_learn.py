"""A real browser walks the lesson by key, trains the small model at its end and sees it finish."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from playwright.sync_api import expect, sync_playwright

from mmmie.jobs import list_runs, observe
from mmmie.jobs.steer import steer

ROOT = Path(__file__).resolve().parents[2]
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture
def server(tmp_path):
    """The app on a port of its own, with an empty folder for runs."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "streamlit", "run", "app/main.py"),
            *("--server.port", str(port), "--server.headless", "true"),
        ],
        cwd=ROOT,
        env={**os.environ, "MMMIE_RUNS": str(tmp_path / "runs")},
    )
    url = f"http://127.0.0.1:{port}"
    try:
        for _ in range(300):
            try:
                urllib.request.urlopen(f"{url}/_stcore/health", timeout=1)
                break
            except (urllib.error.URLError, OSError):
                time.sleep(0.1)
        yield url, tmp_path / "runs"
    finally:
        for run in list_runs(tmp_path / "runs"):
            status = observe(run)
            if status is not None and status.state in ("queued", "running", "paused"):
                steer(run.path, "stop")
        process.terminate()
        process.wait(20)


@pytest.fixture
def page():
    if CHROMIUM is None:
        if os.environ.get("MMMIE_BROWSER_REQUIRED"):
            pytest.fail("chromium is not installed")
        pytest.skip("chromium is not installed")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        opened = browser.new_page(viewport={"width": 1440, "height": 900})
        yield opened
        browser.close()


def at_step(page, number: int) -> str:
    """Wait until a step is drawn; its title."""
    expect(page.get_by_text(f"Step {number + 1} of 8.")).to_be_visible(timeout=60_000)
    expect(page.get_by_text("To think about")).to_have_count(1, timeout=60_000)
    expect(page.locator("h1")).to_have_count(1)
    for fault in ("stException", "stAlertContentError"):
        expect(page.locator(f'[data-testid="{fault}"]')).to_have_count(0)
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
    page.goto(f"{url}/learn")
    titles = [at_step(page, 0)]
    assert "more times in the valid split" in titles[0]
    for number in range(1, 8):
        titles.append(press(page, "ArrowRight" if number % 2 else "n", number))
    assert len(set(titles)) == 8
    assert "with identity" in titles[5]
    assert press(page, "ArrowLeft", 6) == titles[6]
    assert press(page, "b", 5) == titles[5]

    page.get_by_text("Speaker: the same or another").click()
    expect(page.locator("h1")).to_contain_text("as told now", timeout=30_000)
    page.get_by_text("Train", exact=True).last.click()
    expect(page.locator("h1")).to_have_text(titles[7], timeout=30_000)
    at_step(page, 7)

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
