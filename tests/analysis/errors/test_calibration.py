"""Reliability against hand-made tables."""

from __future__ import annotations

import numpy as np
import pytest

from mmmie.analysis.errors.calibration import calibration_error, reliability


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
