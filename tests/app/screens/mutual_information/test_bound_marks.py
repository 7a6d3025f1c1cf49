"""Figures of the bounds over training: which marks, where, and what they say."""

import math

import numpy as np
import pandas as pd
import pytest

from app.parts.style import LOWER_LINE, NEITHER_LINE, UPPER_LINE, modality_colour
from app.screens.mutual_information.bound_marks import (
    CHECK,
    CHECKED,
    OBJECTIVE,
    ON_DEMAND,
    bound_legend,
    spread,
)
from app.screens.mutual_information.modality_panels import modality_panels
from app.screens.mutual_information.pair_panels import pair_panels
from app.screens.mutual_information.recorded_bounds import UNITS, Recorded
from mmmie.analysis.bounds.history import Measured

NAMES = ["text", "audio", "vision"]
NATS = UNITS["nats"]
EPOCHS = (1, 2, 3)
OLD = {
    ("pair", "text-audio"): 1.0,
    ("pair", "text-vision"): 2.0,
    ("invariant", "text"): 9.0,
    ("specific", "text"): 5.0,
    ("separation", "text"): 0.5,
}
BRACKET = {
    ("lower", "text"): 5.0,
    ("upper", "text"): 7.0,
    ("lower_specific", "text"): 3.0,
    ("upper_specific", "text"): 3.5,
}
CEILING = 6.2


def measured(outer):
    return {
        "pair": Measured("InfoNCE", "lower"),
        "invariant": Measured("VUB, exact", outer),
        "specific": Measured("VUB, exact", outer),
        "separation": Measured("CLUB, learned", "neither"),
        "lower": Measured("InfoNCE, exact", "lower"),
        "upper": Measured("L1Out, exact", "upper"),
        "lower_specific": Measured("InfoNCE, exact", "lower"),
        "upper_specific": Measured("L1Out, exact", "upper"),
        "check": Measured("InfoNCE, fresh critic", "lower"),
    }


def history_of(values, error=math.nan, checked=()):
    """Every value at three epochs, growing by 0.1, and a check where wanted."""
    rows = [(e, *key, v + 0.1 * e, error) for e in EPOCHS for key, v in values.items()]
    rows += [(e, "check", "text-audio", 1.2, 0.05) for e in checked]
    return pd.DataFrame(rows, columns=["epoch", "family", "name", "nats", "std"])


def recorded_of(history, outer="upper", chosen=2, modalities=NAMES):
    ceilings = dict.fromkeys(("pair", "lower", "lower_specific"), CEILING)
    return Recorded(history, measured(outer), list(modalities), chosen, ceilings)


def pairs(history=None, unit=NATS, truth=None, check=None):
    recorded = recorded_of(history_of(OLD) if history is None else history)
    return pair_panels(recorded, unit, truth=truth or {}, check=check)


def text_panel(history=None, **changed):
    recorded = recorded_of(history_of(OLD) if history is None else history, **changed)
    return modality_panels(recorded, NATS)["text"]


def line(figure, name, nth=0):
    return [t for t in figure.data if t.name == name][nth]


def names_of(figure):
    return [t.name for t in figure.data if t.name]


def areas(figure, colour):
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return [
        t
        for t in figure.data
        if t.fill == "toself" and t.fillcolor.startswith(f"rgba({red},{green},{blue}")
    ]


def words(figure):
    return [a.text for a in figure.layout.annotations]


def test_a_lower_bound_is_solid_and_the_region_above_it_shaded():
    figures = pairs()
    assert list(figures) == ["text-audio", "text-vision"]
    figure = figures["text-audio"]
    own = line(figure, "objective")
    assert own.line.dash == LOWER_LINE and np.allclose(own.y, [1.1, 1.2, 1.3])
    (region,) = areas(figure, OBJECTIVE)
    assert max(region.y) == figure.layout.yaxis.range[1] > CEILING
    assert min(region.y) == pytest.approx(1.1)
    assert "<b>text and audio</b>" in words(figure)
    assert "ceiling 6.2" in words(figure)
    assert not any("true MI" in text for text in words(figure))


def test_the_hover_says_what_and_how_and_how_sure():
    text = line(pairs(history_of(OLD, error=0.05))["text-audio"], "objective").text[1]
    for said in (
        "I(z text; z audio)",
        "epoch 2",
        "at least 1.20 ± 0.10 nats",
        "InfoNCE<br>lower bound",
    ):
        assert said in text
    assert "ceiling 6.2 nats" in text
    upper = line(text_panel(history_of({**OLD, **BRACKET})), "upper").text[0]
    assert "I(input text; z text)" in upper and "at most 7.1 nats" in upper
    assert "L1Out,<br>exact<br>upper bound" in upper and "ceiling" not in upper


@pytest.mark.parametrize("column", [True, False])
def test_a_history_without_errors_has_no_band(column):
    history = history_of(OLD)
    figure = pairs(history if column else history.drop(columns="std"))["text-audio"]
    assert len(areas(figure, OBJECTIVE)) == 1
    assert "±" not in line(figure, "objective").text[0]


def test_a_band_is_two_standard_errors_wide():
    band = areas(pairs(history_of(OLD, error=0.05))["text-audio"], OBJECTIVE)[-1]
    assert np.allclose(band.y, [1.2, 1.3, 1.4, 1.2, 1.1, 1.0])


