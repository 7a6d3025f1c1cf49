"""The maps in a real browser, without a server: they draw, and tell what the reader chose."""

from __future__ import annotations

import base64
import json

import numpy as np
import pandas as pd
import pytest

from app.parts.colouring import colouring
from app.parts.maps import CSS, JS, Marks, Panel, Places, maps_message, steps, utterance_words
from mmmie.corpus import Label

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


def grid(dimensions=2):
    y, x = np.divmod(np.arange(N), 5)
    return np.stack([x, y, np.zeros(N)], 1)[:, :dimensions].astype(float)


def one_map(dimensions=2):
    panel = Panel("fused", "", "#6b7280", "fused")
    return Places((panel,), 1, dimensions, {"fused": steps(grid(dimensions)).tobytes()})


def message(dimensions=2, by="label", places=None, **more):
    frame = pd.DataFrame({"id": [f"u{i}" for i in range(N)], "label": np.linspace(-3, 3, N)})
    frame["prediction"] = frame["label"]
    places = places or one_map(dimensions)
    label = Label("s", "regression", range=(-3.0, 3.0))
    options = {"selected": [], "primary": 0, "pinned": None, "joined": []}
    marks = Marks(
        **{"within": np.ones(N, bool), **options, **more},
        by=by,
        colours=None if by == "modality" else colouring(frame, by, label),
    )
    made = maps_message(places, utterance_words(frame), marks, key=True, height=300)
    return base64.b64encode(made).decode()


@pytest.fixture(scope="module")
def page(browser):
    opened = browser.new_page(viewport={"width": 420, "height": 500})
    opened.set_content(PAGE.format(css=CSS, js=json.dumps(JS)))
    opened.wait_for_function("window.ready")
    yield opened
    opened.close()


def place(page, name):
    return page.evaluate("id => document.querySelector('.mmmie-stage').lastChild.placeOf(id)", name)


