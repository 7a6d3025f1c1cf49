from __future__ import annotations

import math

import pytest
import torch

from mmmie.mi.gaussian import log_density, pairwise_log_density
from mmmie.mi.infonce import InfoNCE, infonce


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


@pytest.mark.parametrize(
    ("nats", "expected"), [(2, 1.817), (4, 3.071), (6, 3.739), (8, 4.025), (10, 4.123)]
)
def test_the_optimal_critic_gives_the_known_figures(correlated, assert_mean, nats, expected):
    data = correlated(nats, 20, 400, 64)
    prior = log_density(data.y, torch.zeros(20), torch.zeros(20))
    scores = pairwise_log_density(data.y, data.mean, data.log_variance) - prior[:, None, :]
    assert_mean(infonce(scores), expected, rounding=0.005)


def test_no_dependence_gives_no_more_than_zero(correlated):
    data = correlated(0, 20, 400, 64)
    scores = torch.randn(400, 64, 64, generator=torch.Generator().manual_seed(0))
    assert infonce(scores).mean().item() < 0
    exact = pairwise_log_density(data.y, data.mean, data.log_variance)
    prior = log_density(data.y, torch.zeros(20), torch.zeros(20))
    assert infonce(exact - prior[:, None, :]).abs().max().item() < 1e-4


def test_minimising_the_loss_raises_the_bound():
    scores = torch.zeros(5, 5, requires_grad=True)
    infonce(scores).backward()
    assert (scores.grad.diagonal() > 0).all()
    assert (scores.grad.fill_diagonal_(-1) < 0).all()


def test_the_critic_comes_near_the_ceiling():
    # a cosine without a temperature cannot pass 1.82 nats at this batch size
    torch.manual_seed(0)
    critic = InfoNCE(4, 4, hidden=32)
    optimiser = torch.optim.Adam(critic.parameters(), lr=1e-2)
    x = torch.randn(32, 4)
    for _ in range(200):
        optimiser.zero_grad()
        critic.learning_loss(x, x).backward()
        optimiser.step()
    assert critic(x, x).item() > 0.95 * math.log(32)
    assert critic.ceiling(32) == math.log(32)


def test_scores_compare_row_i_of_x_with_column_j_of_y():
    critic = InfoNCE(3, 5, hidden=16)
    x, y = torch.randn(4, 3), torch.randn(4, 5)
    whole = critic.scores(x, y)
    assert whole.shape == (4, 4)
    torch.testing.assert_close(whole[1:2, 2:3], critic.scores(x[1:2], y[2:3]))
