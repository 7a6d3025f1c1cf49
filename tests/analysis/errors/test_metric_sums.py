"""Metrics from sums agree with `mmmie.metrics`, on all utterances and on any of them."""

import numpy as np
import pytest

from mmmie.analysis.errors.metric_sums import conversation_sums, metric_sums
from mmmie.corpus import Label
from mmmie.metrics import metric_names, metrics_for

WIDE = Label("sentiment", "regression", range=(-3.0, 3.0))
SHIFTED = Label("sentiment", "regression", range=(1.0, 5.0))
NARROW = Label("sentiment", "regression", range=(-1.0, 1.0))
FREE = Label("sentiment", "regression")
CLASSES = Label("sentiment", "classification", classes=("negative", "neutral", "positive", "odd"))


def case(label, n=90, seed=0):
    random = np.random.default_rng(seed)
    conversation = np.sort(random.integers(0, 9, n))
    if label.classes is None:
        targets = (label.centre + random.normal(size=n).round(1)).astype(np.float32)
        return (targets + random.normal(size=n) * 0.7).astype(np.float32), targets, conversation
    targets = random.integers(0, 3, n)  # the last class never occurs
    output = random.random((n, 4)) * [1, 1, 1, 0] + 0.5 * np.eye(4)[targets]
    return output, targets, conversation


@pytest.mark.parametrize("label", [WIDE, SHIFTED, NARROW, FREE, CLASSES])
def test_values_are_those_of_the_metrics(label):
    output, targets, groups = case(label)
    without = groups != 3
    for metric in metric_names(label):
        sums = metric_sums(metric, label, output, targets)
        per_conversation = conversation_sums(sums.terms, groups)
        whole = float(sums.combine(per_conversation.sum(0)))
        assert whole == pytest.approx(metrics_for(label, output, targets)[metric], abs=1e-6)
        left = float(sums.combine(per_conversation.sum(0) - per_conversation[3]))
        reference = metrics_for(label, output[without], targets[without])[metric]
        assert left == pytest.approx(reference, abs=1e-6), metric


@pytest.mark.parametrize("label", [WIDE, SHIFTED, NARROW, FREE, CLASSES])
def test_names_are_the_metrics_that_the_label_defines(label):
    output, targets, _ = case(label)
    found = metrics_for(label, output, targets)
    defined = {k for k, v in found.items() if isinstance(v, float)}
    assert set(metric_names(label)) == defined


def test_a_mask_leaves_utterances_out_and_keeps_every_conversation():
    output, targets, groups = case(WIDE)
    mask = groups < 5
    sums = conversation_sums(metric_sums("mae", WIDE, output, targets).terms, groups, mask)
    assert len(sums) == 9 and not sums[5:].any() and sums[:, 1].sum() == mask.sum()


def test_a_constant_has_no_correlation_and_an_unknown_metric_is_refused():
    _, targets, _ = case(WIDE)
    sums = metric_sums("corr", WIDE, np.full(len(targets), 0.1, np.float32), targets)
    assert np.isnan(sums.combine(sums.terms.sum(0)))
    with pytest.raises(ValueError, match="acc3"):
        metric_sums("acc3", WIDE, targets, targets)
