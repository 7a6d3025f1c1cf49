"""Names of metrics and how numbers are written."""

import math

import pytest

from app.parts.numbers import duration_words, interval_text, listed, metric
from mmmie.metrics import classification_metrics, regression_metrics


def test_every_metric_has_a_name():
    held = {
        **regression_metrics([1.0, -1.0], [2.0, -1.0], (-3.0, 3.0)),
        **classification_metrics([0, 1], [0, 1], ("a", "b")),
    }
    for name in set(held) - {"n", "per_class"}:
        assert metric(name).help, name
    assert metric("new_one").name == "new one"
    assert not metric("mae").higher_is_better and metric("corr").higher_is_better


@pytest.mark.parametrize(
    ("name", "value", "text"),
    [
        ("mae", 0.41239, "0.412"),
        ("accuracy", 0.5, "50.0%"),
        ("corr", None, "–"),
        ("corr", math.nan, "–"),
    ],
)
def test_values(name, value, text):
    assert metric(name).text(value) == text


def test_intervals_and_lists():
    assert interval_text(0.3121, 0.29, 0.334) == "0.312 [0.29, 0.334]"
    assert interval_text(0.3, math.nan, math.nan) == "0.3"
    assert interval_text(0.3, 0.2, 0.4, share=True) == "30.0% [20.0%, 40.0%]"
    assert listed(["a", "b", "c"]) == "a, b and c" and listed(["a"]) == "a" and listed([]) == ""


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.25, "0.2 s"), (9.96, "10.0 s"), (3, "3 s"), (42, "42 s"), (59.7, "1 min 0 s"),
     (125, "2 min 5 s"),
     (7260, "2 h 1 min")],
)  # fmt: skip
def test_durations_are_words(seconds, words):
    assert duration_words(seconds) == words
