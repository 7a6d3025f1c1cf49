"""A real browser drives a training by clicks alone, and a new session sees the same."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from mmmie.corpus.folder import save_corpus_folder
from mmmie.jobs import list_runs, observe
from mmmie.training.config import load_config
from mmmie.training.run_folder import RunFolder
from tests.app.browsing import choose, fill, open_folder, settle
from tests.conftest import CorpusMaker

EPOCHS = 5000
DRAWN = """
() => {
  const graph = document.querySelector('.st-key-training .js-plotly-plot');
  const line = graph && graph._fullData && graph._fullData.find((t) => t.name === 'whole loss');
  return line && line.x ? Array.from(line.x) : [];
}
"""


def wait_for(condition: Callable[[], object], seconds: float = 120) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited too long"
        time.sleep(0.05)


def state_of(run: RunFolder) -> str | None:
    status = observe(run)
    return status.state if status else None


def epoch_of(run: RunFolder) -> int:
    status = observe(run)
    return status.epoch if status else 0


def press(page: Page, button: str) -> None:
    page.get_by_role("button", name=button, exact=True).click()


def sees(page: Page, run: RunFolder) -> None:
    """Wait until a page shows the state, the epoch and every point of the curve of a run."""
    status = observe(run)
    assert status is not None
    main = page.get_by_test_id("stMain")
    badge = main.locator('[data-testid="stMarkdownContainer"]').get_by_text(status.state).first
    expect(badge).to_be_visible(timeout=60_000)
    epochs = list(range(1, status.epoch + 1))
    expect(main.get_by_text(f"{status.epoch} of {EPOCHS}").first).to_be_visible(timeout=60_000)
    wait_for(lambda: page.evaluate(DRAWN) == epochs)


def becomes(run: RunFolder, state: str) -> int:
    """Wait for a state; the epochs done then."""
    wait_for(lambda: state_of(run) == state)
    return epoch_of(run)


@pytest.mark.timeout(400)
def test_a_run_from_the_first_click_to_the_last(
    server: tuple[str, Path], page: Page, make_corpus: CorpusMaker, tmp_path: Path
) -> None:
    url, runs = server
    save_corpus_folder(make_corpus(conversations=40), tmp_path / "corpus")
    page.set_default_timeout(120_000)
    asked: list[object] = []  # what the page asks of the server, each time a rerun
    page.on("websocket", lambda one: one.on("framesent", lambda frame: asked.append(frame)))
    page.goto(f"{url}/train")
    open_folder(page, tmp_path / "corpus")
    choose(page, "Preset", "without context")
    fill(page, "Epochs", str(EPOCHS))
    page.get_by_text("All settings").click()
    fill(page, "Patience", str(EPOCHS))
    expect(page.get_by_text("training.patience").last).to_be_visible()
    fill(page, "Name", "clicked")
    press(page, "Start training")
    wait_for(lambda: list_runs(runs))
    (run,) = list_runs(runs)
    wait_for(lambda: epoch_of(run) >= 2)
    asked.clear()
    deadline = time.monotonic() + 30
    while not asked and time.monotonic() < deadline:
        page.wait_for_timeout(100)
    assert asked  # it polls while the run goes on

    press(page, "Pause")
    paused = becomes(run, "paused")
    sees(page, run)
    press(page, "Step")
    wait_for(lambda: epoch_of(run) == paused + 1)
    assert becomes(run, "paused") == paused + 1
    sees(page, run)
    page.reload()  # a new session
    sees(page, run)
    press(page, "Resume")
    wait_for(lambda: epoch_of(run) > paused + 1)
    press(page, "Stop")
    becomes(run, "stopped")
    sees(page, run)

    press(page, "Copy")
    preset = page.locator('[data-testid="stSelectbox"]', has_text="Preset").locator("input")
    expect(preset).to_have_value("copy of clicked", timeout=30_000)
    fill(page, "Seed", "7")
    fill(page, "Epochs", "2")
    expect(page.get_by_text("changed in the copy")).to_have_count(2, timeout=30_000)
    expect(page.get_by_label("Name", exact=True)).to_have_value("clicked-seed7")
    press(page, "Start training")
    wait_for(lambda: len(list_runs(runs)) == 2)
    copy = list_runs(runs)[0]
    ours, theirs = (load_config(one.config) for one in (copy, run))
    assert (ours.training.seed, ours.training.epochs) == (7, 2)
    ours.training.seed, ours.training.epochs = theirs.training.seed, EPOCHS
    assert ours == theirs
    expect(page.get_by_role("heading", name="clicked-seed7")).to_be_visible(timeout=30_000)
    assert becomes(copy, "finished") == 2
    main = page.get_by_test_id("stMain")
    expect(main.get_by_text("Finished after 2 of 2 epochs")).to_be_visible(timeout=30_000)
    settle(page)
    main.get_by_role("button", name="Overview").click(timeout=30_000)
    expect(page.locator("h1")).to_contain_text("clicked-seed7", timeout=60_000)
    settle(page)
    assert "checkpoint=runs%2Fclicked-seed7" in page.url
    expect(main).to_contain_text("epoch 2 of 2")

    page.goto(f"{url}/train")
    settle(page)
    delete = page.get_by_role("button", name="Delete", exact=True)
    expect(delete).to_be_enabled(timeout=30_000)
    delete.click()
    press(page, "Keep it")
    expect(page.get_by_role("dialog")).to_have_count(0)
    assert copy.exists
    delete.click()
    press(page, "Delete it")
    expect(page.get_by_text("clicked-seed7 is deleted")).to_be_visible(timeout=30_000)
    assert not copy.path.exists()
    expect(page.get_by_role("heading", name="clicked", exact=True)).to_be_visible(timeout=30_000)
    assert run.exists
    settle(page)
    asked.clear()
    page.wait_for_timeout(2000)  # thrice as long as between two polls
    assert not asked  # every run has ended, and so has the polling
