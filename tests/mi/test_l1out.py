from __future__ import annotations

import math

import pytest
import torch

from mmmie.mi.club import club
from mmmie.mi.gaussian import pairwise_log_density
from mmmie.mi.l1out import l1out


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


def test_sums_over_the_conditionals_and_not_over_the_samples():
    # what multiplies the density of one sample under every conditional cancels
    matrix = torch.randn(5, 5, generator=torch.Generator().manual_seed(1))
    torch.testing.assert_close(l1out(matrix + 10 * torch.arange(5.0)), l1out(matrix))
    assert (l1out(matrix + 10 * torch.arange(5.0)[:, None]) - l1out(matrix)).abs() > 1


@pytest.mark.parametrize(
    ("nats", "expected"), [(2, 2.168), (4, 4.742), (6, 7.859), (8, 11.652), (10, 16.281)]
)
def test_the_exact_conditional_gives_the_known_figures(correlated, assert_mean, nats, expected):
    data = correlated(nats, 20, 400, 64)
    matrix = pairwise_log_density(data.y, data.mean, data.log_variance)
    assert_mean(l1out(matrix), expected, rounding=0.01)
    # it is tighter than CLUB, not equal to it
    assert (l1out(matrix) < club(matrix)).all()


def test_no_dependence_gives_zero(correlated):
    data = correlated(0, 20, 100, 64)
    values = l1out(pairwise_log_density(data.y, data.mean, data.log_variance))
    assert values.abs().max().item() < 1e-4


def test_one_pair_has_nothing_to_be_compared_with():
    assert l1out(torch.full((3, 1, 1), -7.0)).tolist() == [0, 0, 0]


def test_two_pairs_compare_with_each_other():
    matrix = torch.tensor([[1.0, -3.0], [-2.0, 0.5]])
    assert l1out(matrix).item() == pytest.approx(((1 + 2) + (0.5 + 3)) / 2)


def test_names_the_shape_it_cannot_use():
    with pytest.raises(ValueError, match=r"log_density must be \(\.\.\., B, B\).*got \(3, 4\)"):
        l1out(torch.zeros(3, 4))


def test_the_gradients_are_right_and_finite():
    matrix = torch.randn(4, 4, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(l1out, matrix)
    far = (-1e6 * torch.rand(4, 4)).requires_grad_()
    l1out(far).backward()
    assert far.grad.isfinite().all()
