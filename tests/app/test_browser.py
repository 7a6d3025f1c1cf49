"""A real browser: open every page, train two epochs, see the new run."""

from __future__ import annotations

import time

import pytest
from playwright.sync_api import expect

from benchmarks.browser import dashboard
from mmmie.corpus.folder import save_corpus_folder
from mmmie.jobs import list_runs, observe
from tests.app.browsing import fill, open_folder, settle, visit

TITLES = [
    "Overview",
    "Representations",
    "Mutual information",
    "Predictions",
    "Context & identity",
    "Learn",
    "Train",
    "Compare",
    "Data",
]


def test_the_first_address_of_a_fresh_server_may_be_any_page(browser, page):
    with dashboard() as (url, _):
        page.goto(f"{url}/data?checkpoint=demo-no-identity&utterance=c007_03")
        settle(page)
        expect(page.get_by_label("Utterance", exact=True)).to_have_value("c007_03", timeout=60_000)
        expect(page.locator("h1")).to_contain_text("demo")
        assert "/data?" in page.url and "checkpoint=demo-no-identity" in page.url


@pytest.mark.timeout(600)
def test_every_page_then_train_and_see_the_run(server, page, make_corpus, tmp_path):
    save_corpus_folder(make_corpus(), tmp_path / "corpus")
    url, runs = server
    page.goto(url)
    settle(page)
    for title in TITLES:
        visit(page, title)
    visit(page, "Train")
    open_folder(page, tmp_path / "corpus")
    fill(page, "Name", "from-the-browser")
    fill(page, "Epochs", "2")
    page.get_by_role("button", name="Start training").click()
    deadline = time.monotonic() + 300
    while time.monotonic() < deadline:
        found = list_runs(runs)
        if found and observe(found[0]).state == "finished":
            break
        time.sleep(0.1)
    assert observe(list_runs(runs)[0]).state == "finished"
    assert observe(list_runs(runs)[0]).epoch == 2

    main = page.get_by_test_id("stMain")
    expect(main.get_by_text("Finished after 2 of 2 epochs")).to_be_visible(timeout=30_000)
    page.wait_for_timeout(1000)  # the page has stopped looking for news
    settle(page)
    main.get_by_role("button", name="Overview").click(timeout=30_000)
    expect(page.locator("h1")).to_contain_text("from-the-browser", timeout=60_000)
    settle(page)
    assert "checkpoint=runs%2Ffrom-the-browser" in page.url
    expect(page.locator('[data-testid="stMain"]')).to_contain_text("epoch 2 of 2")
