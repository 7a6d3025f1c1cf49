"""The maps in a real browser, without a server: they draw, and tell what the reader chose."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from app.parts.colouring import colouring
from app.parts.maps import Marks, fused_places, maps_message, utterance_words
from mmmie.analysis.codes.projections import Projection
from mmmie.corpus import Label

HERE = Path(__file__).resolve().parents[3] / "app" / "parts"
N = 25  # a grid of five by five
PAGE = """
<style>{css}</style><body style="margin:0;width:400px"><div id="holder">
<div class="mmmie-maps"></div></div>
<script type="module">
const source = URL.createObjectURL(new Blob([{js}], {{type: "text/javascript"}}));
const draw = (await import(source)).default;
window.chosen = [];
window.show = text => draw({{
  parentElement: document.querySelector("#holder"),
  data: Uint8Array.from(atob(text), c => c.charCodeAt(0)),
  setTriggerValue: (name, ids) => window.chosen.push([name, ids]),
}});
window.ready = true;
</script>
"""


def message(dimensions=2, by="label", **more):
    frame = pd.DataFrame({"id": [f"u{i}" for i in range(N)], "label": np.linspace(-3, 3, N)})
    frame["prediction"] = frame["label"]
    y, x = np.divmod(np.arange(N), 5)
    points = np.stack([x, y, np.zeros(N)], 1)[:, :dimensions].astype(float)
    places = fused_places(Projection(points, "pca", 1.0, 1.0), ["text"])
    label = Label("s", "regression", range=(-3.0, 3.0))
    options = {"selected": [], "primary": 0, "pinned": None, "joined": []}
    marks = Marks(
        within=np.ones(N, bool), by=by, colours=colouring(frame, by, label), **{**options, **more}
    )
    made = maps_message(places, utterance_words(frame), marks, key=True, height=300)
    return base64.b64encode(made).decode()


@pytest.fixture(scope="module")
def page(browser):
    opened = browser.new_page(viewport={"width": 420, "height": 500})
    js, css = ((HERE / f"maps.{kind}").read_text() for kind in ("js", "css"))
    opened.set_content(PAGE.format(css=css, js=json.dumps(js)))
    opened.wait_for_function("window.ready")
    yield opened
    opened.close()


def place(page, name):
    return page.evaluate("id => document.querySelector('.mmmie-stage').lastChild.placeOf(id)", name)


def ink(page, name):
    """Red, green, blue and cover of the pixel of an utterance."""
    return page.evaluate(
        """id => { const canvas = document.querySelector('.mmmie-stage').firstChild;
        const [x, y] = canvas.nextSibling.placeOf(id), box = canvas.getBoundingClientRect();
        return [...canvas.getContext('2d').getImageData(
          Math.round(x - box.left), Math.round(y - box.top), 1, 1).data]; }""",
        name,
    )


def last_choice(page):
    name, ids = page.evaluate("window.chosen.at(-1)")
    assert name == "chosen"
    return ids


def test_a_point_has_the_colour_of_its_value_and_fades_beside_a_selection(page):
    page.evaluate("show", message())
    low, high = ink(page, "u0"), ink(page, "u24")
    assert low[0] > low[2] and high[2] > high[0]  # brown below, teal above
    assert low[3] > 150
    page.evaluate("show", message(selected=[1, 2]))
    assert ink(page, "u24")[3] < 60 and ink(page, "u1")[3] == 255


def test_click_box_and_shift_choose_utterances(page):
    page.evaluate("show", message(selected=[3]))
    page.mouse.click(*place(page, "u12"))
    assert last_choice(page) == ["u12"]
    page.keyboard.down("Shift")
    page.mouse.click(*place(page, "u12"))
    page.keyboard.up("Shift")
    assert last_choice(page) == ["u3", "u12"]
    (x0, y0), (x1, y1) = place(page, "u0"), place(page, "u6")
    page.mouse.move(x0 - 10, y0 + 10)
    page.mouse.down()
    page.mouse.move(x1, y1)
    page.mouse.move(x1 + 10, y1 - 10)
    page.mouse.up()
    assert last_choice(page) == ["u0", "u1", "u5", "u6"]


def test_a_lasso_takes_what_it_surrounds(page):
    page.evaluate("show", message())
    page.locator(".mmmie-lasso").click()
    (x, y), step = place(page, "u12"), place(page, "u13")[0] - place(page, "u12")[0]
    page.mouse.move(x - 0.6 * step, y)
    page.mouse.down()
    for dx, dy in ((0, -20), (0.6 * step, 0), (0, 20)):
        page.mouse.move(x + dx, y + dy, steps=3)
    page.mouse.up()
    assert last_choice(page) == ["u12"]
    page.locator(".mmmie-box").click()


def test_pointing_tells_who_it_is_as_text(page):
    page.evaluate("show", message())
    page.mouse.move(*place(page, "u7"))
    assert page.locator(".mmmie-tip").inner_text().startswith("u7\nlabel −1.25")


def test_a_new_message_keeps_the_turn_and_space_can_be_clicked(page):
    page.evaluate("show", message(dimensions=3))
    before = place(page, "u24")
    page.mouse.move(200, 200)
    page.mouse.down()
    page.mouse.move(230, 200, steps=4)
    page.mouse.up()
    page.wait_for_timeout(100)
    turned = place(page, "u24")
    assert np.hypot(*np.subtract(turned, before)) > 5
    page.evaluate("show", message(dimensions=3, primary=4))
    assert place(page, "u24") == turned
    page.mouse.click(*turned)
    assert last_choice(page) == ["u24"]
    page.mouse.dblclick(5, 120)
    assert place(page, "u24") == pytest.approx(before, abs=0.5)
