"""Several estimates in one picture."""

import math

import pandas as pd
import pytest

from app.parts.style import NEUTRAL
from app.screens.mutual_information.estimators_side_by_side import side_by_side_figure
from app.screens.mutual_information.recorded_bounds import UNITS
from mmmie.analysis.bounds.side_by_side import bracket_of

NATS = UNITS["nats"]


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
