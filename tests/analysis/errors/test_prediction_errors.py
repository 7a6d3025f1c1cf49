from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from mmmie.analysis.errors.prediction_errors import (
    calibration,
    calibration_slope,
    confusion,
    most_confused,
)


def test_bins_hold_the_means_of_sorted_parts() -> None:
    random = np.random.default_rng(0)
    prediction = random.normal(size=400)
    truth = 2 * prediction + random.normal(size=400)
    table = calibration(truth, prediction, bins=4)
    order = np.argsort(prediction)
    for i, part in enumerate(np.array_split(order, 4)):
        assert table["n"][i] == 100
        assert table["prediction"][i] == pytest.approx(prediction[part].mean())
        assert table["truth"][i] == pytest.approx(truth[part].mean())
        deviation = truth[part].std(ddof=1) / 10
        assert table["truth_error"][i] == pytest.approx(deviation)


def test_equal_predictions_stay_in_one_bin() -> None:
    truth = np.array([0.0, 1.0, 2.0])
    table = calibration(truth, np.full(3, 0.5))
    assert table["n"].sum() == 3
    assert len(table) == 1
    assert table["truth"][0] == pytest.approx(1)


def test_slope_is_that_of_least_squares() -> None:
    random = np.random.default_rng(1)
    prediction = random.normal(size=50)
    truth = 0.4 * prediction + random.normal(size=50)
    found = calibration_slope(truth, prediction, np.arange(50))
    assert found is not None and found.low < found.value < found.high
    assert found.value == pytest.approx(np.polyfit(prediction, truth, 1)[0])
    assert calibration_slope(truth, np.zeros(50), np.arange(50)) is None


def test_confusion_keeps_classes_that_never_occur() -> None:
    truth = pd.Series(["a", "a", "b", "a"])
    guess = pd.Series(["a", "b", "b", "b"])
    counts = confusion(truth, guess, ["a", "b", "c"])
    assert counts.to_numpy().tolist() == [[1, 2, 0], [0, 1, 0], [0, 0, 0]]
    truth_class, guessed, share = most_confused(counts) or ("", "", 0.0)
    assert (truth_class, guessed) == ("a", "b")
    assert share == pytest.approx(2 / 3)


def test_a_perfect_model_confuses_nothing() -> None:
    right = pd.Series(["a", "b"])
    assert most_confused(confusion(right, right, ["a", "b"])) is None
