from __future__ import annotations

import math

import pytest
import torch

from mmmie.mi.closed.gaussian import pairwise_log_density
from mmmie.mi.estimators.club import club
from mmmie.mi.estimators.l1out import L1Out, l1out


def by_hand(log_density):
    """[i][j] = log p(z_j | x_i)."""
    batch = len(log_density)
    total = 0.0
    for j in range(batch):
        mixture = sum(math.exp(log_density[i][j]) for i in range(batch) if i != j) / (batch - 1)
        total += log_density[j][j] - math.log(mixture)
    return total / batch


def test_agrees_with_a_loop_and_takes_leading_axes():
    matrix = torch.randn(2, 3, 7, 7, generator=torch.Generator().manual_seed(0))
    found = l1out(matrix)
    assert found.shape == (2, 3)
    for i in range(2):
        for j in range(3):
            assert found[i, j].item() == pytest.approx(by_hand(matrix[i, j].tolist()), abs=1e-5)


def test_is_never_above_club():
    # the logarithm of a mean is at least the mean of the logarithms
    matrix = torch.randn(50, 9, 9, generator=torch.Generator().manual_seed(0))
    assert (l1out(matrix) < club(matrix)).all()


def test_one_pair_has_nothing_to_be_compared_with():
    assert l1out(torch.full((3, 1, 1), -7.0)).tolist() == [0, 0, 0]


def test_two_pairs_compare_with_each_other():
    matrix = torch.tensor([[1.0, -3.0], [-2.0, 0.5]])
    assert l1out(matrix).item() == pytest.approx(((1 + 2) + (0.5 + 3)) / 2)
    assert l1out(matrix).item() == pytest.approx(club(matrix).item())


def test_names_the_shape_it_cannot_use():
    with pytest.raises(ValueError, match=r"log_density must be \(\.\.\., B, B\).*got \(3, 4\)"):
        l1out(torch.zeros(3, 4))


def test_the_gradients_are_right_and_finite():
    matrix = torch.randn(4, 4, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(l1out, matrix)
    far = (-1e6 * torch.rand(4, 4)).requires_grad_()
    l1out(far).backward()
    assert far.grad.isfinite().all()


def test_the_value_is_that_of_its_conditional():
    torch.manual_seed(0)
    estimator = L1Out(3, 2, hidden=8)
    x, y = torch.randn(6, 3), torch.randn(6, 2)
    torch.testing.assert_close(estimator(x, y), l1out(pairwise_log_density(y, *estimator.q(x))))
