"""A real browser: open every page, train two epochs on the demo corpus, see the new run."""

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
TITLES = [
    "Overview",
    "Representations",
    "Mutual information",
    "Predictions",
    "Context & identity",
    "Train",
    "Compare",
    "Data",
]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def server(tmp_path):
    """The app on a port of its own, with an empty folder for runs."""
    port = free_port()
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


def settle(page) -> None:
    """Wait until the app has drawn its one title and nothing runs any more."""
    page.wait_for_timeout(500)
    page.wait_for_selector("h1", timeout=60_000)
    page.wait_for_selector('[data-testid="stStatusWidget"]', state="detached", timeout=90_000)
    expect(page.locator("h1")).to_have_count(1, timeout=60_000)
    for fault in ("stException", "stAlertContentError"):
        expect(page.locator(f'[data-testid="{fault}"]')).to_have_count(0)


def visit(page, title: str) -> None:
    """Go to a page through the navigation."""
    page.locator('[data-testid="stSidebarNavLink"]').filter(has_text=title).click()
    slug = title.lower().replace(" & ", "_").replace(" ", "_")
    page.wait_for_function(f"location.pathname.endsWith('{slug}') || '{slug}' === 'overview'")
    settle(page)


def test_the_first_address_of_a_fresh_server_may_be_any_page(server, page):
    url, _ = server
    page.goto(f"{url}/predictions?checkpoint=demo-no-identity&utterance=c007_03")
    settle(page)
    expect(page.get_by_text("utterance c007_03").first).to_be_visible(timeout=60_000)
    assert "checkpoint=demo-no-identity" in page.url


@pytest.mark.timeout(600)
def test_every_page_then_train_and_see_the_run(server, page):
    url, runs = server
    page.goto(url)
    settle(page)
    for title in TITLES:
        visit(page, title)
    visit(page, "Train")
    page.get_by_label("Name", exact=True).fill("from-the-browser")
    page.get_by_label("Name", exact=True).press("Tab")
    page.get_by_label("Epochs", exact=True).fill("2")
    page.get_by_label("Epochs", exact=True).press("Tab")
    settle(page)
    page.get_by_role("button", name="Start training").click()
    deadline = time.monotonic() + 300
    while time.monotonic() < deadline:
        found = list_runs(runs)
        if found and observe(found[0]).state == "finished":
            break
        time.sleep(0.5)
    assert observe(list_runs(runs)[0]).state == "finished"
    assert observe(list_runs(runs)[0]).epoch == 2

    page.get_by_role("button", name="Open in Overview").click(timeout=30_000)
    expect(page.locator("h1")).to_contain_text("from-the-browser", timeout=60_000)
    settle(page)
    assert "checkpoint=runs%2Ffrom-the-browser" in page.url
    expect(page.locator('[data-testid="stMain"]')).to_contain_text("epoch 2 of 2")
