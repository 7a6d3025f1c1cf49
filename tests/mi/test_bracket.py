"""A bracket with known answers: exact conditionals of correlated Gaussians."""

from __future__ import annotations

import math

import pytest
import torch

from mmmie.mi.bracket import bracket, bracket_terms
from mmmie.mi.closed.gaussian import pairwise_log_density
from mmmie.mi.estimators.l1out import l1out


def matrices(data):
    return pairwise_log_density(data.y, data.mean, data.log_variance)


def by_hand(log_density):
    """[i][j] = log p(z_j | x_i)."""
    batch = len(log_density)
    lower = 0.0
    for j in range(batch):
        mixture = sum(math.exp(log_density[i][j]) for i in range(batch)) / batch
        lower += log_density[j][j] - math.log(mixture)
    return lower / batch


def test_agrees_with_a_loop_and_takes_leading_axes():
    matrix = torch.randn(2, 3, 7, 7, generator=torch.Generator().manual_seed(0))
    matrix += 3 * torch.eye(7)
    lower, upper = bracket(matrix)
    assert lower.shape == upper.shape == (2, 3)
    torch.testing.assert_close(upper, l1out(matrix))
    for i in range(2):
        for j in range(3):
            assert lower[i, j].item() == pytest.approx(by_hand(matrix[i, j].tolist()), abs=1e-5)


@pytest.mark.parametrize("nats", [0.5, 1, 2, 3, 4])
def test_the_truth_lies_inside_while_it_is_below_the_ceiling(correlated, nats):
    lower, upper = bracket(matrices(correlated(nats, 20, 20, 256)))
    error = 3 * max(lower.std().item(), upper.std().item()) / math.sqrt(20)
    assert lower.mean().item() < nats + error
    assert upper.mean().item() > nats - error
    # ln 256 is 5.5 nats; far below it both ends are near
    if nats < 2:
        assert upper.mean().item() - lower.mean().item() < 0.2


def test_the_lower_end_stops_at_its_ceiling_and_the_upper_one_does_not(correlated):
    lower, upper = bracket(matrices(correlated(10, 20, 5, 64)))
    assert (lower <= math.log(64)).all() and (lower > 0.9 * math.log(64)).all()
    assert (upper > 10).all()


def test_the_known_figure_of_the_upper_end(correlated, assert_mean):
    assert_mean(bracket(matrices(correlated(2, 20, 400, 64)))[1], 2.168, rounding=0.01)


@pytest.mark.parametrize("shift", [-5.0, 0.0, 5.0])
def test_the_ends_are_never_turned_round(shift):
    for seed in range(50):
        matrix = torch.randn(6, 6, generator=torch.Generator().manual_seed(seed))
        lower, upper = bracket(matrix + shift * torch.eye(6))
        assert lower <= upper


def test_no_dependence_gives_zero_from_both_sides(correlated):
    lower, upper = bracket(matrices(correlated(0, 20, 10, 64)))
    assert lower.abs().max().item() < 1e-4 and upper.abs().max().item() < 1e-4


def test_one_pair_says_nothing():
    lower, upper = bracket(torch.full((3, 1, 1), -7.0))
    assert lower.tolist() == [0, 0, 0] and upper.tolist() == [math.inf] * 3


def test_terms_are_one_a_column(correlated):
    matrix = matrices(correlated(2, 5, 32))
    for terms, value in zip(bracket_terms(matrix), bracket(matrix), strict=True):
        assert terms.shape == (32,)
        torch.testing.assert_close(terms.mean(), value)


def test_a_matrix_that_is_not_square_is_refused():
    with pytest.raises(ValueError, match=r"\(2, 3\)"):
        bracket(torch.zeros(2, 3))
