from __future__ import annotations

import math
import subprocess
import sys

import numpy as np
import pytest
from scipy.stats import pearsonr
from sklearn.metrics import accuracy_score, classification_report, f1_score

from mmmie.corpus import Label
from mmmie.errors import InputError
from mmmie.metrics import (
    METRICS,
    classification_metrics,
    metric_names,
    metrics_for,
    primary_metric,
    regression_metrics,
)

P = [-2.51, -0.4, 0, -0.1, 0.6, 2.5, 3.4, 0.3]
Y = [-3, -1.2, 0, 0, 0.4, 1.6, 2.6, -0.2]
KEYS = ["n", "mae", "corr", "acc7", "acc5"]
KEYS += ["acc2_nonneg", "f1_nonneg", "acc2_nonzero", "f1_nonzero"]
SIX = (-3.0, 3.0)


def random_scores(n: int = 500) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(0)
    labels = np.round(random.uniform(-3, 3, n) * 3) / 3
    return labels + random.normal(0, 1.2, n), labels


def test_importing_it_loads_neither_sklearn_nor_torch():
    code = "import sys, mmmie.metrics; assert not {'sklearn', 'torch'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=120)


def test_the_published_protocol_on_a_worked_example():
    found = regression_metrics(P, Y, SIX)
    assert list(found) == KEYS
    assert found == pytest.approx(
        {
            "n": 8,
            "mae": 0.47375,
            "corr": 0.97860,
            "acc7": 0.75,
            "acc5": 0.75,
            "acc2_nonneg": 0.75,
            "f1_nonneg": 0.75,
            "acc2_nonzero": 5 / 6,
            "f1_nonzero": 0.82857,
        },
        abs=5e-6,
    )
    # with prediction and truth in each other's place it would be .8381
    assert abs(found["f1_nonzero"] - 0.8381) > 0.005


def test_agrees_with_scipy_and_sklearn():
    p, y = (a.astype(np.float32) for a in random_scores())
    found = regression_metrics(p, y, SIX)
    assert found["mae"] == pytest.approx(np.abs(p.astype(float) - y).mean(), rel=1e-6)
    assert found["corr"] == pytest.approx(pearsonr(p, y).statistic, abs=1e-6)
    for name, limit in (("acc7", 3), ("acc5", 2)):
        by_hand = [round(min(max(float(v), -limit), limit)) for v in p]
        truth = [round(min(max(float(v), -limit), limit)) for v in y]
        assert found[name] == pytest.approx(accuracy_score(truth, by_hand))
    assert found["acc2_nonneg"] == pytest.approx(accuracy_score(y >= 0, p >= 0))
    assert found["f1_nonneg"] == pytest.approx(f1_score(y >= 0, p >= 0, average="weighted"))
    kept = y != 0
    assert 0 < kept.sum() < len(y)
    truth, guess = y[kept] > 0, p[kept] > 0
    assert found["acc2_nonzero"] == pytest.approx(accuracy_score(truth, guess))
    assert found["f1_nonzero"] == pytest.approx(f1_score(truth, guess, average="weighted"))


def test_halves_are_rounded_to_even():
    found = regression_metrics([0.5, 1.5, 2.5, -0.5], [0, 2, 2, 0], SIX)
    assert (found["acc7"], found["acc5"]) == (1, 1)
    # clipping comes first: 2.5 is 2 on both sides of acc5, but not of acc7 against 3
    found = regression_metrics([2.5], [3], SIX)
    assert (found["acc7"], found["acc5"]) == (0, 1)


def test_zero_labels_count_except_where_the_name_says_otherwise():
    found = regression_metrics([2.0, 1.0, -1.0], [0.0, 1.0, -1.0], SIX)
    assert found["mae"] == pytest.approx(2 / 3) and found["corr"] < 1
    assert (found["acc2_nonneg"], found["acc2_nonzero"]) == (1, 1)
    # a prediction of exactly zero is not positive, but not negative either
    found = regression_metrics([0.0, 0.0], [1.0, -1.0], SIX)
    assert (found["acc2_nonneg"], found["acc2_nonzero"]) == (0.5, 0.5)
    assert regression_metrics([0.0], [1.0], SIX)["acc2_nonzero"] == 0
    assert regression_metrics([0.0], [1.0], SIX)["acc2_nonneg"] == 1


