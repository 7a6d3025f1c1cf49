from __future__ import annotations

import pytest
import torch

from mmmie.mi.closed.gaussian import pairwise_log_density
from mmmie.mi.estimators.club import CLUB, club


def by_hand(log_density):
    batch = len(log_density)
    joint = sum(log_density[i][i] for i in range(batch)) / batch
    others = [log_density[i][j] for i in range(batch) for j in range(batch) if i != j]
    return joint - sum(others) / len(others)


def test_agrees_with_a_loop_and_takes_leading_axes():
    matrix = torch.randn(2, 3, 7, 7, generator=torch.Generator().manual_seed(0))
    found = club(matrix)
    assert found.shape == (2, 3)
    for i in range(2):
        for j in range(3):
            assert found[i, j].item() == pytest.approx(by_hand(matrix[i, j].tolist()), abs=1e-5)


def test_one_pair_has_nothing_to_be_compared_with():
    assert club(torch.full((3, 1, 1), -7.0)).tolist() == [0, 0, 0]


def test_names_the_shape_it_cannot_use():
    with pytest.raises(ValueError, match=r"log_density must be \(\.\.\., B, B\).*got \(3, 4\)"):
        club(torch.zeros(3, 4))


def test_the_gradient_is_that_of_the_two_means():
    matrix = torch.zeros(4, 4, requires_grad=True)
    club(matrix).backward()
    expected = torch.full((4, 4), -1 / 12).fill_diagonal_(1 / 4)
    torch.testing.assert_close(matrix.grad, expected)


def test_minimising_it_shrinks_the_information_in_a_stochastic_code():
    torch.manual_seed(0)
    x = torch.randn(64, 4)
    gain = torch.ones(4, requires_grad=True)
    optimiser = torch.optim.Adam([gain], lr=0.1)
    for _ in range(60):
        mean = gain * x
        z = mean + torch.randn(64, 4)
        optimiser.zero_grad()
        club(pairwise_log_density(z, mean, torch.zeros(64, 4))).backward()
        optimiser.step()
    assert gain.detach().abs().max().item() < 0.3


def test_the_value_is_that_of_its_conditional():
    torch.manual_seed(0)
    estimator = CLUB(3, 2, hidden=8)
    x, y = torch.randn(6, 3), torch.randn(6, 2)
    expected = club(pairwise_log_density(y, *estimator.q(x)))
    torch.testing.assert_close(estimator(x, y), expected)
    joint = pairwise_log_density(y, *estimator.q(x)).diagonal().mean()
    torch.testing.assert_close(estimator.learning_loss(x, y), -joint)
