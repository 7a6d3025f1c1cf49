"""A real browser and a server of the app, for the tests that need both."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from benchmarks.browser import CHROMIUM, chromium, dashboard
from mmmie.jobs import list_runs, observe
from mmmie.jobs.steer import steer


@pytest.fixture
def closed_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    """A GPU that seems to be there and must not be opened: whatever opens one goes through here."""
    import torch

    def opened() -> None:
        raise AssertionError("the server opened a GPU")

    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)
    for name, module in list(sys.modules.items()):  # some have imported it by its name
        if name.startswith("torch.cuda") and hasattr(module, "_lazy_init"):
            monkeypatch.setattr(module, "_lazy_init", opened)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """The app on a port of its own, with an empty folder for runs: its URL and that folder."""
    runs = tmp_path_factory.mktemp("server") / "runs"
    with dashboard(runs) as (url, _):
        yield url, runs
        for run in list_runs(runs):
            status = observe(run)
            if status is not None and status.state in ("queued", "running", "paused"):
                steer(run.path, "stop")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium; skips where it is not installed."""
    if CHROMIUM is None:
        if os.environ.get("MMMIE_BROWSER_REQUIRED"):
            pytest.fail("chromium is not installed")
        pytest.skip("chromium is not installed")
    with chromium() as opened:
        yield opened


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A tab without a past."""
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    yield context.new_page()
    context.close()
