"""Figures and words of a comparison."""

import numpy as np
import pandas as pd
import pytest

from app.parts.style import NEUTRAL
from app.screens.compare.comparison import (
    FIRST,
    SECOND,
    class_table,
    configuration_words,
    curves,
    curves_frame,
    difference_svg,
    difference_title,
    differences_finding,
    nearer_colours,
    prediction_places,
    prediction_words,
    values_table,
)
from mmmie.corpus import Label
from tests.app.drawn import parsed, share

NAMES = ("one", "two")
LABEL = Label("sentiment", "regression", range=(-3.0, 3.0))


def differences(mae=(0.2, 0.1, 0.3), corr=(0.01, -0.02, 0.04)):
    rows = [("mae", 0.3, 0.3 + mae[0], *mae), ("corr", 0.7, 0.7 + corr[0], *corr)]
    columns = ["metric", "first", "second", "difference", "low", "high"]
    return pd.DataFrame(rows, columns=columns)


def marks(table):
    """The dot and the bar of every row, and where the line of no difference stands."""
    root = parsed(difference_svg(table, "differences", NAMES))
    line = next(found for found in root.iter("line") if found.get("stroke-dasharray"))
    bars = [found for found in root.iter("line") if found.get("y1") == found.get("y2")]
    return list(root.iter("circle")), bars, share(line.get("x1"))


def test_right_of_the_line_the_second_is_better():
    (mae, corr), bars, middle = marks(differences())
    assert middle == pytest.approx(0.5)
    assert share(mae.get("cx")) < middle  # more error: the first is better
    assert mae.get("fill") == mae.get("stroke") == FIRST
    unit = middle - share(mae.get("cx"))  # 0.2 in label units
    ends = [share(bars[0].get(end)) for end in ("x1", "x2")]
    assert ends == pytest.approx([middle - 1.5 * unit, middle - 0.5 * unit], abs=1e-4)
    assert share(corr.get("cx")) > middle
    assert (corr.get("fill"), corr.get("stroke")) == ("none", NEUTRAL)  # not beyond chance
    (better, _), _, middle = marks(differences(mae=(-0.2, -0.3, -0.1)))
    assert share(better.get("cx")) > middle and better.get("fill") == SECOND


def test_a_difference_without_an_interval():
    (mark, _), bars, _ = marks(differences(mae=(0.2, np.nan, np.nan)))
    assert len(bars) == 1 and mark.get("fill") == "none"


@pytest.mark.parametrize(
    ("mae", "said"),
    [
        ((0.2, 0.1, 0.3), "one beats two by 0.2 [0.1, 0.3] MAE, one seed each"),
        ((-0.2, -0.3, -0.1), "two beats one by 0.2 [0.1, 0.3] MAE, one seed each"),
        (
            (-0.1, -0.3, 0.1),
            "No clear difference in MAE: −0.1 [−0.3, 0.1], two minus one",
        ),
        ((0.0, 0.0, 0.0), "Both reach the same MAE"),
        ((0.2, np.nan, np.nan), "Whether they differ in MAE is not known"),
    ],
)
def test_the_title_says_who_is_better_and_whether_that_is_chance(mae, said):
    assert difference_title(differences(mae), "mae", NAMES) == said


def test_the_finding_counts_the_clear_differences():
    assert "1 of 2" in differences_finding(differences(), 1)
    assert "No clear" in differences_finding(differences(mae=(0.1, -0.1, 0.3)), 1)


def test_higher_is_better_for_a_correlation():
    shown = difference_title(differences(corr=(0.1, 0.05, 0.15)), "corr", NAMES)
    assert shown.startswith("two beats one by 0.1")


def test_values_are_written_out():
    table = values_table(differences(), NAMES)
    assert table["two minus one"].tolist() == ["0.2 [0.1, 0.3]", "0.01 [−0.02, 0.04]"]


def pairs():
    return pd.DataFrame(
        {
            "id": ["a", "b", "c"],
            "label": [0.0, 1.0, 2.0],
            "first": [0.5, 1.0, -4.0],
            "second": [0.1, 3.5, 2.0],
            "gain": [0.4, -2.5, 6.0],
            "transcript": ["<b>x</b>", None, "y"],
        }
    )


def test_both_predictions_have_one_scale_that_holds_them_all():
    places = prediction_places(pairs(), LABEL, NAMES)
    points = np.frombuffer(places.buffers["predictions"], np.uint16).reshape(-1, 2)
    low, high = -4.0, 3.5  # predictions beyond the range of the label stay visible
    (panel,) = places.panels
    held = {text: share * 65_535 for share, text in panel.axes.ticks}
    unit = (held["2"] - held["0"]) / 2
    values = pairs()[["first", "second"]].to_numpy()
    assert points == pytest.approx(held["0"] + unit * values, abs=1)
    assert all(0 < held["0"] + unit * end < 65_535 for end in (low, high))
    assert (panel.axes.across, panel.axes.up) == ("sentiment, one", "sentiment, two")


def test_models_that_always_say_the_same_have_an_axis_too():
    same = pairs().assign(first=1.0, second=1.0)
    (panel,) = prediction_places(same, Label("x", "regression"), NAMES).panels
    assert [text for _, text in panel.axes.ticks if text == "1"]


def test_dots_say_which_is_nearer_and_what_both_predict():
    colours = nearer_colours(pairs(), NAMES)
    assert list(colours.values) == [SECOND, FIRST, SECOND]
    said = prediction_words(pairs(), NAMES).decode().split("\n")
    assert said[1].split("\x1f") == ["b", "", "", "label 1.00, one 1.00, two 3.50"]
    assert said[0].split("\x1f")[2] == "<b>x</b>"  # as text, never as markup


def test_classes_are_counted_pair_by_pair():
    table = pd.DataFrame({"first": ["n", "n", "p", "p"], "second": ["n", "p", "p", "p"]})
    heat = class_table(table, ["n", "p", "x"], NAMES).data[0]
    assert [list(row) for row in heat.text] == [["1", "1", "0"], ["0", "2", "0"], ["0"] * 3]
    assert np.isnan(np.asarray(heat.z)[1, 1]) and np.asarray(heat.z)[0, 1] == 1


def test_curves_have_a_dot_at_the_chosen_epoch():
    histories = {
        "one": [{"epoch": e, "train/loss": 1 / e, "valid/mae": None} for e in (1, 2, 3)],
        "two": [{"epoch": 1, "train/loss": 2.0}],
    }
    frame = curves_frame(histories, ["train/loss", "valid/mae"])
    assert len(frame) == 4
    figure = curves(frame, {"one": 2, "two": 1}, {"train/loss": "loss", "valid/mae": "MAE"})
    assert len(figure.data) == 2  # nothing to draw for the second key
    assert np.argmax(figure.data[0].marker.size) == 1
    assert [a.text for a in figure.layout.annotations] == ["loss"]


def test_settings_are_written_as_a_person_writes_them():
    settings = pd.DataFrame(
        {
            "setting": ["a", "b", "c", "d"],
            "first": [True, 0.5, ["text"], None],
            "second": [False, 2, ["text", "audio"], {"text": 0.1}],
        }
    )
    shown = configuration_words(settings, NAMES)
    assert shown["one"].tolist() == ["on", "0.5", "text", "–"]
    assert shown["two"].tolist() == ["off", "2", "text, audio", "text 0.1"]
