"""Estimators side by side on a page, with a process that the test holds."""

from __future__ import annotations

import math

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from app.parts.style import NEUTRAL
from app.screens.mutual_information.estimators_side_by_side import (
    bracket_reasons,
    bracket_title,
    estimates_table,
    fit_text,
    side_by_side_figure,
)
from app.screens.mutual_information.lab_controls import estimator_label, estimators_explained
from app.screens.mutual_information.recorded_bounds import UNITS
from mmmie.analysis.bounds.side_by_side import bracket_of, quantities
from mmmie.mi.catalogue import CATALOGUE


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
    assert "between 1." in app.subheader[0].value and "and 2." in app.subheader[0].value
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
    assert app.subheader[0].value == r"No estimator can be believed on I\(z text; z audio\)"
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


NATS, BITS = UNITS["nats"], UNITS["bits"]


def estimate(title, nats, bound, ceiling=math.nan, doubt=None):
    return {
        **{"title": title, "nats": nats, "bound": bound, "std": 0.1, "ceiling": ceiling},
        **{"assumes": None, "doubt": doubt, "batch_size": 128, "sentence": f"{title} says so."},
    }


def draw(*rows, truth=None, unit=NATS):
    table = pd.DataFrame(rows)
    return side_by_side_figure(table, bracket_of(table), unit, truth)


UPPER, LOWER = estimate("L1Out", 2.5, "upper"), estimate("InfoNCE", 1.5, "lower", ceiling=4.85)
NEITHER = estimate("KSG", 0.4, "neither", doubt="in 32 dimensions neighbours are far away")


def mark(figure, label):
    return next(t for t in figure.data if t.y[0] == label and t.error_x.value is not None)


def test_lower_bounds_are_on_top_and_symbols_point_to_the_truth():
    figure = draw(UPPER, NEITHER, LOWER)
    assert list(figure.layout.yaxis.categoryarray) == ["L1Out ≤", "KSG ≈", "InfoNCE ≥"]
    symbols = [mark(figure, name).marker.symbol for name in ("InfoNCE ≥", "L1Out ≤")]
    assert symbols == ["triangle-right", "triangle-left"]
    assert mark(figure, "InfoNCE ≥").error_x.value == pytest.approx(0.2)


def test_what_is_doubtful_is_hollow_and_grey_and_says_why():
    doubtful = mark(draw(NEITHER, LOWER), "KSG ≈")
    assert doubtful.marker.symbol == "circle-open" and doubtful.marker.color == NEUTRAL
    assert "Not to be believed: in 32 dimensions" in doubtful.text[0].replace("<br>", " ")
    assert "InfoNCE says so." in mark(draw(LOWER), "InfoNCE ≥").text[0]


def test_ceiling_truth_and_bracket_are_drawn():
    figure = draw(LOWER, UPPER, truth=6.6)
    ceiling = next(t for t in figure.data if t.marker.symbol == "line-ns")
    assert list(ceiling.x) == [4.85]
    shapes = figure.layout.shapes
    assert [(s.x0, s.x1) for s in shapes if s.type == "rect"] == [(1.5, 2.5)]
    assert [s.x0 for s in shapes if s.type == "line" and s.x0 == s.x1] == [6.6]
    assert figure.layout.xaxis.range[1] > 6.6
    alone = draw(LOWER)
    assert not alone.layout.shapes


def test_a_contradiction_has_no_inside():
    figure = draw(estimate("NWJ", 4.0, "lower"), UPPER)
    assert not [s for s in figure.layout.shapes if s.type == "rect"]


def test_a_loose_bound_does_not_squeeze_the_others():
    figure = draw(LOWER, UPPER, estimate("CLUB", 40.0, "upper"))
    assert figure.layout.xaxis.range[1] < 6
    edge = next(t for t in figure.data if t.mode == "text")
    assert (edge.text[0], edge.y[0]) == ("40 →", "CLUB ≤")
    below = draw(LOWER, UPPER, estimate("NWJ", -90.0, "lower", doubt="it rests on 2 pairs"))
    assert next(t for t in below.data if t.mode == "text").text[0] == "← -90"


