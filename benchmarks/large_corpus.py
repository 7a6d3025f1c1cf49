"""How the Representations page takes a corpus of the size of CMU-MOSEI, in a real browser.

    python benchmarks/large_corpus.py --repeats 5
    python benchmarks/large_corpus.py --checkpoint demo      # one that ships, for comparison

Makes a corpus of 22,856 utterances (`--utterances` for another number; see `scale.py`), all in one
split beside a small one to train on, and a checkpoint of one epoch, in a temporary folder. Then it
starts the dashboard, visits the page once so that what the model says is cached, and prints
medians of: a new session until the maps are drawn, a page switch until they are drawn, a widget
until they are redrawn, and the memory of the server process.

The maps count as drawn when the last of them says so. The time of a widget starts at the click or
the key in the browser.
"""

from __future__ import annotations

import contextlib
import itertools
import statistics
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil
from browser import chromium, dashboard
from common import parser
from playwright.sync_api import Page
from scale import write_corpus

from mmmie.training.config import load_config
from mmmie.training.run import train

UTTERANCES = 22_856
TRAINED_ON = 320  # whole conversations
TARGETS = {"new session": 4.0, "page switch": 4.0, "colour": 0.6, "utterance": 0.6}

# Notes when a map was drawn, and when the reader last did something.
WATCH = """
window.drawn = []; window.acted = 0;
for (const kind of ['click', 'keydown'])
  document.addEventListener(kind, () => { window.acted = performance.now(); }, true);
document.addEventListener('mmmie-drawn', () => window.drawn.push(performance.now()));
"""
QUIET_MS = 700
SETTLED = f"""
window.drawn.length && Math.max(...window.drawn) > window.acted
  && performance.now() - Math.max(...window.drawn) > {QUIET_MS}
  && document.querySelector('.stApp').dataset.testScriptState === 'notRunning'
"""


SOME_IDS = "[3, 10, 17, 24, 31].map(i => document.querySelector('.mmmie-maps').maps.fields(i)[0])"


@dataclass
class Taken:
    """Seconds to a drawing, and the processor seconds of server and browser for it."""

    seconds: float = 0.0
    server: float = 0.0
    browser: float = 0.0


def main() -> None:
    """Make the corpus and the checkpoint, start a server, measure, print."""
    asked = parser(__doc__)
    asked.add_argument("--repeats", type=int, default=5)
    asked.add_argument("--utterances", type=int, default=UTTERANCES, help="that are drawn")
    asked.add_argument("--checkpoint", help="one that ships, instead of the large corpus")
    asked.add_argument("--keep", type=Path, help="a folder for corpus and run, used again if full")
    options = asked.parse_args()
    with contextlib.ExitStack() as stack:
        home = options.keep or Path(stack.enter_context(tempfile.TemporaryDirectory()))
        name = options.checkpoint or "runs/large"
        if options.checkpoint is None and not (home / "runs" / "large").exists():
            make_run(home, options.utterances)
        address = f"checkpoint={name}&split=valid"
        url, server = stack.enter_context(dashboard(home / "runs"))
        for what, taken in _measure(url, address, options.repeats, server).items():
            seconds = [one.seconds for one in taken]
            print(
                f"{what}: median {statistics.median(seconds):.2f} s, {min(seconds):.2f} to "
                f"{max(seconds):.2f} s over {len(seconds)} (target {TARGETS[what]} s); "
                f"processor: server {statistics.median(one.server for one in taken):.2f} s, "
                f"browser {statistics.median(one.browser for one in taken):.2f} s"
            )
        memory = psutil.Process(server).memory_info().rss
        print(f"memory of the server: {memory / 1e6:.0f} MB (target 1000 MB)")


def make_run(home: Path, utterances: int) -> None:
    """The corpus and a run of one epoch on its small train split, under `home`."""
    every = utterances + TRAINED_ON
    write_corpus(home / "corpus", every, train=TRAINED_ON / every)
    config = load_config(overrides=["training.epochs=1", "training.mi_check_every=0"])
    train(home / "corpus", home / "runs" / "large", config, device="cpu")


def _measure(url: str, address: str, repeats: int, server: int) -> dict[str, list[Taken]]:
    times: dict[str, list[Taken]] = {what: [] for what in TARGETS}
    with chromium() as browser:
        context = browser.new_context(viewport={"width": 1440, "height": 900})
        context.add_init_script(WATCH)
        for visit in range(repeats + 1):  # the first fills the caches
            page = context.new_page()
            with _timed(page, server) as taken:
                page.goto(f"{url}/representations?{address}")
            if visit:
                times["new session"].append(taken)
            if visit < repeats:
                page.close()
        columns = itertools.cycle(["prediction", "conversation"])
        for _ in range(repeats):
            page.locator('[data-testid="stSidebar"]').get_by_label("Colour by").click()
            with _timed(page, server) as taken:
                page.get_by_role("option", name=next(columns), exact=True).click()
            times["colour"].append(taken)
        ids = page.evaluate(SOME_IDS)
        field = page.locator('[data-testid="stSidebar"]').get_by_label("Utterance", exact=True)
        for repeat in range(repeats):
            field.fill(ids[repeat % len(ids)])
            with _timed(page, server) as taken:
                field.press("Enter")
            times["utterance"].append(taken)
        links = page.locator('[data-testid="stSidebarNavLink"]')
        for _ in range(repeats):
            links.filter(has_text="Overview").click()
            page.wait_for_timeout(3000)
            with _timed(page, server) as taken:
                links.filter(has_text="Representations").click()
            times["page switch"].append(taken)
    return times


@contextlib.contextmanager
def _timed(page: Page, server: int) -> Iterator[Taken]:
    """What an act of the reader takes, to the last drawing of a map."""
    taken = Taken()
    page.evaluate("window.drawn = []")
    before = _processor(server)
    yield taken
    page.wait_for_function(SETTLED, timeout=180_000, polling=50)
    after = _processor(server)
    taken.seconds = page.evaluate("(Math.max(...window.drawn) - window.acted) / 1000")
    taken.server, taken.browser = after[0] - before[0], after[1] - before[1]


def _processor(server: int) -> tuple[float, float]:
    """Processor seconds so far of the server, and of the browser with all its processes."""
    seconds = [0.0, 0.0]
    for process in psutil.Process().children(recursive=True):
        with contextlib.suppress(psutil.Error):
            times = process.cpu_times()
            seconds[process.pid != server] += times.user + times.system
    return seconds[0], seconds[1]


if __name__ == "__main__":
    main()
