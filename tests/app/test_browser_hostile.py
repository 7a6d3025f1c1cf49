"""A real browser on hostile names: it asks no other host for anything, and sees no markup."""

from __future__ import annotations

import pytest

from benchmarks.browser import dashboard
from mmmie.corpus.folder import save_corpus_folder
from mmmie.training.config import load_config
from mmmie.training.run import train
from tests.app.browsing import settle
from tests.app.hostile import HOST, NAMES, hostile_corpus

SMALL = ["model.dim=16", "model.heads=2", "model.invariant_dim=4", "training.epochs=1"]
# What names of this corpus would be in the page, if any were read as markup; pictures of the app's
# own icons are written as text.
MARKUP = f"""() => [...document.querySelectorAll(
    '[href*="{HOST}"], [src*="{HOST}"], [onerror], .katex, [data-testid="stMain"] del'
)].map((one) => one.outerHTML.slice(0, 200))"""


@pytest.mark.timeout(300)
def test_no_name_makes_a_browser_ask_elsewhere(browser, page, tmp_path):
    save_corpus_folder(hostile_corpus(True), tmp_path / "corpus")
    run = tmp_path / "runs" / NAMES[2].replace("/", "∕")
    train(tmp_path / "corpus", run, load_config(overrides=SMALL), device="cpu")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    with dashboard(tmp_path / "runs") as (url, _):
        at = f"checkpoint=runs/{run.name}&colour={NAMES[0]}"
        for view in (
            "overview", "data", "mutual_information", "predictions",
        ):  # fmt: skip
            page.goto(f"{url}/{view}{'&' if '?' in view else '?'}{at}&utterance={NAMES[0]} 12")
            settle(page)
            assert page.get_by_text("evil").count()
            assert page.evaluate(MARKUP) == [], view
    assert len(asked) > 20 and not [one for one in asked if HOST in one.partition("?")[0]]
