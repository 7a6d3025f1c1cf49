"""Readers find what is there on conversations they have not seen, and no more."""

import numpy as np
import pytest

from mmmie.analysis.codes.readouts import folds, read_classes, read_numbers


def explained(y, said):
    return 1 - ((y - said) ** 2).sum(0) / ((y - y.mean(0)) ** 2).sum(0)


def test_folds_never_tear_a_conversation_and_cover_all():
    groups = np.repeat(np.arange(13), 4)
    held = list(folds(groups))
    assert (np.sum(held, axis=0) == 1).all()
    for mask in held:
        assert not set(groups[mask]) & set(groups[~mask])


@pytest.mark.parametrize("probe", ["linear", "nonlinear"])
def test_r2_agrees_with_the_explained_share(probe):
    random = np.random.default_rng(0)
    x = random.normal(size=(3000, 2))
    y = np.c_[x[:, :1] + random.normal(size=(3000, 1)), random.normal(size=(3000, 1))]
    r2 = explained(y, read_numbers(x, y, np.arange(3000) // 10, probe))
    assert r2[0] == pytest.approx(0.5, abs=0.04)
    assert -0.02 < r2[1] < 0.01


def test_only_the_nonlinear_reader_sees_a_product():
    random = np.random.default_rng(0)
    x = random.normal(size=(1000, 6))
    y = (x[:, 0] * x[:, 1])[:, None]
    groups = np.arange(1000) // 10
    assert explained(y, read_numbers(x, y, groups, "linear"))[0] < 0.05
    assert explained(y, read_numbers(x, y, groups, "nonlinear"))[0] > 0.7
    sign = (y[:, 0] > 0).astype(int)
    assert (read_classes(x, sign, groups, "linear") == sign).mean() < 0.6
    assert (read_classes(x, sign, groups, "nonlinear") == sign).mean() > 0.8


@pytest.mark.parametrize("probe", ["linear", "nonlinear"])
def test_what_tells_the_conversation_alone_is_not_found(probe):
    """A number of each conversation's own can be read inside a conversation, not outside."""
    random = np.random.default_rng(0)
    groups = np.repeat(np.arange(40), 20)
    own = random.normal(size=(40, 8))[groups]
    y = random.normal(size=(40, 1))[groups]
    assert explained(y, read_numbers(own, y, groups, probe))[0] < 0.1


@pytest.mark.parametrize("probe", ["linear", "nonlinear"])
def test_codes_that_are_all_the_same_tell_nothing(probe):
    y = np.random.default_rng(0).normal(size=(60, 1))
    said = read_numbers(np.ones((60, 4)), y, np.arange(60) // 3, probe)
    assert np.abs(said - y.mean()).max() < 0.5


def test_a_class_that_is_alone_in_training_is_named():
    y = np.array([0, 0, 0, 1])
    said = read_classes(np.arange(8.0).reshape(4, 2), y, np.array([0, 0, 1, 1]))
    assert said[2:].tolist() == [0, 0]