def test_bits_scale_everything():
    bits = draw(LOWER, UPPER, truth=2.0, unit=UNITS["bits"])
    assert mark(bits, "InfoNCE ≥").x[0] == pytest.approx(1.5 / math.log(2))
    assert bits.layout.xaxis.title.text.endswith("bits")


def test_only_doubtful_ones_are_a_picture_too():
    assert len(draw(NEITHER).data) == 1


QUANTITY = quantities(["text", "audio"])["I(z text; z audio)"]


def one_estimate(title, nats, bound, std=0.1, ceiling=math.nan, assumes=None, doubt=None, fit=None):
    return {
        **{"title": title, "nats": nats, "bound": bound, "std": std, "ceiling": ceiling},
        **{"assumes": assumes, "doubt": doubt, "fit": fit or {}, "sentence": f"{title} says so."},
    }


def frame(*rows):
    return pd.DataFrame(rows)


AT_LEAST, AT_MOST = (
    one_estimate("NWJ", 1.5, "lower"),
    one_estimate("L1Out", 2.5, "upper", assumes="q fits"),
)


def title(*rows, unit=NATS):
    return bracket_title(QUANTITY, bracket_of(frame(*rows)), unit)


def test_the_menu_takes_its_words_from_the_catalogue():
    for facts in CATALOGUE.values():
        assert f"**{facts.title}**: {facts.how}" in estimators_explained()
    assert [estimator_label(name) for name in ("nwj", "club", "ksg")] == [
        "NWJ ≥",
        "CLUB ≤",
        "KSG ≈",
    ]


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ((AT_LEAST, AT_MOST), "z text and z audio share between 1.3 and 2.7 nats"),
        ((AT_LEAST,), "z text and z audio share at least 1.3 nats; no upper bound can be believed"),
        ((AT_MOST,), "z text and z audio share at most 2.7 nats; no lower bound can be believed"),
        (
            (one_estimate("NWJ", 9.0, "lower"), AT_MOST),
            "They contradict each other: NWJ shows at least 8.8 nats, L1Out at most 2.7",
        ),
        (
            (one_estimate("NWJ", 2.6, "lower"), AT_MOST),
            "z text and z audio share about 2.6 nats: the bounds meet within their errors",
        ),
        (
            (one_estimate("NWJ", 1.5, "lower", doubt="it is broken"),),
            r"No estimator can be believed on I\(z text; z audio\)",
        ),
        (
            (one_estimate("NWJ", -0.2, "lower"), AT_MOST),
            "z text and z audio share at most 2.7 nats; nothing is shown from below",
        ),
    ],
)
def test_the_title_reconciles_both_sides(rows, said):
    assert title(*rows) == said


def test_bits_are_more_than_nats():
    assert title(AT_LEAST, AT_MOST, unit=BITS).endswith("between 1.88 and 3.9 bits")


def test_reasons_name_both_ends_what_they_rest_on_and_what_is_left_out():
    near = one_estimate("InfoNCE", 4.2, "lower", std=0.057, ceiling=4.8)
    rows = frame(near, one_estimate("CLUB", 30.0, "upper", doubt="q does not fit"), AT_MOST)
    said = bracket_reasons(rows, bracket_of(rows), NATS)
    assert "The largest lower bound is InfoNCE, 4.2 ± 0.057." in said
    assert "The smallest upper bound is L1Out, 2.5 ± 0.1, provided that q fits." in said
    assert "near its ceiling of 4.8" in said
    assert said.endswith("Not to be believed here: CLUB.")


def test_the_table_goes_from_lower_to_upper():
    shown = estimates_table(frame(AT_MOST, one_estimate("KSG", 1.0, "neither"), AT_LEAST), NATS)
    assert shown["estimator"].tolist() == ["NWJ", "KSG", "L1Out"]
    assert shown["value, nats"].tolist() == ["≥ 1.5 ± 0.1", "≈ 1 ± 0.1", "≤ 2.5 ± 0.1"]
    assert shown["ceiling"].tolist() == ["–"] * 3
    assert shown["what may be concluded"].tolist()[0] == "NWJ says so."


def test_fit_is_said_in_few_words():
    assert fit_text({"tells_apart": 0.963, "effective_pairs": None}) == "tells 96% of pairs apart"
    assert fit_text({"a_new_one": 1.0}) == "–"
