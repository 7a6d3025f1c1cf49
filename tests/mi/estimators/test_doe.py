from __future__ import annotations

import numpy as np
import pytest
import torch

from mmmie.mi import DoE, estimate
from mmmie.mi.estimators.doe import doe
from mmmie.mi.tasks import dense_multinormal, gaussian


def test_is_the_mean_difference_and_takes_leading_axes():
    conditional, marginal = torch.randn(2, 3, 7), torch.randn(2, 3, 7)
    torch.testing.assert_close(doe(conditional, marginal), (conditional - marginal).mean(-1))


def test_the_marginal_knows_how_columns_of_y_correlate():
    task = dense_multinormal(5)
    x, y = task.sample(8000, 0)
    found = estimate(x, y, "doe", steps=50, hidden=8)
    alone = np.linalg.slogdet(np.corrcoef(y.T))[1]
    assert alone < -1  # what a diagonal covariance would add, twice
    # q(y | x) has a diagonal covariance and misses the correlations that remain
    assert found.nats < task.mi + 3 * found.std


def test_the_value_is_the_difference_of_its_two_densities(correlated):
    data = correlated(2, 3, 500)
    torch.manual_seed(0)
    estimator = DoE(3, 3, hidden=8)
    estimator.prepare(data.x, data.y)
    mean, covariance = data.y.mean(0), torch.cov(data.y.T, correction=0)
    marginal = torch.distributions.MultivariateNormal(mean, covariance).log_prob(data.y)
    expected = (estimator.q.log_density(data.x, data.y) - marginal).mean()
    torch.testing.assert_close(estimator(data.x, data.y), expected, atol=2e-3, rtol=1e-3)


@pytest.mark.parametrize("pairs", [300, 1000])
def test_few_pairs_in_many_dimensions_share_nothing(pairs):
    for seed in range(3):
        x, y = gaussian(20, 0).sample(pairs, seed)
        found = estimate(x, y, "doe", steps=10, hidden=8, seed=seed)
        assert abs(found.nats) < 3 * found.std + 0.1