def test_the_truth_is_a_line_where_it_is_known():
    figures = pairs(truth={"text-vision": 6.8})
    levels = {n: [s.y0 for s in f.layout.shapes if s.y0 == s.y1] for n, f in figures.items()}
    assert levels == {"text-audio": [6.2], "text-vision": [6.8, 6.2]}
    assert all(figure.layout.yaxis.range[1] > 6.8 for figure in figures.values())
    assert "true MI of the inputs 6.8" in words(figures["text-vision"])
    near = {a.text: a.yanchor for a in figures["text-vision"].layout.annotations}
    assert near["true MI of the inputs 6.8"] == "bottom" and near["ceiling 6.2"] == "top"


def test_bits_are_nats_over_ln_2():
    nats, bits = (pairs(unit=UNITS[u])["text-audio"] for u in ("nats", "bits"))
    of_nats, of_bits = line(nats, "objective"), line(bits, "objective")
    assert np.allclose(of_bits.y, np.asarray(of_nats.y) / math.log(2))
    assert "bits" in of_bits.text[0] and "nats" not in of_bits.text[0]
    assert bits.layout.yaxis.title.text == "bits"
    assert "ceiling 8.94" in words(bits)


def test_a_fresh_critic_is_a_mark_of_its_own_with_its_error():
    figures = pairs(history_of(OLD, checked=(1, 3)))
    mark = line(figures["text-audio"], CHECKED)
    assert mark.mode == "markers" and mark.marker.color == CHECK != OBJECTIVE
    assert (list(mark.x), list(mark.y)) == ([1, 3], [1.2, 1.2])
    assert np.allclose(mark.error_y.array, 0.1)
    assert "I(z text; z audio)" in mark.text[0] and CHECKED in mark.text[0]
    assert CHECKED not in names_of(figures["text-vision"])


def test_the_check_on_demand_stands_at_the_chosen_epoch():
    check = pd.DataFrame(
        {"name": ["text-audio"], "fresh": [7.4], "std": [0.1], "ceiling": [8.0], "epoch": [9]}
    )
    figure = pairs(check=check)["text-audio"]
    mark = line(figure, ON_DEMAND)
    assert (list(mark.x), list(mark.y)) == ([2], [7.4])
    assert mark.error_y.array[0] == pytest.approx(0.2)
    assert figure.layout.yaxis.range[1] > 7.6
    assert "I(z text; z audio)" in mark.text[0] and "ceiling 8 nats" in mark.text[0]


@pytest.mark.parametrize(("outer", "dash"), [("upper", UPPER_LINE), ("neither", NEITHER_LINE)])
def test_an_upper_bound_is_dashed_and_what_bounds_nothing_dotted(outer, dash):
    figure = text_panel(outer=outer)
    z, s = line(figure, "VUB"), line(figure, "VUB", 1)
    assert z.line.dash == s.line.dash == dash
    assert (z.yaxis, s.yaxis) == ("y", "y2")
    assert line(figure, "I(z; s)").line.dash == NEITHER_LINE
    assert len(areas(figure, OBJECTIVE)) == (2 if outer == "upper" else 0)


def test_a_bracket_is_filled_between_a_solid_and_a_dashed_line():
    figure = text_panel(history_of({**OLD, **BRACKET}))
    hue = modality_colour("text", NAMES)
    low, high = line(figure, "lower"), line(figure, "upper")
    assert (low.line.dash, high.line.dash) == (LOWER_LINE, UPPER_LINE)
    assert low.line.color == high.line.color == hue != line(figure, "VUB").line.color
    of_z, of_s = areas(figure, hue)
    assert np.allclose(of_z.y, [7.1, 7.2, 7.3, 5.3, 5.2, 5.1])
    assert (of_z.yaxis, of_s.yaxis) == ("y", "y2")
    assert not areas(figure, OBJECTIVE)
    assert words(figure).count("ceiling") == 2
    assert figure.layout.yaxis.range == figure.layout.yaxis2.range


def test_what_never_learned_is_not_drawn():
    how = {**measured("upper"), "separation": Measured("CLUB, learned", "neither", False)}
    recorded = Recorded(history_of(OLD), how, NAMES, 2)
    assert "I(z; s)" not in names_of(modality_panels(recorded, NATS)["text"])


def test_a_modality_and_a_code_of_one_are_enough():
    alone = history_of({("invariant", "text"): 9.0})
    figure = text_panel(alone, chosen=0, modalities=["text"])
    assert names_of(figure) == ["VUB"] and not figure.layout.shapes


def test_one_epoch_is_a_point():
    first = history_of(OLD)[lambda t: t["epoch"] == 1]
    assert "markers" in line(pairs(first)["text-audio"], "objective").mode


def test_what_is_taken_away_says_how_it_was_measured():
    rows = recorded_of(history_of(OLD, checked=(3,))).rows(("pair", "check"))
    assert set(rows["family"]) == {"pair", "check"}
    assert set(rows["bound"]) == {"lower"} and "InfoNCE" in set(rows["estimator"])
    assert rows.loc[rows["family"] == "pair", "ceiling"].eq(CEILING).all()


def test_labels_keep_apart_and_stay_near():
    assert spread([1.0, 1.1, 5.0], 1.0) == pytest.approx([0.55, 1.55, 5.0])
    assert spread([0.0, 0.9, 1.2], 1.0) == pytest.approx([-0.3, 0.7, 1.7])
    assert spread([], 1.0) == []


def test_the_legend_names_what_is_there():
    everything = bound_legend(errors=True, bracket=True, checked=True, on_demand=True)
    old = bound_legend(errors=False, bracket=False, checked=False, on_demand=False)
    for always in ("solid", "dashed", "dotted"):
        assert always in everything and always in old
    for text in (CHECKED, ON_DEMAND, "± two standard errors", "inside"):
        assert text in everything and text not in old
