"""The bootstrap of several values agrees with that of one metric."""

import math

import numpy as np
import pytest

from mmmie.analysis.errors.resampling import (
    difference_interval,
    draws,
    mean_intervals,
    metric_interval,
    sums_intervals,
)
from mmmie.corpus import Label
from mmmie.metrics import metric_names, metrics_for


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


REGRESSION = Label("sentiment", "regression", range=(-3.0, 3.0))
CLASSES = Label("sentiment", "classification", classes=("negative", "neutral", "positive"))


def case(label, n=120, groups=15, seed=0):
    random = np.random.default_rng(seed)
    conversation = np.sort(random.integers(0, groups, n))
    if label.classes is None:
        targets = random.normal(size=n).round(1).astype(np.float32)
        return (targets + random.normal(size=n) * 0.7).astype(np.float32), targets, conversation
    targets = random.integers(0, 3, n)
    return random.random((n, 3)) + 0.5 * np.eye(3)[targets], targets, conversation


@pytest.mark.parametrize("label", [REGRESSION, CLASSES])
def test_values_are_those_of_the_metrics(label):
    output, targets, groups = case(label)
    reference = metrics_for(label, output, targets)
    for metric in metric_names(label):
        found = metric_interval(metric, label, output, targets, groups)
        assert found.value == pytest.approx(reference[metric], abs=1e-6), metric
        assert found.low < found.value < found.high


@pytest.mark.parametrize("label", [REGRESSION, CLASSES])
def test_replicates_are_those_of_drawing_conversations_one_by_one(label):
    output, targets, groups = case(label)
    repeats = 40
    members = [np.flatnonzero(groups == g) for g in np.unique(groups)]
    slow = {metric: [] for metric in metric_names(label)}
    for counts in draws(len(members), repeats, np.random.default_rng(3)).astype(int):
        rows = np.concatenate([np.tile(m, k) for m, k in zip(members, counts, strict=True)])
        for metric, value in metrics_for(label, output[rows], targets[rows]).items():
            if metric in slow:
                slow[metric].append(value)
    for metric, values in slow.items():
        fast = metric_interval(metric, label, output, targets, groups, repeats=repeats, seed=3)
        low, high = np.quantile(values, [0.025, 0.975])
        assert (fast.low, fast.high) == pytest.approx((low, high), abs=1e-5), metric


def test_a_range_that_is_not_centred_on_zero():
    label = Label("score", "regression", range=(1.0, 5.0))
    output, targets, groups = case(REGRESSION)
    found = metric_interval("acc2_nonzero", label, output + 3, targets + 3, groups)
    assert found.value == pytest.approx(metrics_for(label, output + 3, targets + 3)["acc2_nonzero"])


def test_the_width_is_that_of_theory_and_grows_with_likeness_in_a_conversation():
    random = np.random.default_rng(0)
    groups = np.repeat(np.arange(400), 10)
    per_conversation = np.abs(random.normal(size=400))
    output = np.repeat(per_conversation, 10)
    targets = np.zeros(4000)
    clustered = metric_interval("mae", REGRESSION, output, targets, groups)
    expected = 2 * 1.96 * per_conversation.std() / math.sqrt(400)
    assert clustered.high - clustered.low == pytest.approx(expected, rel=0.1)
    single = metric_interval("mae", REGRESSION, output, targets, np.arange(4000), repeats=300)
    ratio = (clustered.high - clustered.low) / (single.high - single.low)
    assert ratio == pytest.approx(math.sqrt(10), rel=0.2)


def test_pairing_cancels_what_is_hard_for_both():
    output, targets, groups = case(REGRESSION, n=600, groups=60)
    better = targets + 0.9 * (output - targets)
    paired = difference_interval("mae", REGRESSION, output, better, targets, groups)
    alone = metric_interval("mae", REGRESSION, output, targets, groups)
    assert paired.value == pytest.approx(-0.1 * alone.value, rel=1e-5)
    assert paired.high < 0 and paired.decided().below
    assert paired.high - paired.low < 0.3 * (alone.high - alone.low)


def test_equal_predictions_do_not_differ():
    output, targets, groups = case(CLASSES)
    found = difference_interval("f1_weighted", CLASSES, output, output, targets, groups)
    assert (found.value, found.low, found.high) == (0, 0, 0)
    assert not found.decided().clear


def test_one_conversation_gives_no_interval():
    output, targets, groups = case(REGRESSION)
    alone = metric_interval("mae", REGRESSION, output, targets, np.zeros_like(groups))
    assert math.isfinite(alone.value) and math.isnan(alone.low) and math.isnan(alone.high)
    inside = metric_interval("mae", REGRESSION, output, targets, groups, groups == groups[0])
    assert math.isfinite(inside.value) and math.isnan(inside.low)


def test_a_constant_prediction_has_no_correlation():
    _, targets, groups = case(REGRESSION)
    found = metric_interval("corr", REGRESSION, np.zeros_like(targets), targets, groups)
    assert math.isnan(found.value) and math.isnan(found.low)


def test_an_unknown_metric_is_named():
    output, targets, groups = case(REGRESSION)
    with pytest.raises(ValueError, match="bleu"):
        metric_interval("bleu", REGRESSION, output, targets, groups)
