"""A real browser: a figure as PNG, SVG and CSV, the selection as Parquet, the page as HTML."""

from __future__ import annotations

import io
import re
import struct
from pathlib import Path
from xml.etree import ElementTree

import pandas as pd
from playwright.sync_api import expect

from mmmie import load_checkpoint
from tests.app.browsing import settle

IDS = ["c007_00", "c007_03"]
FIGURE = "truth-and-prediction"  # drawn with WebGL


def downloaded(page, button) -> tuple[str, bytes]:
    """The name and the bytes of the file that a button gives."""
    with page.expect_download(timeout=60_000) as waiting:
        button.click()
    return waiting.value.suggested_filename, Path(waiting.value.path()).read_bytes()


def about(page, key: str) -> None:
    """Open the menu of a figure."""
    page.locator(f".st-key-{key}-footer").get_by_role("button", name="About").click()


def test_what_the_app_gives_away_can_be_read_back(server, page):
    page.goto(
        f"{server[0]}/predictions?checkpoint=demo&selected={','.join(IDS)}&utterance={IDS[0]}"
        "&predictions_tab=Where+it+fails"
    )
    graph = page.locator(f".st-key-{FIGURE} .js-plotly-plot")
    expect(graph.locator(".main-svg").first).to_be_visible(timeout=90_000)
    page.wait_for_selector('[data-testid="stStatusWidget"]', state="detached", timeout=90_000)
    width, height = (round(graph.bounding_box()[side]) for side in ("width", "height"))

    about(page, FIGURE)
    pictures = page.locator(f".st-key-{FIGURE}-pictures")
    name, png = downloaded(page, pictures.get_by_role("button", name="PNG"))
    assert name == f"{FIGURE}.png" and png.startswith(b"\x89PNG\r\n\x1a\n")
    assert struct.unpack(">II", png[16:24]) == (2 * width, 2 * height)
    name, svg = downloaded(page, pictures.get_by_role("button", name="SVG"))
    drawn = ElementTree.fromstring(svg)
    assert name == f"{FIGURE}.svg" and drawn.get("viewBox") == f"0 0 {width} {height}"
    assert drawn[0].get("fill").lower() in ("#ffffff", "#fff")  # opaque, as the light theme is
    assert "predicted sentiment" in "".join(drawn.itertext())
    assert drawn.find(".//{http://www.w3.org/2000/svg}image") is not None  # the points

    checkpoint = load_checkpoint("checkpoints/demo")
    corpus = checkpoint.corpus()
    truth = checkpoint.cached_outputs(corpus, "valid").frame(corpus)
    name, csv = downloaded(
        page, page.get_by_test_id("stDownloadButton").get_by_role("button", name="CSV")
    )
    page.keyboard.press("Escape")
    table = pd.read_csv(io.BytesIO(csv))
    assert name == f"{FIGURE}.csv"
    pd.testing.assert_frame_equal(table, truth[list(table)], check_dtype=False)

    page.get_by_role("button", name="Export").click()
    name, parquet = downloaded(page, page.get_by_role("button", name="Parquet"))
    chosen = pd.read_parquet(io.BytesIO(parquet))
    assert name == "selection.parquet" and chosen["id"].tolist() == IDS
    assert {"transcript", "prediction", "error", "sarcastic"} <= set(chosen)

    name, html = downloaded(page, page.get_by_role("button", name="Report (HTML)"))
    assert name == "mmmie-predictions.html"
    link = re.search(r'<a href="([^"]+)" rel="noreferrer">http', html.decode())[1]
    assert (
        link.startswith(server[0]) and f"utterance={IDS[0]}" in link and "checkpoint=demo" in link
    )


def look_at_report(page, html: bytes, folder: Path) -> None:
    """Open a report without any network: all figures are drawn and nothing else is asked for."""
    file = folder / "report.html"
    file.write_bytes(html)
    page.goto("about:blank")
    faults, asked = [], []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda line: faults.append(line.text) if line.type == "error" else None)
    page.on("request", lambda request: asked.append(request.url))
    page.goto(file.as_uri())
    expect(page.locator("h1")).to_have_count(1)
    count = page.locator("[data-figure]").count()
    maps = page.locator("[data-maps]").count()
    assert count >= 1 and maps >= 1
    expect(page.locator("[data-figure] .plot-container")).to_have_count(count, timeout=30_000)
    expect(page.locator("[data-maps]:has(canvas)")).to_have_count(maps, timeout=30_000)
    drawings = page.locator("svg.mmmie-drawing")
    assert drawings.count() >= 1
    for drawing in drawings.all():
        assert drawing.bounding_box()["height"] > 40
    assert not faults
    assert all(url.startswith(("file:", "data:", "blob:")) for url in asked)


def test_maps_are_saved_with_their_words_and_stand_in_the_report(server, page, tmp_path):
    page.goto(
        f"{server[0]}/representations?checkpoint=demo&map_method=PCA&codes_tab=What+the+codes+hold"
    )
    page.wait_for_selector(".mmmie-stage canvas", timeout=90_000)
    settle(page)
    about(page, "code-maps")
    pictures = page.locator(".st-key-code-maps-pictures")
    _, png = downloaded(page, pictures.get_by_role("button", name="PNG"))
    grid = page.locator(".st-key-code-maps .mmmie-grid").bounding_box()
    width, height = struct.unpack(">II", png[16:24])
    # with the fused map, which stands beside
    fused = page.locator(".st-key-fused-map .mmmie-grid").bounding_box()
    assert abs(width - 2 * (fused["x"] + fused["width"] - grid["x"])) < 4
    assert height > 2 * grid["height"] - 4
    _, svg = downloaded(page, pictures.get_by_role("button", name="SVG"))
    drawn = ElementTree.fromstring(svg)
    space = "{http://www.w3.org/2000/svg}"
    said = ["".join(text.itertext()) for text in drawn.iter(f"{space}text")]
    assert {"z text", "s vision", "fused", "label"} <= set(said)
    assert len(list(drawn.iter(f"{space}image"))) == 8  # seven maps and the key to their colours

    page.keyboard.press("Escape")
    page.get_by_role("button", name="Export").click()
    _, html = downloaded(page, page.get_by_role("button", name="Report (HTML)"))
    look_at_report(page, html, tmp_path)
    expect(page.get_by_text("s vision").first).to_be_visible()