def test_a_label_next_to_zero_is_not_dropped():
    assert regression_metrics([1.0, 1.0], [1e-30, 0.0], SIX)["acc2_nonzero"] == 1


def test_only_neutral_labels_leave_the_nonzero_ones_undefined():
    found = regression_metrics([0.1, -0.1], [0, 0], SIX)
    assert found["acc2_nonzero"] is None and found["f1_nonzero"] is None
    assert found["acc2_nonneg"] == 0.5


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(
    ("p", "y"),
    [
        ([0.1, 0.1, 0.1], [1, 2, 3]),
        ([1, 2, 3], [0.7, 0.7, 0.7]),
        ([1], [1]),
        ([0.1] * 97, np.arange(97) / 40),
    ],
)
def test_the_correlation_of_a_constant_is_undefined(p, y):
    found = regression_metrics(p, y, SIX)
    assert math.isnan(found["corr"]) and found["mae"] >= 0


def test_other_ranges_are_taken_about_their_middle():
    p, y = np.array(P), np.array(Y)
    plain = regression_metrics(p, y, SIX)
    moved = regression_metrics(p + 4, y + 4, (1.0, 7.0))
    assert moved == pytest.approx(plain, abs=1e-6)
    five = regression_metrics([3.4, 2.0, 4.6, 3.0], [3.0, 1.0, 5.0, 2.9], (1.0, 5.0))
    assert five["acc7"] is None and five["acc5"] == 0.75
    assert five["acc2_nonneg"] == 0.75 and five["acc2_nonzero"] == 1
    one = regression_metrics(p / 3, y / 3, (-1.0, 1.0))
    assert one["acc7"] is None and one["acc5"] is None
    assert one["acc2_nonzero"] == plain["acc2_nonzero"]
    assert one["mae"] == pytest.approx(plain["mae"] / 3)


def test_without_a_range_only_the_first_three_are_numbers():
    found = regression_metrics(P, Y, None)
    assert list(found) == KEYS
    assert found["n"] == 8 and found["mae"] == pytest.approx(0.47375)
    assert all(found[key] is None for key in KEYS[3:])


def test_columns_and_rows_are_flattened():
    column = np.array(P)[:, None]
    assert regression_metrics(column, np.array([Y]), SIX) == regression_metrics(P, Y, SIX)


@pytest.mark.parametrize(
    ("p", "y", "label_range", "message"),
    [
        ([], [], SIX, "labels are empty; give at least one utterance"),
        ([1, 2], [1], SIX, "there are 2 predictions for 1 labels; give one each"),
        ([1, np.nan], [1, 2], SIX, "predictions .*nan in row 1"),
        ([1, 2], [np.inf, 2], SIX, "labels .*inf in row 0"),
        ([1, 2], [1, 2], (3, -3), r"range \[3, -3\] is empty"),
    ],
)
def test_bad_scores_are_named_with_their_mend(p, y, label_range, message):
    with pytest.raises(InputError, match=message):
        regression_metrics(p, y, label_range)


CLASSES = ("negative", "neutral", "positive")


def random_classes(n: int = 300) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(1)
    labels = random.choice(3, n, p=[0.3, 0.5, 0.2])
    scores = random.random((n, 3))
    scores[np.arange(n), labels] += 0.4
    return scores, labels


def test_classes_agree_with_sklearn():
    scores, labels = random_classes()
    found = classification_metrics(scores, labels, CLASSES)
    guess = scores.argmax(1)
    report = classification_report(labels, guess, target_names=CLASSES, output_dict=True)
    assert list(found) == ["n", "accuracy", "f1_weighted", "f1_macro", "per_class"]
    assert found["n"] == 300
    assert found["accuracy"] == pytest.approx(report["accuracy"])
    assert found["f1_weighted"] == pytest.approx(report["weighted avg"]["f1-score"])
    assert found["f1_macro"] == pytest.approx(report["macro avg"]["f1-score"])
    for name in CLASSES:
        assert found["per_class"][name] == pytest.approx(
            {
                "precision": report[name]["precision"],
                "recall": report[name]["recall"],
                "f1": report[name]["f1-score"],
                "n": report[name]["support"],
                "predicted": (guess == CLASSES.index(name)).sum(),
            }
        )
    assert classification_metrics(guess, labels, CLASSES) == found


