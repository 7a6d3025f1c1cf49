"""How the Representations page takes a corpus of the size of CMU-MOSEI, in a real browser.

    python benchmarks/large_corpus.py --repeats 5
    python benchmarks/large_corpus.py --checkpoint demo      # one that ships, for comparison
    python benchmarks/large_corpus.py --projection umap      # or tsne: computed to its end

Makes a corpus of 22,856 utterances (`--utterances` for another number) with three modalities whose
features mean nothing, all in one split beside a small one to train on, and a checkpoint of one
epoch, in a temporary folder. Then it starts the dashboard, visits the page once so that what the
model says is cached, and prints medians of: a new session until the maps are drawn, a page switch
until they are drawn, a widget until they are redrawn, and the memory of the server process.

The maps count as drawn when the last of them says so. The time of a widget starts at
the click or the key in the browser. With --projection it has the maps computed anew from the page,
and prints when they came, how long widgets take meanwhile, and how long a second visit takes.
"""

from __future__ import annotations

import argparse
import contextlib
import itertools
import statistics
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import psutil
from browser import chromium, dashboard
from large_projections import NAMES, measure
from playwright.sync_api import Page

from mmmie.corpus import Corpus, Features, Label, Modality
from mmmie.corpus.folder import save_corpus_folder
from mmmie.training.config import load_config
from mmmie.training.run import train

UTTERANCES = 22_856
TRAINED_ON = 322  # whole conversations
TURNS = 7  # of a conversation
CHANNELS = {"text": 300, "audio": 74, "vision": 35}
WORDS = ["the", "film", "was", "slow", "but", "her", "voice", "made", "it", "worth", "while"]
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
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--utterances", type=int, default=UTTERANCES, help="that are drawn")
    parser.add_argument("--checkpoint", help="one that ships, instead of the large corpus")
    parser.add_argument("--keep", type=Path, help="a folder for corpus and run, used again if full")
    parser.add_argument("--projection", choices=NAMES, help="measure one of the slow maps instead")
    options = parser.parse_args()
    with contextlib.ExitStack() as stack:
        home = options.keep or Path(stack.enter_context(tempfile.TemporaryDirectory()))
        name = options.checkpoint or "runs/large"
        if options.checkpoint is None and not (home / "runs" / "large").exists():
            make_run(home, options.utterances)
        address = f"checkpoint={name}&split=valid"
        if options.projection:
            measure(home / "runs", address, options.projection, _recolour(), WATCH, options.repeats)
            return
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


def make_corpus(utterances: int) -> Corpus:
    """So many utterances to draw: random features that lean towards the label a little."""
    random = np.random.default_rng(0)
    n = TRAINED_ON + utterances
    video, turn = np.divmod(np.arange(n), TURNS)
    label = np.clip(random.normal(0.3, 1.2, n), -3, 3).round(2)
    table = pd.DataFrame(
        {
            "id": [f"v{v:05d}_{t}" for v, t in zip(video, turn, strict=True)],
            "conversation": [f"v{v:05d}" for v in video],
            "position": turn,
            # whole conversations in one split
            "split": np.where(video * TURNS < TRAINED_ON, "train", "valid"),
            "label": label,
            "transcript": [" ".join(random.choice(WORDS, 15)) for _ in range(n)],
            "topic": random.choice(["film", "book", "politics"], n),
        }
    )
    features = {}
    for name, dim in CHANNELS.items():
        values = random.normal(size=(n, dim))
        values[:, : dim // 5] += 0.7 * label[:, None]
        features[name] = Features(values.astype(np.float16))
    modalities = {name: Modality(name, dim, "utterance") for name, dim in CHANNELS.items()}
    scale = Label("sentiment", "regression", range=(-3.0, 3.0))
    return Corpus("large", scale, modalities, table, features)


def make_run(home: Path, utterances: int) -> None:
    """The corpus and a run of one epoch on its small train split, under `home`."""
    save_corpus_folder(make_corpus(utterances), home / "corpus")
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
        recolour = _recolour()
        for _ in range(repeats):
            times["colour"].append(recolour(page, server))
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


def _recolour() -> Callable[[Page, int], Taken]:
    """Colours the maps of a page by one column and another in turn."""
    columns = itertools.cycle(["prediction", "conversation"])

    def recolour(page: Page, server: int) -> Taken:
        page.locator('[data-testid="stSidebar"]').get_by_label("Colour by").click()
        with _timed(page, server) as taken:
            page.get_by_role("option", name=next(columns), exact=True).click()
        return taken

    return recolour


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
