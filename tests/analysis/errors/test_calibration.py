"""Reliability against hand-made tables."""

from __future__ import annotations

import numpy as np
import pytest

from mmmie.analysis.errors.calibration import (
    calibration_error,
    calibration_interval,
    reliability,
)


def test_the_bins_hold_what_was_counted_by_hand() -> None:
    sure = np.array([0.55, 0.6, 0.62, 0.95, 1.0, 0.9])
    probabilities = np.column_stack([sure, 1 - sure])
    targets = np.array([0, 1, 0, 0, 0, 1])
    table = reliability(probabilities, targets, bins=10)
    assert table[["low", "high", "n"]].to_numpy() == pytest.approx(
        np.array([[0.5, 0.6, 2], [0.6, 0.7, 1], [0.8, 0.9, 1], [0.9, 1.0, 2]])
    )
    assert table["confidence"].tolist() == pytest.approx([0.575, 0.62, 0.9, 0.975])
    assert table["accuracy"].tolist() == [0.5, 1.0, 0.0, 1.0]
    by_hand = (2 * 0.075 + 0.38 + 0.9 + 2 * 0.025) / 6
    assert calibration_error(probabilities, targets, bins=10) == pytest.approx(by_hand)


def test_who_tells_the_chances_is_calibrated_and_who_boasts_is_not() -> None:
    random = np.random.default_rng(0)
    logits = random.normal(size=(20_000, 3)) * 1.5
    probabilities = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    targets = np.array([random.choice(3, p=p) for p in probabilities])
    assert calibration_error(probabilities, targets) < 0.015
    boast = probabilities**4 / (probabilities**4).sum(1, keepdims=True)
    assert calibration_error(boast, targets) > 0.15


def case(
    sharper: float, conversations: int = 60, seed: int = 0
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Probabilities (n, 3) of a model that is calibrated at `sharper` 1, targets, conversations."""
    random = np.random.default_rng(seed)
    true = random.dirichlet([1, 1, 1], conversations * 8)
    targets = (true.cumsum(1) > random.random((len(true), 1))).argmax(1)
    said = true**sharper
    return said / said.sum(1, keepdims=True), targets, np.repeat(np.arange(conversations), 8)


def test_bins_with_intervals_are_those_without_and_hold_them() -> None:
    probabilities, targets, groups = case(2)
    found = reliability(probabilities, targets, groups=groups)
    assert found.drop(columns=["accuracy_low", "accuracy_high"]).equals(
        reliability(probabilities, targets)
    )
    assert (found["accuracy_low"] <= found["accuracy"]).all()
    assert (found["accuracy"] <= found["accuracy_high"]).all()
    mask = groups < 20
    part = reliability(probabilities, targets, groups=groups, mask=mask)
    assert part["n"].sum() == 160
    assert part["accuracy"].equals(reliability(probabilities[mask], targets[mask])["accuracy"])
    error = calibration_interval(probabilities, targets, groups, mask)
    assert error.value == pytest.approx(calibration_error(probabilities[mask], targets[mask]))
    one = calibration_interval(probabilities, targets, 0 * groups)
    assert np.isnan(one.low) and np.isnan(one.high)


@pytest.mark.parametrize(("sharper", "truth"), [(1.0, 0.0), (4.0, 0.2485)])
def test_the_interval_of_the_error_holds_the_true_error_about_as_often_as_it_says(
    sharper, truth
) -> None:
    """Percentiles of draws never hold the 0 of a model that is calibrated."""
    many = case(sharper, 4000, seed=9)
    assert calibration_error(*many[:2]) == pytest.approx(truth, abs=0.012)
    found = [calibration_interval(*case(sharper, seed=seed)) for seed in range(24)]
    assert sum(one.low <= truth <= one.high for one in found) >= 20
    assert all(one.low <= one.value <= one.high for one in found)
