from __future__ import annotations

import math

import pytest
import torch

from mmmie.mi.estimators.infonce import InfoNCE, infonce


def by_hand(scores):
    batch = len(scores)
    total = 0.0
    for i in range(batch):
        row = sum(math.exp(scores[i][j]) for j in range(batch))
        column = sum(math.exp(scores[j][i]) for j in range(batch))
        joint = scores[i][i]
        total += 0.5 * (joint - math.log(row / batch)) + 0.5 * (joint - math.log(column / batch))
    return total / batch


def test_agrees_with_a_loop_and_takes_leading_axes():
    scores = torch.randn(2, 3, 7, 7, generator=torch.Generator().manual_seed(0))
    found = infonce(scores)
    assert found.shape == (2, 3)
    for i in range(2):
        for j in range(3):
            assert found[i, j].item() == pytest.approx(by_hand(scores[i, j].tolist()), abs=1e-5)


def test_treats_x_and_y_alike():
    scores = torch.randn(9, 9, generator=torch.Generator().manual_seed(1))
    torch.testing.assert_close(infonce(scores), infonce(scores.mT))


def test_never_exceeds_the_logarithm_of_the_batch():
    assert infonce(1e4 * torch.eye(64)).item() == pytest.approx(math.log(64))
    assert infonce(torch.zeros(64, 64)).item() == pytest.approx(0, abs=1e-6)
    assert infonce(torch.full((1, 1), 5.0)).item() == 0


def test_a_pair_in_the_wrong_place_costs():
    assert infonce(1e4 * torch.eye(8).flip(0)).item() < -1000


@pytest.mark.parametrize("shape", [(3, 4), (4,), (2, 0, 0)])
def test_names_the_shape_it_cannot_use(shape):
    with pytest.raises(ValueError, match=r"\(\.\.\., B, B\).*got \(" + str(shape[0])):
        infonce(torch.zeros(shape))


def test_scores_that_tell_nothing_give_no_more_than_zero():
    scores = torch.randn(400, 64, 64, generator=torch.Generator().manual_seed(0))
    assert infonce(scores).mean().item() < 0


def test_minimising_the_loss_raises_the_bound():
    scores = torch.zeros(5, 5, requires_grad=True)
    infonce(scores).backward()
    assert (scores.grad.diagonal() > 0).all()
    assert (scores.grad.fill_diagonal_(-1) < 0).all()


def test_its_ceiling_is_the_logarithm_of_the_batch():
    assert InfoNCE.facts.ceiling(32) == math.log(32)


def test_value_and_loss_are_the_bound_of_the_scores():
    torch.manual_seed(0)
    estimator = InfoNCE(3, 2, hidden=8)
    x, y = torch.randn(6, 3), torch.randn(6, 2)
    expected = infonce(estimator.scores(x, y))
    torch.testing.assert_close(estimator(x, y), expected)
    torch.testing.assert_close(estimator.learning_loss(x, y), -expected)
