"""What a mark's colour says."""

import numpy as np
import pandas as pd
import pytest

from app.parts.colouring import colouring
from app.parts.style import ERROR_SCALE, NEUTRAL, SENTIMENT_SCALE, SEQUENTIAL_SCALE, class_colours
from mmmie.corpus import Label

RANGE = Label("sentiment", "regression", range=(1.0, 5.0))


@pytest.fixture
def frame():
    n = 60
    return pd.DataFrame(
        {
            "label": np.linspace(1, 4, n),
            "prediction": np.linspace(0, 6, n),
            "absolute_error": np.linspace(0, 2, n),
            "speaker": [f"s{i % 12:02d}" for i in range(n - 12)] + ["s00"] * 10 + [None] * 2,
            "ambiguous": [0, 1] * (n // 2),
            "latent_shared_x": np.linspace(-2, 2, n),
        }
    )


@pytest.mark.parametrize("by", ["label", "prediction"])
def test_sentiment_has_the_limits_of_the_corpus(frame, by):
    found = colouring(frame, by, RANGE)
    assert (found.scale["cmin"], found.scale["cmax"]) == (1.0, 5.0)
    assert found.scale["colorscale"] == SENTIMENT_SCALE
    assert np.allclose(found.values, frame[by])


def test_without_a_range_the_limits_are_symmetric(frame):
    frame["label"] -= 3
    found = colouring(frame, "label", Label("x", "regression"))
    assert found.scale["cmin"] == -found.scale["cmax"] == -2


def test_errors_and_other_numbers_are_sequential(frame):
    error = colouring(frame, "absolute_error", RANGE).scale
    assert error["colorscale"] == ERROR_SCALE and error["cmin"] == 0
    latent = colouring(frame, "latent_shared_x", RANGE).scale
    assert latent["colorscale"] == SEQUENTIAL_SCALE and -2 < latent["cmin"] < latent["cmax"] < 2


def test_few_numbers_are_categories(frame):
    found = colouring(frame, "ambiguous", RANGE)
    assert found.scale is None and list(found.legend) == ["0", "1"]
    assert found.values[0] == found.legend["0"] != found.values[1]


def test_the_frequent_have_a_colour_and_the_rest_is_neutral(frame):
    found = colouring(frame, "speaker", RANGE)
    assert found.legend["others"] == NEUTRAL and len(found.legend) == 10
    assert found.values[0] == found.legend["s00"]
    assert found.values[-1] == NEUTRAL  # nobody knows who


def test_classes_have_their_own_colours():
    classes = ("negative", "neutral", "positive")
    frame = pd.DataFrame({"label": ["positive", "negative"], "absolute_error": [0.1, 0.9]})
    label = Label("sentiment", "classification", classes=classes)
    found = colouring(frame, "label", label)
    assert found.values.tolist() == [class_colours(list(classes))[c] for c in frame["label"]]
    assert list(found.legend) == ["negative", "positive"]
    assert colouring(frame, "absolute_error", label).scale["cmax"] == 1
