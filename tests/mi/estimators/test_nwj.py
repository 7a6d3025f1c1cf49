from __future__ import annotations

import math

import pytest
import torch

from mmmie.mi import NWJ
from mmmie.mi.estimators.nwj import nwj
from mmmie.mi.tasks import gaussian


def by_hand(scores):
    batch = len(scores)
    joint = sum(scores[i][i] for i in range(batch)) / batch
    others = [scores[i][j] for i in range(batch) for j in range(batch) if i != j]
    return joint - sum(math.exp(t - 1) for t in others) / len(others)


def test_agrees_with_a_loop_and_takes_leading_axes():
    scores = torch.randn(2, 3, 7, 7, generator=torch.Generator().manual_seed(0))
    found = nwj(scores)
    assert found.shape == (2, 3)
    for i in range(2):
        for j in range(3):
            assert found[i, j].item() == pytest.approx(by_hand(scores[i, j].tolist()), abs=1e-5)


def test_treats_x_and_y_alike():
    scores = torch.randn(9, 9, generator=torch.Generator().manual_seed(1))
    torch.testing.assert_close(nwj(scores), nwj(scores.mT))


def test_a_constant_tells_nothing_and_only_one_is_free():
    assert nwj(torch.ones(4, 4)).item() == pytest.approx(0)
    for constant in (0.0, 2.0):
        assert nwj(torch.full((4, 4), constant)).item() == pytest.approx(
            constant - math.exp(constant - 1)
        )
        assert nwj(torch.full((4, 4), constant)).item() < 0


def test_one_pair_has_nothing_to_be_compared_with():
    assert nwj(torch.full((3, 1, 1), 7.0)).tolist() == [0, 0, 0]


def test_names_the_shape_it_cannot_use():
    with pytest.raises(ValueError, match=r"scores must be \(\.\.\., B, B\).*got \(3, 4\)"):
        nwj(torch.zeros(3, 4))


def test_the_best_critic_is_one_more_than_the_log_ratio():
    task = gaussian(2, 1.0)
    x, y = (side.reshape(100, 64, 2) for side in task.sample(6400, 0))
    ratio = torch.from_numpy(task.log_ratio(x, y))
    best = nwj(1 + ratio).mean().item()
    assert best == pytest.approx(1, abs=0.05)
    for worse in (ratio, 2 + ratio, 1 + 0.7 * ratio, 1 + 1.3 * ratio):
        assert nwj(worse).mean().item() < best


def test_the_gradients_are_right():
    scores = torch.randn(4, 4, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(nwj, scores)


def test_its_critic_learns_the_log_ratio_itself():
    torch.manual_seed(0)
    estimator = NWJ(3, 2, hidden=8)
    x, y = torch.randn(6, 3), torch.randn(6, 2)
    expected = nwj(1 + estimator.scores(x, y))
    torch.testing.assert_close(estimator(x, y), expected)
    torch.testing.assert_close(estimator.learning_loss(x, y), -expected)
    assert NWJ.facts.ceiling(64) is None
