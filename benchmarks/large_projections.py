"""UMAP or t-SNE of a large corpus, from the first click to its end, for `large_corpus.py`."""

from __future__ import annotations

import statistics
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Protocol

import psutil
from browser import chromium, dashboard, seconds_of_change
from playwright.sync_api import Browser, Page

NAMES = {"umap": "UMAP", "tsne": "t-SNE"}
MODULE = "mmmie.analysis.codes.projections"
NEXT = '[data-testid="stSidebar"] button:has-text("Next")'
MAIN = '[data-testid="stMain"]'
MOST_SECONDS = 1800


class Taken(Protocol):
    """Seconds to a drawing."""

    seconds: float


Colour = Callable[[Page, int], Taken]


class Memory(threading.Thread):
    """The most memory that a process of a server which projects has had, bytes."""

    def __init__(self, server: int) -> None:
        super().__init__(daemon=True)
        self.server, self.most = psutil.Process(server), 0

    def run(self) -> None:
        while self.server.is_running():
            with suppress(psutil.Error):
                for child in self.server.children():
                    if MODULE in child.cmdline():
                        self.most = max(self.most, child.memory_info().rss)
            time.sleep(0.2)


def measure(
    runs: Path, address: str, method: str, colour: Colour, watch: str, repeats: int
) -> None:
    """Forget the projections of a run, have them computed from the page, and print what it took.

    Args:
        runs: the folder of runs.
        address: of the run, as part of a URL.
        method: ``umap`` or ``tsne``.
        colour: changes what colours the maps of a page.
        watch: script for every page, which notes when a map was drawn.
        repeats: of every time without load.
    """
    for kept in runs.glob(f"*/cache/{method}-*"):
        kept.unlink()
    whole = f"representations?{address}&map_method={NAMES[method]}"
    with chromium() as browser:
        with dashboard(runs) as (url, server):
            memory = Memory(server)
            memory.start()
            maps = _page(browser, watch, f"{url}/representations?{address}")
            other = _page(browser, watch, f"{url}/predictions?{address}")
            seconds_of_change(other, NEXT)
            colour(maps, server)
            idle = [_both(maps, other, colour, server) for _ in range(repeats)]
            start = time.monotonic()
            maps.get_by_test_id("stMain").get_by_text(NAMES[method], exact=True).click()
            print(f"{NAMES[method]} begun", flush=True)
            busy, arrived = _until_there(
                maps, lambda: _both(maps, other, colour, server), method, start
            )
            print(f"{NAMES[method]}: maps there after {', '.join(f'{s:.0f}' for s in arrived)} s")
            print(f"most memory of its process: {memory.most / 1e6:.0f} MB")
            for where, at in (("Representations, colour", 0), ("Predictions, next", 1)):
                quiet, loaded = (statistics.median(t[at] for t in ts) for ts in (idle, busy))
                print(
                    f"{where}: median {quiet:.2f} s idle, {loaded:.2f} s meanwhile "
                    f"({loaded / quiet:.2f} times), over {len(idle)} and {len(busy)}"
                )
            print(f"second visit: {_visit(browser, watch, f'{url}/{whole}', method):.2f} s")
        with dashboard(runs) as (url, _):
            for visit in ("first", "second"):
                seconds = _visit(browser, watch, f"{url}/{whole}", method)
                print(f"{visit} visit on another server: {seconds:.2f} s")


def _page(browser: Browser, watch: str, url: str) -> Page:
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    context.add_init_script(watch)
    page = context.new_page()
    page.goto(url)
    page.wait_for_selector("h1", timeout=120_000)
    page.wait_for_selector(NEXT, timeout=120_000)
    page.wait_for_function(
        "document.querySelector('.stApp').dataset.testScriptState === 'notRunning'", timeout=120_000
    )
    return page


def _both(maps: Page, other: Page, colour: Colour, server: int) -> tuple[float, float]:
    return colour(maps, server).seconds, seconds_of_change(other, NEXT)


def _until_there(
    maps: Page, use: Callable[[], tuple[float, float]], method: str, start: float
) -> tuple[list[tuple[float, float]], list[float]]:
    """Use both pages until every map is of the method; what that took, and when the maps came."""
    times, arrived = [], []
    while (there := _there(maps, method))[0] < there[1]:
        if time.monotonic() - start > MOST_SECONDS:
            raise SystemExit(f"not done after {MOST_SECONDS} s")
        arrived += [time.monotonic() - start] * (there[0] - len(arrived))
        times.append(use())
    return times, arrived + [time.monotonic() - start] * (there[1] - len(arrived))


def _there(page: Page, method: str) -> tuple[int, int]:
    """How many maps of a page are of the method, of how many."""
    heads = page.locator(f"{MAIN} .mmmie-head small").all_inner_texts()
    return sum(head.startswith(NAMES[method]) for head in heads), max(len(heads), 1)


def _visit(browser: Browser, watch: str, url: str, method: str) -> float:
    """Seconds from a new session to the last drawing of maps that are all of the method."""
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    context.add_init_script(watch)
    page = context.new_page()
    page.goto(url)
    page.wait_for_function(
        f"""() => {{
          const heads = [...document.querySelectorAll('.mmmie-head small')];
          return heads.length > 1 && heads.every(h => h.textContent.startsWith("{NAMES[method]}"))
            && performance.now() - Math.max(...window.drawn) > 700;
        }}""",
        timeout=120_000,
        polling=50,
    )
    seconds = float(page.evaluate("Math.max(...window.drawn) / 1000"))
    context.close()
    return seconds
