"""A real browser: download the demo corpus, upload it again, and see what is wrong with another."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
import zipfile
from pathlib import Path

import pytest
from playwright.sync_api import expect, sync_playwright

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


def test_the_demo_goes_out_and_comes_back_and_a_broken_one_lists_its_faults(server, page, tmp_path):
    url, runs = server
    page.goto(f"{url}/data?data_tab=Bring+your+own")
    with page.expect_download(timeout=60_000) as started:
        page.get_by_role("button", name="Download the demo corpus").click(timeout=60_000)
    archive = tmp_path / "demo.zip"
    started.value.save_as(archive)

    broken = tmp_path / "broken.zip"
    with zipfile.ZipFile(archive) as source, zipfile.ZipFile(broken, "w") as target:
        for name in source.namelist():
            content = source.read(name)
            if name.endswith(".csv"):
                content = content.replace(b",train,", b",learn,").replace(b",valid,", b",train,", 1)
            target.writestr(name, content)
        target.writestr("notes/read.me", "")
    box = page.locator('input[type="file"]')
    box.set_input_files(broken)
    expect(page.get_by_text("This zip file cannot be used yet")).to_be_visible(timeout=60_000)
    expect(page.get_by_text("'notes/read.me' is no file of a corpus")).to_be_visible()

    box.set_input_files(archive)
    expect(page.get_by_text("demo is sound: 4,810 utterances")).to_be_visible(timeout=60_000)
    assert [folder.name for folder in (runs / "corpora").iterdir()] == ["demo"]
    page.get_by_test_id("stMain").get_by_role("button", name="Look at it").click()
    expect(page.get_by_text("checks found something")).to_be_visible(timeout=60_000)
    assert "data_tab" not in page.url or "What" in page.url