def test_the_arguments_are_truth_then_prediction():
    found = classification_metrics([0, 0, 0, 1], [0, 1, 1, 1], ("a", "b"))
    by_hand = {"precision": 1 / 3, "recall": 1, "f1": 0.5, "n": 1, "predicted": 3}
    assert found["per_class"]["a"] == by_hand
    assert found["f1_weighted"] == pytest.approx(0.25 * 0.5 + 0.75 * 0.5)


@pytest.mark.filterwarnings("error")
def test_a_class_that_never_occurs_has_zeros_and_does_not_lower_the_mean():
    found = classification_metrics([0, 1, 1], [0, 1, 1], CLASSES)
    assert set(found["per_class"]["positive"].values()) == {0}
    assert found["f1_macro"] == found["f1_weighted"] == 1
    assert classification_metrics([2], [2], CLASSES)["f1_weighted"] == 1


@pytest.mark.parametrize(
    ("p", "y", "message"),
    [
        ([], [], "labels are empty; give at least one utterance"),
        (np.zeros((0, 3)), [], "labels are empty"),
        ([0, 1], [0], "there are 2 predictions for 1 labels"),
        ([0, 3], [0, 1], "predictions .*class 3 in row 1; .*0 to 2"),
        ([0, 1], [0, -1], "labels .*class -1 in row 1; .*0 to 2"),
        (np.zeros((2, 2)), [0, 1], "predictions have 2 columns for 3 classes; give one score per"),
        (np.full((2, 3), np.nan), [0, 1], "predictions .*nan or inf"),
        ([0.2, 1.0], [0, 1], r"predictions are float64 \(2,\); give N whole class indices"),
        ([0, 1], ["negative", "neutral"], "labels are <U8"),
    ],
)
def test_bad_classes_are_named_with_their_mend(p, y, message):
    with pytest.raises(InputError, match=message):
        classification_metrics(p, y, CLASSES)


def test_the_label_decides_which_metrics_fit():
    regression = Label("sentiment", "regression", range=SIX)
    assert metrics_for(regression, np.array(P), np.array(Y)) == regression_metrics(P, Y, SIX)
    scores, labels = random_classes()
    classes = Label("sentiment", "classification", classes=CLASSES)
    expected = classification_metrics(scores, labels, CLASSES)
    assert metrics_for(classes, scores, labels) == expected
    for label, found in ((regression, metrics_for(regression, P, Y)), (classes, expected)):
        assert primary_metric(label.kind)[0] in found


def test_the_primary_metric_says_which_way_is_better():
    assert primary_metric("regression") == ("mae", False)
    assert primary_metric("classification") == ("f1_weighted", True)


def in_parts(values, limits):
    """As MMSA does it: part i is above limit i and at most limit i + 1."""
    edges = [-1.01, *limits, 1.01]
    clipped = np.clip(np.float32(values), -1, 1)
    return [
        next(
            i for i in range(len(edges) - 1) if np.float32(edges[i]) < v <= np.float32(edges[i + 1])
        )
        for v in clipped
    ]


def test_sims_own_metrics_are_those_of_its_papers():
    random = np.random.default_rng(1)
    y = np.round(random.uniform(-1, 1, 300) * 5) / 5
    p = np.round(y + random.normal(0, 0.4, 300), 1)  # many on the limits, some beyond ±1
    found = regression_metrics(p, y, (-1.0, 1.0))
    limits = {"acc2": [0.0], "acc3": [-0.1, 0.1], "acc5": [-0.7, -0.1, 0.1, 0.7]}
    for name, inner in limits.items():
        truth, guess = in_parts(y, inner), in_parts(p, inner)
        assert found[f"{name}_sims"] == pytest.approx(accuracy_score(truth, guess))
    truth, guess = in_parts(y, [0.0]), in_parts(p, [0.0])
    assert found["f1_sims"] == pytest.approx(f1_score(truth, guess, average="weighted"))
    assert found["acc2_sims"] != found["acc2_nonneg"]  # 0 is on the other side
    assert found["acc5"] is None
    assert not any(name.endswith("_sims") for name in regression_metrics(p, y, SIX))
    label = Label("sentiment", "regression", range=(-1.0, 1.0))
    assert {f"{name}_sims" for name in limits} <= {*metric_names(label)} <= {*METRICS}
