"""A server of the dashboard and a headless Chromium, for benchmarks and for tests in a browser."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).resolve().parents[1]
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
QUIET_SECONDS = 0.4

# When the page last changed, and whether the server is still at work.
_WATCH = """
() => {
  if (window.watched) return;
  window.watched = true;
  window.lastChange = performance.now();
  const inside = (node) => {
    const element = node.nodeType === 1 ? node : node.parentElement;
    return element && element.closest('[data-testid="stMain"]');
  };
  new MutationObserver((changes) => {
    if (changes.some((change) => inside(change.target))) window.lastChange = performance.now();
  }).observe(document.body, {
    subtree: true, childList: true, characterData: true, attributes: true,
  });
}
"""


@contextmanager
def dashboard(
    runs: Path | None = None,
    port: int | None = None,
    script: str = "app/main.py",
    options: Sequence[str] | None = None,
    variables: Mapping[str, str] | None = None,
) -> Iterator[tuple[str, int]]:
    """A server: its address and its process id.

    Args:
        runs: the folder of runs that it offers beside what ships; an empty one if left out.
        port: a free one if left out.
        script: what Streamlit runs, another one to compare with.
        options: of ``mmmie app``, which then starts the server.
        variables: of the environment.
    """
    port = port or _free_port()
    url = f"http://127.0.0.1:{port}"
    with tempfile.TemporaryDirectory() as empty:
        command = ["streamlit", "run", script, "--server.port", str(port)]
        if options is not None:
            command = ["mmmie", "app", "--port", str(port), *options]
        given = {"STREAMLIT_SERVER_HEADLESS": "true", "MMMIE_RUNS": str(runs or empty)}
        server = subprocess.Popen(
            [sys.executable, "-m", *command],
            cwd=ROOT,
            env={**os.environ, **given, **(variables or {})},
            stdout=subprocess.DEVNULL,
        )
        try:
            _wait_until_up(url)
            yield url, server.pid
        finally:
            server.kill()  # it has nothing to save, and an orderly end takes it seconds
            server.wait()


def _free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def chromium() -> Iterator[Browser]:
    """Headless, with software graphics."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        try:
            yield browser
        finally:
            browser.close()


def settle(page: Page, limit: float = 60) -> None:
    """Wait until nothing has changed for a while and the server does no work.

    Raises:
        TimeoutError: it still changes after `limit` seconds.
    """
    page.evaluate(_WATCH)
    page.wait_for_function(
        f"""() => performance.now() - window.lastChange > {1000 * QUIET_SECONDS}
        && document.querySelector('[data-testid="stApp"]').dataset.testScriptState === "notRunning"
        """,
        timeout=1000 * limit,
        polling=50,
    )


def seconds_of_change(page: Page, selector: str, press: str | None = None) -> float:
    """From a click on an element, or a key pressed there, to the last change of the page.

    The change counts to its end: everything that the rerun draws anew, figures included. Time is
    taken by the browser's own clock.

    Args:
        page: on a settled page.
        selector: what is clicked.
        press: a key that is pressed on it instead.
    """
    settle(page)
    started = page.evaluate("() => performance.now()")
    target = page.locator(selector).first
    if press is None:
        target.click()
    else:
        target.press(press)
    page.wait_for_function(f"() => window.lastChange > {started}", timeout=30_000, polling=20)
    settle(page)
    return float(page.evaluate("() => window.lastChange") - started) / 1000


def _wait_until_up(url: str) -> None:
    for _ in range(600):
        try:
            urllib.request.urlopen(f"{url}/_stcore/health", timeout=1)
            return
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    raise SystemExit("the server did not start within a minute")
