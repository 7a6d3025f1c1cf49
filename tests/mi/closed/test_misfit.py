"""What a Gaussian misses: divergences, and what simple functions have in common."""

from __future__ import annotations

import math

import pytest
import torch

from mmmie.mi.closed.misfit import divergence_from_normal, doubt_of_misfit, misfit, shared

ROWS = 4000


def drawn(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("dim", [1, 5, 40])
def test_gaussian_rows_are_no_distance_away(dim):
    assert divergence_from_normal(drawn(ROWS, dim)) < 0.01


@pytest.mark.parametrize("dim", [1, 3])
@pytest.mark.parametrize(
    ("bend", "each"),
    [
        (lambda v: 2 * v, 1.5 - math.log(2)),
        (lambda v: v / 2, math.log(2) - 3 / 8),
        (lambda v: v + 1, 0.5),
        (
            lambda v: math.sqrt(12) * (torch.special.ndtr(v) - 0.5),
            math.log(math.pi * math.e / 6) / 2,
        ),
    ],
)
def test_the_divergence_is_that_of_every_column(bend, each, dim):
    found = divergence_from_normal(bend(drawn(ROWS, dim)))
    assert found == pytest.approx(dim * each, rel=0.12)


def test_rows_that_differ_in_length_alone_are_seen_as_a_whole():
    scale = torch.rand(ROWS, 1, generator=torch.Generator().manual_seed(1)) * 2
    rows = drawn(ROWS, 6) * scale / scale.square().mean().sqrt()
    apart = torch.stack([rows[torch.randperm(ROWS), k] for k in range(6)], 1)
    assert divergence_from_normal(rows) > divergence_from_normal(apart) + 0.1


@pytest.mark.parametrize("rows", [1, 2, 5])
def test_very_few_rows_give_a_figure(rows):
    found = misfit(*(drawn(rows, 2, seed=seed) for seed in range(4)))
    assert all(math.isfinite(value) and value >= 0 for value in found.values())


@pytest.mark.parametrize("dim", [1, 5, 20])
def test_what_x_does_not_tell_is_not_shared(dim):
    assert shared(drawn(ROWS, dim), drawn(ROWS, 3, seed=1)) < 0.03


@pytest.mark.parametrize(
    ("bend", "least"),
    [
        (lambda x: x, 0.4),
        (lambda x: x.square() - 1, 0.4),
        (lambda x: torch.cos(2 * x), 0.15),
        (lambda x: x[:, :1] * x[:, 1:2] * torch.ones(1, 2), 0.3),
        (lambda x: x * (x.square().sum(1, keepdim=True) / 2 - 1), 0.15),
        (lambda x: x.abs() * drawn(ROWS, 2, seed=2), 0.1),
    ],
    ids=["lines", "squares", "waves", "products", "by length", "noise that grows"],
)
def test_what_x_tells_is_shared(bend, least):
    x = drawn(ROWS, 2)
    y = bend(x)
    y = (y - y.mean(0)) / y.std(0) + drawn(ROWS, 2, seed=1)
    assert shared(x, y) > least


def test_functions_are_the_same_each_time_and_leave_the_random_state():
    x, y = drawn(300, 2), drawn(300, 2, seed=1)
    state = torch.get_rng_state()
    assert shared(x, y) == shared(x, y)
    assert torch.equal(torch.get_rng_state(), state)


def test_repeated_rows_are_counted():
    rows = drawn(100, 2)
    rows[50:] = rows[:50]
    assert misfit(rows, rows, rows, rows)["repeated"] == 0.5


def test_a_value_is_doubted_for_what_is_missed_or_may_be():
    fine = {"marginal": 0.0, "residual": 0.0, "remaining": 0.0, "unseen": 0.0}
    assert doubt_of_misfit(fine, 1.0, 0.01) is None
    for key in fine:
        assert doubt_of_misfit({**fine, key: 0.2}, 1.0, 0.01) is not None
        assert doubt_of_misfit({**fine, key: 0.05}, 1.0, 0.01) is None
    # both missed alike leave the value where it is, so far as they are seen
    assert doubt_of_misfit({**fine, "marginal": 0.5, "residual": 0.5}, 1.0, 0.01) is None
    assert "x still tells about 0.20" in (doubt_of_misfit({**fine, "remaining": 0.2}, 1, 0) or "")
    # an error within which everything is does not excuse it
    assert doubt_of_misfit({**fine, "residual": 3.0}, 1.0, 5.0) is not None