def ink(page, name, beside=(0, 0)):
    """Red, green, blue and cover of the pixel of an utterance, or of one beside it."""
    return page.evaluate(
        """([id, dx, dy]) => { const canvas = document.querySelector('.mmmie-stage').firstChild;
        const [x, y] = canvas.nextSibling.placeOf(id), box = canvas.getBoundingClientRect();
        return [...canvas.getContext('2d').getImageData(
          Math.round(x - box.left + dx), Math.round(y - box.top + dy), 1, 1).data]; }""",
        [name, *beside],
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
    tip = page.locator(".mmmie-map-tip")
    for name in ("u7", "u4"):  # at the pointer, and on the screen where that is at its rim
        x, y = place(page, name)
        page.mouse.move(x, y)
        box = tip.bounding_box()
        assert box["x"] >= 0 and box["x"] + box["width"] <= 420
        near = min(abs(box["x"] - x), abs(box["x"] + box["width"] - x))
        assert near < 20 and -20 < box["y"] - y < 20
    page.mouse.move(*place(page, "u7"))
    assert tip.inner_text().startswith("u7\nlabel −1.25")


def test_triangles_join_the_joined_utterances_and_leave_the_others_faint(page):
    shifted = {
        "text": grid(),
        "audio": np.add(grid(), [0.4, 0.0]),
        "vision": np.add(grid(), [0.0, 0.4]),
    }
    buffers = {m: steps(np.stack([*shifted.values()]))[i].tobytes() for i, m in enumerate(shifted)}
    others = (("#E69F00", "audio", "audio"), ("#009E73", "vision", "vision"))
    panel = Panel(
        "z", "", "#0072B2", "text", others=others, together=True, triangles=True, told=("near",)
    )
    page.evaluate("show", message(places=Places((panel,), 1, 2, buffers), joined=[12]))
    drawn = page.evaluate(
        """names => names.map((id) => {
        const marks = document.querySelector('.mmmie-stage').lastChild;
        const [x, y] = marks.placeOf(id), box = marks.getBoundingClientRect();
        return marks.getContext('2d').getImageData(
          Math.round(x - box.left + 6), Math.round(y - box.top - 6), 1, 1).data[3]; })""",
        ["u12", "u6"],
    )
    assert drawn[0] > 0 and drawn[1] == 0
    assert ink(page, "u6")[3] < 100
    assert "near" in page.locator(".mmmie-head small").inner_text()


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


def epochs():
    """Two modalities on one map over three epochs: everything moves to the right."""
    points = np.stack([grid() + np.array([2 * e, 0]) for e in range(3)])
    both = steps(np.stack([points, points + np.array([0.0, 0.5])]))
    panel = Panel("z", "", "#ff0000", "a", others=(("#0000ff", "b", "b"),), together=True)
    buffers = {"a": both[0].tobytes(), "b": both[1].tobytes()}
    hues = {"a": "#ff0000", "b": "#0000ff"}
    return Places((panel,), 1, 2, buffers, hues, (1, 2, 7))


def test_the_slider_goes_through_the_epochs_and_play_begins_with_the_first(page):
    page.evaluate("show", message(places=epochs(), primary=None))
    told, slider = page.locator(".mmmie-head small"), page.get_by_role("slider")
    assert told.inner_text() == "epoch 7" and slider.get_attribute("max") == "2"
    end = place(page, "u12")
    slider.fill("0")
    assert told.inner_text() == "epoch 1"
    start = place(page, "u12")
    assert start[0] < end[0] - 50 and start[1] == pytest.approx(end[1])
    page.evaluate("show", message(places=epochs(), primary=3, selected=[1, 2]))  # chosen elsewhere
    assert place(page, "u12") == start and told.inner_text() == "epoch 1"
    slider.fill("1")
    played = "document.querySelector('.mmmie-play').click()"
    begun = "document.querySelector('.mmmie-head small').textContent"
    assert page.evaluate(f"() => {{ {played}; return {begun}; }}") == "epoch 1"
    page.get_by_label("Play the epochs").wait_for(timeout=10_000)  # at the end it offers it again
    page.wait_for_timeout(600)
    assert told.inner_text() == "epoch 7" and place(page, "u12") == pytest.approx(end)
    page.evaluate("show", message())
    assert not slider.is_visible()


def test_modalities_stand_together_in_their_hues_and_either_can_be_clicked(page):
    page.evaluate("show", message(places=epochs(), primary=None))
    assert ink(page, "u12")[0] > 200 > ink(page, "u12")[2]
    above = place(page, "u12")[1] - place(page, "u17")[1]
    other = ink(page, "u12", (0, -above / 2))
    assert other[2] > 200 > other[0]
    x, y = place(page, "u12")
    page.mouse.click(x, y - above / 2)
    assert last_choice(page) == ["u12"]
    assert [e.inner_text() for e in page.locator(".mmmie-key span").all()][:2] == ["a", "b"]


def test_a_line_leads_from_where_a_traced_utterance_was(page):
    ends = {"now": grid(), "then": grid() + np.array([0.5, 0.0])}
    panel = Panel("m", "", "#ff0000", "now", before="then")
    both = steps(np.stack(list(ends.values())))
    buffers = {name: both[i].tobytes() for i, name in enumerate(ends)}
    places = Places((panel,), 1, 2, buffers)
    step = 0.25
    for traced, expected in (([12], [True, False]), (None, [True, True])):
        page.evaluate("show", message(places=places, traced=traced, by="modality", primary=None))
        page.wait_for_timeout(700)
        beside = step * (place(page, "u13")[0] - place(page, "u12")[0])
        drawn = [ink(page, name, (beside, 0))[3] > 0 for name in ("u12", "u7")]
        assert drawn == expected


def test_a_box_takes_what_the_slice_lets_through(page):
    within = np.arange(N) != 6
    page.evaluate("show", message(within=within))
    (x0, y0), (x1, y1) = place(page, "u0"), place(page, "u6")
    page.mouse.move(x0 - 10, y0 + 10)
    page.mouse.down()
    page.mouse.move(x1 + 10, y1 - 10, steps=3)
    page.mouse.up()
    assert last_choice(page) == ["u0", "u1", "u5"]
