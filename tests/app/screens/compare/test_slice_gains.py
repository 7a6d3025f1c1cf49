"""Gains per slice, and the card with both predictions."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from app.screens.compare.card import both_on_classes_svg, both_on_scale_svg, card_finding
from app.screens.compare.comparison import FIRST, SECOND
from app.screens.compare.slice_gains import slice_finding, slice_gain_figure
from mmmie.corpus import Label
from tests.app.drawn import hints, parsed, share, words

NAMES = ("one", "two")
LABEL = Label("sentiment", "regression", range=(-3.0, 3.0))


def gains(*rows: tuple[str, float, float, float]) -> pd.DataFrame:
    table = pd.DataFrame(rows, columns=["slice", "gain", "low", "high"])
    return table.assign(n=10, first=1.0, second=1 - table["gain"])


TABLE = gains(
    ("all", -0.1, -0.2, -0.05),
    ("ambiguous=1", 0.3, 0.1, 0.5),
    ("ambiguous=0", 0.0, -0.1, 0.1),
    ("turn=first", -0.4, -0.6, -0.2),
    ("turn=reply", -0.2, -0.3, -0.1),
)


def test_right_of_the_line_the_second_is_better() -> None:
    figure = slice_gain_figure(TABLE, "gain", NAMES, share=False, current="turn=first")
    unsure, better, worse = figure.data
    assert list(unsure.x) == [0.0] and unsure.marker.symbol == "circle-open"
    assert list(better.y) == ["ambiguous (n = 10)"] and better.marker.color == SECOND
    assert len(worse.x) == 3 and worse.marker.color == FIRST
    bold = [name for name in figure.layout.yaxis.ticktext if name.startswith("<b>")]
    assert bold == ["<b>first turns (n = 10)</b>"]
    assert better.error_x.array[0] == pytest.approx(0.2)


def test_the_finding_leads_with_all_utterances() -> None:
    said = slice_finding(TABLE, NAMES, share=False)
    assert said == (
        "Overall one is better by 0.1 (0.05 to 0.2), one seed each; of 4 slices two is better in 1 "
        "(ambiguous utterances) and one is better in 2 (such as first turns)"
    )
    assert "10.0 percentage points" in slice_finding(TABLE[:3], NAMES, share=True)
    assert slice_finding(TABLE[:1], NAMES, share=False).startswith("Overall one is better")


def test_a_class_that_looks_like_markup_is_text() -> None:
    said = slice_finding(gains(("all", 0, -1, 1), ("label=$a*", 1, 0.5, 2)), NAMES, share=False)
    assert r"with label \$a\*" in said and "no clear difference" in said


def test_both_predictions_stand_under_one_truth() -> None:
    root = parsed(both_on_scale_svg(LABEL, (-3, 3), 1.0, (0.5, 4.0), NAMES, "both"))
    dots = list(root.iter("circle"))
    truths, told = dots[::2], dots[1::2]
    assert len({dot.get("cx") for dot in truths}) == 1
    assert hints(root, "circle") == ["truth 1", "one 0.5", "truth 1", "two 4"]
    assert share(told[0].get("cx")) < share(truths[0].get("cx")) < share(told[1].get("cx")) < 1
    assert words(root)[-4:] == ["one", "0.5", "two", "4"]


def test_classes_of_both_and_the_true_one() -> None:
    probabilities = (np.array([0.2, 0.8]), np.array([0.6, 0.4]))
    root = parsed(both_on_classes_svg(["no", "yes"], probabilities, NAMES, "yes", "both"))
    assert hints(root, "rect") == [
        "one, no: probability 0.200",
        "two, no: probability 0.600",
        "one, yes: probability 0.800",
        "two, yes: probability 0.400",
    ]
    wide = [share(bar.get("width")) for bar in root.iter("rect")]
    assert wide[2] == pytest.approx(4 * wide[0])
    assert words(root)[::5] == ["no", "yes (truth)"]


@pytest.mark.parametrize(
    ("one", "classes", "said"),
    [
        ({"gain": 0.5}, False, "two is nearer by 0.5"),
        ({"gain": -0.25}, False, "one is nearer by 0.25"),
        ({"gain": 0.0}, False, "Both are equally far off"),
        ({"label": "a", "first": "a", "second": "b"}, True, "Only one is right"),
        ({"label": "a", "first": "a", "second": "a"}, True, "Both are right"),
        ({"label": "a", "first": "c", "second": "b"}, True, "Both are wrong"),
    ],
)
def test_the_card_says_which_is_nearer(one: dict, classes: bool, said: str) -> None:
    assert card_finding(pd.Series(one), NAMES, classes=classes) == said
