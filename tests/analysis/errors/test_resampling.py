"""The bootstrap of several values agrees with that of one metric."""

import numpy as np
import pytest

from mmmie.analysis.errors.resampling import difference_interval, mean_intervals, sums_intervals
from mmmie.corpus import Label


def test_a_mean_difference_is_the_paired_bootstrap():
    random = np.random.default_rng(0)
    targets, groups = random.normal(size=200), np.arange(200) // 8
    first, second = targets + random.normal(size=200), targets + random.normal(size=200)
    mask = random.random(200) < 0.6
    label = Label("sentiment", "regression", range=(-3, 3))
    expected = difference_interval("mae", label, first, second, targets, groups, mask)
    change = np.abs(second - targets) - np.abs(first - targets)
    found, other = mean_intervals(np.c_[change, -change], groups, mask)
    assert (found.value, found.low, found.high) == pytest.approx(
        (expected.value, expected.low, expected.high)
    )
    assert other.value == pytest.approx(-found.value)


def test_intervals_cover_about_as_often_as_they_say():
    hits = 0
    for seed in range(200):
        random = np.random.default_rng(seed)
        values = (random.normal(size=40)[np.arange(240) // 6] + random.normal(size=240))[:, None]
        (found,) = mean_intervals(values, np.arange(240) // 6, repeats=300, seed=seed)
        hits += found.low <= 0 <= found.high
    assert 0.88 < hits / 200 < 0.98


def test_one_conversation_gives_values_without_intervals():
    (found,) = sums_intervals(np.ones((5, 2)), lambda s: s[..., :1] / s[..., 1:], np.zeros(5, int))
    assert found.value == 1
    assert np.isnan(found.low) and np.isnan(found.high)


def test_draws_part_by_part_are_those_at_once(monkeypatch):
    values = np.random.default_rng(0).normal(size=(60, 2))
    groups = np.arange(60) // 5
    at_once = mean_intervals(values, groups, repeats=200)
    monkeypatch.setattr("mmmie.analysis.errors.resampling._CHUNK_DRAWS", 100)
    for whole, parts in zip(at_once, mean_intervals(values, groups, repeats=200), strict=True):
        assert (parts.low, parts.high) == pytest.approx((whole.low, whole.high))
