"""What every estimator keeps to, and what `Estimator` does for it."""

from __future__ import annotations

import math
from typing import ClassVar

import numpy as np
import pytest
import torch

from mmmie.errors import InputError
from mmmie.mi import ESTIMATORS, InfoNCE, estimator_class
from mmmie.mi.catalogue import CATALOGUE, Facts
from mmmie.mi.estimator import Estimator

each_estimator = pytest.mark.parametrize("name", ESTIMATORS)
LEARNED = [name for name, kind in ESTIMATORS.items() if kind.fitted == "steps"]
each_learned = pytest.mark.parametrize("name", LEARNED)


def made(name, rows=12):
    torch.manual_seed(0)
    x = torch.randn(rows, 3)
    y = torch.cat([x, torch.randn(rows, 2)], 1) + 0.5 * torch.randn(rows, 5)
    return estimator_class(name)(3, 5, hidden=8), x, y


def test_who_learns_by_steps():
    assert [name for name in ESTIMATORS if name not in LEARNED] == ["ksg", "cca"]


@each_estimator
def test_values_and_losses_are_scalars(name):
    estimator, x, y = made(name)
    assert estimator(x, y).shape == ()
    estimator.prepare(x, y)
    estimator.start(x, y)
    assert estimator(x, y).shape == () and estimator(x, y).isfinite()
    if name in LEARNED:
        assert estimator.learning_loss(x, y).shape == ()


@each_learned
def test_gradients_reach_both_sides_and_the_parameters(name):
    estimator, x, y = made(name)
    x.requires_grad_()
    y.requires_grad_()
    estimator(x, y).backward()
    assert x.grad.abs().sum() > 0
    # VUB compares conditionals with a marginal and looks at no single y
    assert y.grad is None if name == "vub" else y.grad.abs().sum() > 0
    estimator.zero_grad()
    estimator.learning_loss(x, y).backward()
    assert any(p.grad is not None and p.grad.abs().sum() > 0 for p in estimator.parameters())


@each_learned
@pytest.mark.slow
def test_the_loss_goes_down_by_steps(name):
    estimator, x, y = made(name, rows=256)
    optimiser = torch.optim.Adam(estimator.parameters(), lr=1e-2)
    before = estimator.eval().learning_loss(x, y).item()
    estimator.train()
    for _ in range(40):
        optimiser.zero_grad()
        estimator.learning_loss(x, y).backward()
        optimiser.step()
    assert estimator.eval().learning_loss(x, y).item() < before


@each_estimator
def test_a_batch_of_one_gives_a_finite_value(name):
    estimator, x, y = made(name)
    assert estimator(x[:1], y[:1]).isfinite()


@each_estimator
def test_fitted_to_some_pairs_it_values_others(name):
    estimator, x, y = made(name, rows=300)
    assert estimator.fit(x[:200], y[:200], steps=10, batch_size=20, seed=3) is estimator
    found = estimator.estimate(x[200:], y[200:], batch_size=30)
    assert (found.estimator, found.title) == (name, CATALOGUE[name].title)
    assert found.bound == CATALOGUE[name].bound
    assert (found.n, found.dim_x, found.dim_y, found.seed, found.batch_size) == (100, 3, 5, 3, 30)
    assert found.ceiling == CATALOGUE[name].ceiling(30)
    assert math.isfinite(found.nats) and found.std > 0 and found.seconds > 0
    held_out = (torch.as_tensor(side[200:]).double() for side in (x, y))
    assert found.fit == estimator.quality(estimator.judged(*held_out, 30).evidence)


@each_estimator
def test_state_can_be_kept_and_given_back(name):
    estimator, x, y = made(name, rows=100)
    estimator.fit(x, y, steps=5)
    twin = estimator_class(name)(3, 5, hidden=8)
    twin.load_state_dict(estimator.state_dict())
    assert twin(x, y).item() == pytest.approx(estimator(x, y).item(), abs=1e-6)


@each_estimator
def test_pairs_of_another_width_are_refused(name):
    estimator, x, y = made(name)
    for ask in (estimator.fit, estimator.estimate):
        with pytest.raises(InputError, match="x has 2 columns; this estimator takes 3"):
            ask(x[:, :2], y)
        with pytest.raises(InputError, match="y has 3 columns; this estimator takes 5"):
            ask(x, x)


@pytest.mark.parametrize("name", ["infonce", "ksg", "cca", "club"])
@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"steps": 0}, "steps is 0; use 1 or more"),
        ({"batch_size": 1}, "batch_size is 1; use 2 or more"),
        ({"seed": -1}, "seed is -1; use 0 or more"),
        ({"learning_rate": 0.0}, "learning_rate is 0.0; use a positive number"),
        ({"learning_rate": math.nan}, "learning_rate is nan; use a positive number"),
        ({"learning_rate": math.inf}, "learning_rate is inf; use a positive number"),
    ],
)
def test_options_out_of_their_range_are_named(name, options, message):
    estimator, x, y = made(name)
    with pytest.raises(InputError, match=message):
        estimator.fit(x, y, **options)


class Mean(Estimator):
    """The mean of x: its error is known."""

    facts = Facts("mean", "mean", "", "neither", "nothing", how="", to_know="", paper="")
    fitted: ClassVar = "never"

    def row_terms(self, x, y):
        return x[:, 0]


def test_the_error_is_that_of_the_mean_over_batches():
    x = np.random.default_rng(0).standard_normal((640, 1))
    found = Mean(1, 1).estimate(x, x, batch_size=64)
    batches = x.reshape(10, 64).mean(1)
    assert found.nats == pytest.approx(x.mean(), abs=1e-6)
    assert found.std == pytest.approx(batches.std(ddof=1) / math.sqrt(10), rel=1e-4)


def test_one_batch_has_no_error():
    x = np.random.default_rng(0).standard_normal((70, 1))
    assert Mean(1, 1).estimate(x, x).std == 0


def test_a_batch_that_is_not_full_is_left_out_unless_it_is_the_only_one():
    x = torch.arange(10.0)[:, None]
    assert [len(part) for part, _ in Estimator.batches(x, x, 4)] == [4, 4]
    assert [len(part) for part, _ in Estimator.batches(x, x, 64)] == [10]
    for left, right in Estimator.batches(x, x + 1, 3):
        assert torch.equal(left + 1, right)


def test_a_batch_is_no_larger_than_the_pairs():
    x = torch.randn(10, 2)
    found = InfoNCE(2, 2, hidden=4).estimate(x, x, batch_size=64)
    assert found.batch_size == 10 and found.ceiling == math.log(10)


@each_estimator
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_a_gpu_gives_the_same(name):
    estimator, x, y = made(name)
    estimator.prepare(x, y)
    estimator.start(x, y)
    expected = estimator(x, y).item()
    assert estimator.cuda()(x.cuda(), y.cuda()).item() == pytest.approx(expected, abs=1e-3)
