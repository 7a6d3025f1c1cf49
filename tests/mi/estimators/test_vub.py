from __future__ import annotations

import math

import pytest
import torch

from mmmie.errors import InputError
from mmmie.mi.estimators.vub import VUB, vub


def test_is_the_divergence_that_torch_distributions_give():
    generator = torch.Generator().manual_seed(0)
    mean, log_variance = (torch.randn(2, 3, 6, 5, generator=generator) for _ in range(2))
    normal = torch.distributions.Normal(mean, torch.exp(0.5 * log_variance))
    prior = torch.distributions.Normal(torch.zeros(5), torch.ones(5))
    expected = torch.distributions.kl_divergence(normal, prior).sum(-1).mean(-1)
    torch.testing.assert_close(vub(mean, log_variance), expected)


def test_is_zero_at_the_prior_and_keeps_its_digits_near_it():
    assert vub(torch.zeros(3, 4), torch.zeros(3, 4)).item() == 0
    # 1e-4 from the prior the divergence is d/4 · 1e-8
    near = vub(torch.zeros(1, 4), torch.full((1, 4), 1e-4)).item()
    assert near == pytest.approx(1e-8, rel=0.01)


def test_a_code_wider_or_narrower_than_the_prior_costs():
    log_variance = torch.tensor([[1.0, -1.0]], requires_grad=True)
    vub(torch.zeros(1, 2), log_variance).backward()
    assert log_variance.grad[0, 0] > 0 > log_variance.grad[0, 1]


def test_the_learned_one_compares_with_the_marginal_of_y(correlated):
    data = correlated(4, 10, 20000)
    estimator = VUB(10, 10, hidden=8)
    y = 3 * data.y + 5
    estimator.prepare(data.x, y)
    estimator.start(data.x, y)
    assert estimator(data.x, y).item() == pytest.approx(4, abs=0.1)


def test_a_column_constant_among_the_pairs_to_fit_stays_finite():
    estimator = VUB(1, 2, hidden=8)
    x, y = torch.randn(50, 1), torch.cat([torch.ones(50, 1), torch.randn(50, 1)], 1)
    estimator.prepare(x, y)
    estimator.start(x, y)
    assert math.isfinite(estimator(torch.randn(9, 1), torch.randn(9, 2)).item())


def test_a_flow_has_no_mean_and_variance_to_compare():
    with pytest.raises(InputError, match="vub needs a Gaussian conditional; use doe or club"):
        VUB(2, 2, conditional="flow")
