from __future__ import annotations

import pytest
import torch

from mmmie.mi.closed.explained import explained


def drawn(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("dim", [1, 5, 40])
def test_what_x_does_not_tell_is_not_explained(dim):
    assert explained(drawn(2000, dim), drawn(2000, 3, seed=1)) < 0.02


@pytest.mark.parametrize(
    ("bend", "least"),
    [(lambda x: x, 0.98), (torch.sin, 0.97), (torch.square, 0.9), (lambda x: x.abs(), 0.9)],
)
def test_what_x_tells_is_explained(bend, least):
    x = drawn(2000, 1)
    assert least < explained(x, bend(x)) <= 1


def test_it_is_the_share_of_the_variance_and_the_mean_over_columns():
    x = drawn(4000, 2)
    half = x + drawn(4000, 2, seed=1)
    assert explained(x, half) == pytest.approx(0.5, abs=0.05)
    both = torch.cat([half, drawn(4000, 2, seed=2)], 1)
    assert explained(x, both) == pytest.approx(0.25, abs=0.05)


def test_scaling_and_shifting_the_target_changes_nothing():
    x = drawn(500, 2)
    target = x + drawn(500, 2, seed=1)
    assert explained(x, 100 * target - 7) == pytest.approx(explained(x, target), abs=1e-3)


@pytest.mark.parametrize("rows", [1, 2, 3, 4, 5])
def test_very_few_rows_give_a_share(rows):
    assert 0 <= explained(drawn(rows, 3), drawn(rows, 2, seed=1)) <= 1


def test_a_constant_target_has_nothing_to_explain():
    assert explained(drawn(100, 2), torch.full((100, 2), 3.0)) == 0


def test_it_is_the_same_each_time_and_leaves_the_random_state():
    x, target = drawn(300, 2), drawn(300, 2, seed=1)
    state = torch.get_rng_state()
    assert explained(x, target) == explained(x, target)
    assert torch.equal(torch.get_rng_state(), state)
