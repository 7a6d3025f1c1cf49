"""How long the dashboard takes in a real browser: medians over visits of a warm server.

    python benchmarks/dashboard.py --visits 10

Every visit is a new session in the same headless Chromium: from the request of the address to
the first numbers on the page, and to its first figure. The first visit, which finds the server
cold, is printed apart.
"""

from __future__ import annotations

import argparse
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

from playwright.sync_api import BrowserContext, sync_playwright

ROOT = Path(__file__).resolve().parents[1]
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
NUMBERS, FIGURE = '[data-testid="stMetricValue"]', ".js-plotly-plot .main-svg"
SETTLE_SECONDS = 5


def main() -> None:
    """Start a server, visit it, print one line a visit and the medians."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--visits", type=int, default=10)
    options = parser.parse_args()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    with tempfile.TemporaryDirectory() as runs:
        server = subprocess.Popen(
            [
                *(sys.executable, "-m", "streamlit", "run", "app/main.py"),
                *("--server.port", str(port), "--server.headless", "true"),
            ],
            cwd=ROOT,
            env={**os.environ, "MMMIE_RUNS": runs},
            stdout=subprocess.DEVNULL,
        )
        try:
            _wait_until_up(url)
            with sync_playwright() as playwright:
                browser = playwright.chromium.launch(
                    executable_path=shutil.which("chromium"), args=FLAGS
                )
                context = browser.new_context(viewport={"width": 1440, "height": 900})
                visits = [_visit(context, url) for _ in range(options.visits + 1)]
                browser.close()
        finally:
            server.terminate()
            server.wait(20)
    print(f"cold: numbers {visits[0][0]:.2f} s, figure {visits[0][1]:.2f} s")
    for name, values in zip(("numbers", "figure"), zip(*visits[1:], strict=True), strict=True):
        print(
            f"warm, first {name}: median {statistics.median(values):.2f} s, "
            f"{min(values):.2f} to {max(values):.2f} s over {options.visits} visits"
        )


def _visit(context: BrowserContext, url: str) -> tuple[float, float]:
    page = context.new_page()
    started = time.perf_counter()
    page.goto(url)
    page.wait_for_selector(NUMBERS, timeout=60_000)
    numbers = time.perf_counter() - started
    page.wait_for_selector(FIGURE, timeout=60_000)
    figure = time.perf_counter() - started
    page.wait_for_timeout(1000 * SETTLE_SECONDS)
    page.close()
    return numbers, figure


def _wait_until_up(url: str) -> None:
    for _ in range(600):
        try:
            urllib.request.urlopen(f"{url}/_stcore/health", timeout=1)
            return
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    raise SystemExit("the server did not start within a minute")


if __name__ == "__main__":
    main()
