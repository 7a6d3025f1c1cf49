"""Estimators side by side on a page, with a process that the test holds."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest


@pytest.fixture
def world(workers, monkeypatch, tmp_path):
    """A cache of its own, and the processes that were started."""
    page = "app.screens.mutual_information.estimators_side_by_side"
    monkeypatch.setattr(f"{page}.cache_folder", lambda f: tmp_path)
    return workers


def script():
    import streamlit as st

    from app import state
    from app.screens.mutual_information.estimators_side_by_side import draw_side_by_side
    from app.screens.mutual_information.recorded_bounds import UNITS

    st.session_state.setdefault("checkpoint", "demo")
    draw_side_by_side(state.current_view(), UNITS["nats"])


def open_page(**parameters):
    app = AppTest.from_function(script, default_timeout=60)
    for key, value in parameters.items():
        app.query_params[key] = value
    app.run()
    assert not app.exception
    return app


def result(name, nats, bound, doubt=None, title=None):
    return {
        **{"estimator": name, "title": title or name, "nats": nats, "std": 0.1, "bound": bound},
        **{"ceiling": None, "n": 967, "dim_x": 16, "dim_y": 16, "batch_size": 128},
        **{"assumes": None, "doubt": doubt, "fit": {}, "sentence": f"{name} says so."},
        "seconds": 1.0,
    }


def progress(app):
    return app.get("progress")[0].proto.text


def test_results_appear_while_the_others_are_computed(world):
    app = open_page()
    assert not app.subheader
    app.button[0].click().run()
    assert not app.exception and [b.label for b in app.button] == ["Stop"]
    given = world.given
    names = ["infonce", "nwj", "js", "club", "l1out", "doe", "ksg", "cca"]
    assert given["estimators"] == names and given["split"] == "valid"
    assert (given["kinds"], given["modalities"]) == (["z", "z"], ["text", "audio"])
    assert "0 of 8 are there; next is InfoNCE" in progress(app)
    world.say(result("infonce", 1.5, "lower", title="InfoNCE"))
    world.say(result("l1out", 2.5, "upper", title="L1Out"))
    app.run()
    assert app.subheader[0].value == "z text and z audio share between 1.5 and 2.5 nats"
    assert "2 of 8 are there; next is NWJ" in progress(app)
    # another session sees the same process
    assert "2 of 8" in progress(open_page()) and len(world.started) == 1
    world.done()
    app.run()
    assert not app.exception and not app.get("progress")
    assert app.button[0].label == "Run 6 estimators"
    assert len(app.table[0].value) == 2
    assert "967 utterances of the valid split" in app.caption[0].value


def test_what_is_in_the_cache_needs_no_process(world):
    app = open_page(side_estimators=["CLUB ≤"])
    assert app.button[0].label == "Run 1 estimator"
    app.button[0].click().run()
    world.say(result("club", 2.5, "upper", doubt="q does not fit", title="CLUB"))
    world.done()
    app = open_page(side_estimators=["CLUB ≤"])
    assert not app.button
    assert app.subheader[0].value == "No estimator can be believed on I(z text; z audio)"
    # another question has no answer yet
    app.toggle(key="side_ranks").set_value(True).run()
    assert app.button[0].label == "Run 1 estimator" and not app.subheader


def test_stop_and_failure(world):
    app = open_page()
    app.button[0].click().run()
    app.button[0].click().run()
    assert not app.error and app.button[0].label == "Run 8 estimators"
    assert "0 of 8" in app.info[0].value
    app.button[0].click().run()
    world.done("failed", "x and y have 3 rows")
    app.run()
    assert "x and y have 3 rows" in app.error[0].value.replace("\\", "")
    assert "3 rows" in open_page().error[0].value.replace("\\", "")  # whoever looks is told
    app.button[0].click().run()
    assert len(world.started) == 3 and not app.error


def test_nothing_chosen_is_said(world):
    app = open_page()
    app.multiselect(key="side_estimators").set_value([]).run()
    assert "Choose one estimator" in app.info[0].value
