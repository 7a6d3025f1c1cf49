"""Every page and every tab on the corpora of `odd_corpora`, in a real browser: faults and seconds.

    python benchmarks/every_page.py                       # all five; about ten minutes
    python benchmarks/every_page.py large --split train   # 50,000 utterances, 30,000 of them shown

Trains two small models a corpus (one epoch of the large one), the second without identity, so that
there is something to compare. Then opens each page 1024 pixels wide and dark, and each of its tabs
and sections, and prints seconds until nothing changes any more, what went wrong there (an exception
or an error box, a fault of a script, something wider than the page) and the memory of the server.
Ends with status 1 where anything went wrong.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
from browser import chromium, dashboard, settle
from odd_corpora import SHAPES, make_corpus
from playwright.sync_api import Browser, Page

from mmmie.corpus.folder import save_corpus_folder
from mmmie.training.config import load_config
from mmmie.training.run import train

PAGES = (
    "overview",
    "representations",
    "mutual_information",
    "predictions",
    "context_identity",
    "learn",
    "train",
    "compare",
    "data",
)
STEPS = 8  # of the lesson
SECTION = '[data-testid="stButtonGroup"] button'
SECTIONS = ("Estimators on these codes", "Estimator lab")
WIDE = """
() => {
  const main = document.querySelector('[data-testid="stMain"]');
  return main.scrollWidth > main.clientWidth + 2 ? `${main.scrollWidth} pixels wide` : null;
}
"""


def main() -> None:
    """Make, train, visit; one row a page."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("corpora", nargs="*", default=list(SHAPES))
    parser.add_argument("--split", default="valid")
    parser.add_argument("--keep", type=Path, help="a folder for corpora and runs, used again")
    options = parser.parse_args()
    wrong = 0
    with tempfile.TemporaryDirectory() as scratch:
        home = options.keep or Path(scratch)
        for name in options.corpora:
            make_runs(name, home)
            with dashboard(home / "runs") as (url, server), chromium() as browser:
                for place, seconds, faults in visits(browser, url, name, options.split):
                    wrong += len(faults)
                    print(f"| {name} | {place} | {seconds:.1f} | {'; '.join(faults)} |", flush=True)
                memory = psutil.Process(server).memory_info().rss
                print(f"{name}: {memory / 1e6:.0f} MB in the server at the end", flush=True)
    sys.exit(bool(wrong))


def make_runs(name: str, home: Path) -> None:
    """A corpus and two runs on it under `home`, unless they are there."""
    for run, settings in ((name, []), (f"{name}-no-identity", ["model.identity.enabled=false"])):
        if (home / "runs" / run).exists():
            continue
        if not (home / name).exists():
            save_corpus_folder(make_corpus(name), home / name)
        epochs = 1 if SHAPES[name].utterances > 10_000 else 4
        config = load_config(
            overrides=["model.dim=32", f"training.epochs={epochs}", *settings],
        )
        train(home / name, home / "runs" / run, config, device="cpu")


def visits(
    browser: Browser, url: str, name: str, split: str
) -> Iterator[tuple[str, float, list[str]]]:
    """What was opened, seconds until it was whole, and what went wrong there."""
    page = browser.new_page(viewport={"width": 1024, "height": 900}, color_scheme="dark")
    main = page.locator('[data-testid="stMain"]')
    thrown: list[str] = []
    page.on("pageerror", lambda error: thrown.append(str(error)[:120]))
    chosen = f"checkpoint=runs/{name}&compare=runs/{name}-no-identity&split={split}"

    def opened(place: str) -> tuple[str, float, list[str]]:
        started = time.perf_counter()
        settle(page, limit=300)
        found = [*faults(page), *thrown]
        thrown.clear()
        return place, time.perf_counter() - started, found

    for slug in PAGES:
        page.goto(f"{url}/{'' if slug == 'overview' else slug}?{chosen}")
        page.wait_for_selector("h1", timeout=300_000)
        yield opened(slug)
        tabs = main.get_by_role("tab")
        for i in range(1, tabs.count()):
            label = tabs.nth(i).inner_text()
            tabs.nth(i).click()
            yield opened(f"{slug}: {label}")
        if slug == "learn":
            for step in range(1, STEPS):
                main.get_by_role("button").filter(has_text="Next:").click()
                yield opened(f"learn, step {step + 1}")
        for section in SECTIONS if slug == "mutual_information" else ():
            main.locator(SECTION).filter(has_text=section).click()
            yield opened(f"{slug}: {section}")
    page.close()


def faults(page: Page) -> list[str]:
    """What the page says went wrong, in the words of its first line."""
    boxes = page.locator('[data-testid="stException"], [data-testid="stAlertContentError"]')
    said = [text.split("\n")[0] for text in boxes.all_inner_texts()]
    wide = page.evaluate(WIDE)
    return [*said, *([wide] if wide else [])]


if __name__ == "__main__":
    main()
