"""Precision, recall and F1 of classes against scikit-learn, and their intervals."""

from __future__ import annotations

import numpy as np
import pytest

from mmmie.analysis.errors.classes import class_table, never_predicted
from mmmie.analysis.errors.resampling import share_intervals

CLASSES = ("calm", "fear", "joy", "awe")


def case() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Scores, targets, conversations: fear is rare and never predicted, awe does not occur."""
    random = np.random.default_rng(0)
    targets = random.choice(4, 300, p=[0.6, 0.05, 0.35, 0])
    scores = random.random((300, 4))
    scores[np.arange(300), targets] += 0.5
    scores[:, 1] = scores[:, 3] = -1
    return scores, targets, np.repeat(np.arange(30), 10)


def test_values_are_those_of_sklearn() -> None:
    from sklearn.metrics import precision_recall_fscore_support

    scores, targets, groups = case()
    mask = groups != 3
    table = class_table(CLASSES, scores, targets, groups, mask)
    expected = precision_recall_fscore_support(
        targets[mask], scores.argmax(1)[mask], labels=range(4), zero_division=np.nan
    )
    for name, values in zip(("precision", "recall", "f1", "n"), expected, strict=True):
        assert table[name].to_numpy(float) == pytest.approx(values, nan_ok=True), name
        if name != "n":
            low, high = table[f"{name}_low"], table[f"{name}_high"]
            known = low.notna()
            assert ((low <= table[name]) & (table[name] <= high))[known].all()
            assert (low < high)[known].all()  # 0 of few utterances is not certain either
    assert table["predicted"].tolist() == np.bincount(scores.argmax(1)[mask], minlength=4).tolist()
    assert table["class"].tolist() == list(CLASSES)


def test_a_class_that_occurs_and_is_never_named_is_told() -> None:
    scores, targets, _ = case()
    assert never_predicted(CLASSES, scores, targets) == ["fear"]
    scores[targets == 1, 1] = 9
    assert never_predicted(CLASSES, scores, targets) == []


def test_none_or_all_of_many_conversations_leave_less_open_than_of_few() -> None:
    whole = np.zeros((12, 3))
    whole[:, 0], whole[:4, 1], whole[0, 2] = 1, 1, 1
    none = share_intervals(0 * whole, whole, np.arange(12))
    assert [one.low for one in none[:2]] == [0, 0]
    # the exact interval of 0 of k: 1 - 0.025^(1/k)
    assert [one.high for one in none[:2]] == pytest.approx([0.2646, 0.6024], abs=1e-4)
    assert np.isnan(none[2].high)
    every = share_intervals(whole, whole, np.arange(12))
    assert [one.low for one in every[:2]] == pytest.approx([1 - 0.2646, 1 - 0.6024], abs=1e-4)
    assert every[0].high == 1
