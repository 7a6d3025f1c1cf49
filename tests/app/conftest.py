"""A real browser and a server of the app, for the tests that need both."""

from __future__ import annotations

import functools
import json
import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect
from streamlit.components.v2 import manifest_scanner
from streamlit.testing.v1 import local_script_runner

from benchmarks.browser import CHROMIUM, chromium, dashboard
from mmmie.jobs import list_runs, observe
from mmmie.jobs.process import end


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Whatever needs a browser or a server is slow."""
    for item in items:
        if {"browser", "server"} & set(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.slow)


@pytest.fixture(scope="session", autouse=True)
def quick_harness() -> Iterator[None]:
    """Streamlit's harness looks at all installed packages once, and sleeps while a page runs.

    It reads no settings of the app either: nothing is told of usage, and no garbage is looked for.
    """
    found = functools.cache(manifest_scanner.scan_component_manifests)

    def wait(runner: local_script_runner.LocalScriptRunner, timeout: float = 3) -> None:
        assert runner._script_thread is not None
        runner._script_thread.join(timeout)
        if not runner.script_stopped():
            runner.request_stop()
            raise RuntimeError(f"the page still ran after {timeout} s")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(manifest_scanner, "scan_component_manifests", found)
        patch.setattr(local_script_runner, "require_widgets_deltas", wait)
        patch.setattr("app.garbage_collection._SECONDS", 100_000)
        patch.setattr("app.parts.figures._HEAD_START_SECONDS", 0)
        patch.setenv("STREAMLIT_BROWSER_GATHER_USAGE_STATS", "false")
        yield


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


class Workers:
    """Stands for the processes of background work: the test says what they say and how they end.

    Attributes:
        started: the folder of every work, in the order of starting.
    """

    def __init__(self) -> None:
        self.started: list[Path] = []
        self._alive: set[int] = set()

    def spawn(self, arguments: list[str], log: object) -> tuple[int, float]:
        self.started.append(Path(arguments[1]))
        (self.started[-1] / "begun").touch()
        self._alive.add(len(self.started))
        return len(self.started), 0.0

    def same_process(self, pid: int | None, started: float | None) -> bool:
        return pid in self._alive

    def end(self, pid: int | None = None) -> None:
        """End the process of a number, the last if left out; it writes nothing."""
        self._alive.discard(len(self.started) if pid is None else pid)

    def say(self, *lines: dict[str, Any]) -> None:
        """Let the last process say something."""
        with (self.started[-1] / "lines.jsonl").open("a") as stream:
            stream.writelines(f"{json.dumps(line)}\n" for line in lines)

    def done(self, state: str = "done", error: str = "") -> None:
        """Let the last process come to its end."""
        self.end()
        (self.started[-1] / "ended.json").write_text(json.dumps({"state": state, "error": error}))

    @property
    def given(self) -> dict[str, Any]:
        """What the last process was given."""
        return dict(json.loads((self.started[-1] / "given.json").read_text()))


@pytest.fixture
def workers(monkeypatch: pytest.MonkeyPatch) -> Workers:
    """No work starts a process; the test plays it."""
    found = Workers()
    for name in ("spawn", "same_process", "end"):
        monkeypatch.setattr(f"mmmie.jobs.background_work.{name}", getattr(found, name))
    return found


@pytest.fixture(scope="session")
def one_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """The app on a port of its own: its URL and its folder of runs."""
    runs = tmp_path_factory.mktemp("server") / "runs"
    with dashboard(runs) as (url, _):
        yield url, runs


@pytest.fixture
def server(one_server: tuple[str, Path]) -> Iterator[tuple[str, Path]]:
    """The app, with an empty folder for runs: its URL and that folder."""
    _, runs = one_server
    yield one_server
    for run in list_runs(runs):
        status = observe(run)
        if status is not None and status.alive:
            end(status.pid)
    shutil.rmtree(runs, ignore_errors=True)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium; skips where it is not installed."""
    if CHROMIUM is None:
        if os.environ.get("MMMIE_BROWSER_REQUIRED"):
            pytest.fail("chromium is not installed")
        pytest.skip("chromium is not installed")
    expect.set_options(timeout=60_000)  # the machine may be busy; what is there is seen at once
    with chromium() as opened:
        yield opened


@pytest.fixture(scope="session")
def one_context(browser: Browser) -> BrowserContext:
    """What pages share: scripts are compiled once. Nothing moves: drawing that takes a third."""
    size = {"width": 1440, "height": 900}
    return browser.new_context(viewport=size, reduced_motion="reduce")


@pytest.fixture
def page(one_context: BrowserContext) -> Iterator[Page]:
    """A tab of its own session."""
    yield one_context.new_page()
    for tab in one_context.pages:
        tab.close()
    one_context.clear_cookies()
