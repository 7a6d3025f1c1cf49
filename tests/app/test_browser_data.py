"""A real browser: download the demo corpus, upload it again, and see what is wrong with another."""

from __future__ import annotations

import pickle
import re
import zipfile

from playwright.sync_api import expect

from tests.app.browsing import settle
from tests.datasets import layouts


def test_the_demo_goes_out_and_comes_back_and_a_broken_one_lists_its_faults(
    server, page, tmp_path, make_corpus
):
    url, runs = server
    page.goto(f"{url}/data?data_tab=Bring+your+own")
    settle(page)
    with page.expect_download(timeout=120_000) as started:
        page.get_by_role("button", name="Download the demo corpus").click(timeout=60_000)
    archive = tmp_path / "demo.zip"
    started.value.save_as(archive)

    broken = tmp_path / "broken.zip"
    with zipfile.ZipFile(archive) as source, zipfile.ZipFile(broken, "w") as target:
        for name in source.namelist():
            content = source.read(name)
            if name.endswith(".csv"):
                content = content.replace(b",train,", b",learn,").replace(b",valid,", b",train,", 1)
            target.writestr(name, content)
        target.writestr("notes/read.me", "")
    box = page.locator('input[type="file"]')
    box.set_input_files(broken)
    expect(page.get_by_text("This file cannot be used yet")).to_be_visible(timeout=60_000)
    expect(page.get_by_text("'notes/read.me' is not a file of a corpus")).to_be_visible()

    levels = {"text": "sequence", "audio": "sequence", "vision": "sequence"}
    content = pickle.dumps(layouts.mmsa(make_corpus(levels=levels)))
    box.set_input_files({"name": "数据 (1).pkl", "mimeType": "", "buffer": content})
    expect(page.get_by_text(re.compile("60 utterances")).first).to_be_visible(timeout=60_000)

    box.set_input_files(archive)
    expect(page.get_by_text("4,810 utterances.")).to_be_visible(timeout=60_000)
    assert {folder.name for folder in (runs / "corpora").iterdir()} == {"demo", "数据-1"}
    page.get_by_test_id("stMain").get_by_role("button", name="Look at it").click()
    expect(page.get_by_text("checks found something")).to_be_visible(timeout=60_000)
    assert "data_tab" not in page.url or "What" in page.url
