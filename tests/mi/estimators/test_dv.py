from __future__ import annotations

import math

import pytest
import torch

from mmmie.mi import DV
from mmmie.mi.estimators.dv import dv
from mmmie.mi.estimators.infonce import infonce
from mmmie.mi.pair_matrix import joint_and_others


def by_hand(scores):
    batch = len(scores)
    joint = sum(scores[i][i] for i in range(batch)) / batch
    others = [scores[i][j] for i in range(batch) for j in range(batch) if i != j]
    return joint - math.log(sum(map(math.exp, others)) / len(others))


def test_agrees_with_a_loop_and_takes_leading_axes():
    scores = torch.randn(2, 3, 7, 7, generator=torch.Generator().manual_seed(0))
    found = dv(scores)
    assert found.shape == (2, 3)
    for i in range(2):
        for j in range(3):
            assert found[i, j].item() == pytest.approx(by_hand(scores[i, j].tolist()), abs=1e-5)


def test_treats_x_and_y_alike_and_any_constant_is_free():
    scores = torch.randn(9, 9, generator=torch.Generator().manual_seed(1))
    torch.testing.assert_close(dv(scores), dv(scores.mT))
    torch.testing.assert_close(dv(scores), dv(scores + 100), atol=1e-4, rtol=0)


def test_large_scores_do_not_overflow():
    assert dv(1e4 * torch.eye(8)).item() == pytest.approx(1e4)


def test_one_pair_has_nothing_to_be_compared_with():
    assert dv(torch.full((3, 1, 1), 7.0)).tolist() == [0, 0, 0]


def test_names_the_shape_it_cannot_use():
    with pytest.raises(ValueError, match=r"scores must be \(\.\.\., B, B\).*got \(3, 4\)"):
        dv(torch.zeros(3, 4))


def test_the_gradients_are_right():
    scores = torch.randn(4, 4, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(dv, scores)


def test_one_normaliser_is_taken_from_all_batches():
    torch.manual_seed(0)
    estimator = DV(2, 2, hidden=8)
    x, y = torch.randn(4, 5, 2), torch.randn(4, 5, 2)
    parts = torch.stack([estimator.parts(*few) for few in zip(x, y, strict=True)])
    scores = torch.stack([estimator.scores(*few) for few in zip(x, y, strict=True)])
    joint, others = joint_and_others(scores, "scores")
    expected = joint.mean() - others.exp().mean().log()
    torch.testing.assert_close(estimator.combine(parts), expected)
    # a normaliser a batch is smaller on average, by Jensen, and the value larger
    assert dv(scores).mean() > estimator.combine(parts)
    torch.testing.assert_close(estimator(x[0], y[0]), dv(scores[0]))


def test_the_gradient_has_the_running_normaliser_in_it():
    torch.manual_seed(0)
    estimator = DV(2, 2, hidden=8)
    estimator.train()
    x, y = torch.randn(16, 2), torch.randn(16, 2)
    for _ in range(600):  # until it knows the normaliser of this batch
        estimator.loss(x, y)
    _, others = joint_and_others(estimator.scores(x, y), "scores")
    assert estimator.log_normaliser.item() == pytest.approx(
        others.exp().mean().log().item(), abs=0.02
    )
    # then its gradient is that of DV
    found = torch.autograd.grad(estimator.loss(x, y), estimator.critic.gain)[0]
    expected = torch.autograd.grad(-dv(estimator.scores(x, y)), estimator.critic.gain)[0]
    torch.testing.assert_close(found, expected, rtol=0.05, atol=1e-4)


def test_the_step_to_stop_at_is_chosen_by_infonce():
    torch.manual_seed(0)
    estimator = DV(2, 2, hidden=8)
    estimator.eval()
    x, y = torch.randn(16, 2), torch.randn(16, 2)
    before = estimator.log_normaliser.item()
    torch.testing.assert_close(estimator.loss(x, y), -infonce(estimator.scores(x, y)))
    assert estimator.log_normaliser.item() == before
