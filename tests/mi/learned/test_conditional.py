from __future__ import annotations

import math

import pytest
import torch
from scipy import stats

from mmmie.mi import CLUB
from mmmie.mi.closed.gaussian import log_density, pairwise_log_density
from mmmie.mi.learned.conditional import LOG_VARIANCE_LIMIT, ConditionalGaussian, MarginalGaussian


def drawn(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def test_densities_are_those_of_its_mean_and_log_variance():
    torch.manual_seed(0)
    q = ConditionalGaussian(3, 2, hidden=8)
    x, y = drawn(6, 3), drawn(6, 2, seed=1)
    mean, log_variance = q(x)
    assert mean.shape == log_variance.shape == (6, 2)
    torch.testing.assert_close(q.log_density(x, y), log_density(y, mean, log_variance))
    torch.testing.assert_close(q.pairwise(x, y), pairwise_log_density(y, mean, log_variance))
    expected = -0.5 * (q.residuals(x, y).square() + log_variance + math.log(2 * math.pi)).sum(-1)
    torch.testing.assert_close(q.log_density(x, y), expected)


def test_log_variances_stay_within_their_limit_and_keep_a_gradient():
    torch.manual_seed(0)
    q = ConditionalGaussian(2, 2, hidden=8)
    with torch.no_grad():
        q.net.linear.bias.fill_(40.0)
    _, log_variance = q(drawn(5, 2))
    assert (log_variance.abs() < LOG_VARIANCE_LIMIT).all() and (log_variance > 15).all()
    log_variance.sum().backward()
    assert q.net.linear.bias.grad[2:].abs().min().item() > 0


def test_it_starts_as_the_regression_on_many_rows():
    x = drawn(5000, 4)
    slope = drawn(3, 4, seed=1)
    deviation = torch.tensor([0.1, 1.0, 3.0])
    y = x @ slope.T + 2 + deviation * drawn(5000, 3, seed=2)
    q = ConditionalGaussian(4, 3, hidden=8)
    q.start(x, y)
    mean, log_variance = q(x)
    torch.testing.assert_close(q.net.linear.weight[:3], slope, atol=0.15, rtol=0)
    torch.testing.assert_close(mean.mean(0), y.mean(0), atol=1e-3, rtol=0)
    expected = (2 * deviation.log()).expand(5000, 3)
    torch.testing.assert_close(log_variance, expected, atol=0.06, rtol=0)


@pytest.mark.parametrize("rows", [12, 30])
def test_its_variance_is_that_of_residuals_left_out_one_by_one(rows):
    x, noise = drawn(rows, 6).double(), drawn(rows, 2, seed=1).double()
    y = x[:, :2] + 0.5 * noise
    q = ConditionalGaussian(6, 2, hidden=4).double()
    q.start(x, y)

    def left_out(penalty):
        squares = []
        for i in range(rows):
            known = torch.arange(rows) != i
            mean_x, mean_y = x[known].mean(0), y[known].mean(0)
            inner = x[known] - mean_x
            gram = inner.T @ inner + rows * penalty * torch.eye(6)
            slope = torch.linalg.solve(gram, inner.T @ (y[known] - mean_y))
            squares.append((y[i] - mean_y - (x[i] - mean_x) @ slope).square())
        return torch.stack(squares).mean(0)

    best = min(map(left_out, [10.0**k for k in range(-3, 5)]), key=lambda v: v.log().sum())
    _, log_variance = q(x)
    torch.testing.assert_close(log_variance[0].exp(), best, rtol=1e-4, atol=0)


def test_few_rows_are_not_overfitted():
    x, y = drawn(25, 20), drawn(25, 3, seed=1)
    q = ConditionalGaussian(20, 3, hidden=8)
    q.start(x, y)
    new_x, new_y = drawn(2000, 20, seed=2), drawn(2000, 3, seed=3)
    none = torch.distributions.Normal(0, 1).log_prob(new_y).sum(-1).mean()
    assert q.log_density(new_x, new_y).mean() > none - 0.5
    assert q.residuals(new_x, new_y).square().mean().item() == pytest.approx(1, abs=0.5)


@pytest.mark.parametrize(
    ("x", "y"),
    [
        (torch.zeros(10, 2), drawn(10, 2)),
        (drawn(10, 2), torch.zeros(10, 2)),
        (drawn(2, 5), drawn(2, 3)),
        (drawn(1, 2), drawn(1, 2)),
        (drawn(10, 1).expand(10, 6), drawn(10, 1)),
        (drawn(10, 2), drawn(10, 2)),
    ],
    ids=["constant x", "constant y", "two rows", "one row", "equal columns", "copy"],
)
def test_a_start_from_hard_rows_is_finite(x, y):
    q = ConditionalGaussian(x.shape[1], y.shape[1], hidden=4)
    q.start(x, y)
    assert q.log_density(x, y).isfinite().all()


def test_the_marginal_is_the_normal_of_the_rows():
    mixing = torch.tensor([[2.0, 0.0, 0.0], [1.0, 0.5, 0.0], [-3.0, 0.2, 0.1]])
    y = drawn(5000, 3) @ mixing.T + torch.tensor([1.0, -2.0, 3.0])
    marginal = MarginalGaussian(3)
    marginal.fit(y)
    covariance = torch.cov(y.T, correction=0).double().numpy()
    expected = stats.multivariate_normal(y.mean(0).double().numpy(), covariance).logpdf(y[:50])
    found = marginal.log_density(y[:50]).double()
    torch.testing.assert_close(found, torch.from_numpy(expected), atol=5e-3, rtol=1e-2)


def fitted(x, y, hidden=16):
    """A CLUB whose q is the regression, without any step."""
    torch.manual_seed(0)
    estimator = CLUB(x.shape[1], y.shape[1], hidden=hidden)
    estimator.start(x, y)
    return estimator


def quality(estimator, x, y):
    with torch.no_grad():
        found = estimator.quality(x, y, 64)
        return found, estimator.doubt_of(found, estimator(x[:64], y[:64]).item(), 0.1)


def test_a_q_that_fits_is_found_to(correlated):
    data, new = correlated(3, 3, 4000), correlated(3, 3, 4000, seed=1)
    found, doubt = quality(fitted(data.x, data.y), new.x, new.y)
    assert doubt is None
    assert found["calibration"] == pytest.approx(1, abs=0.03)
    assert found["spread"] == pytest.approx(1, abs=0.05)
    assert found["unexplained"] < 0.02


def test_the_least_is_a_lower_bound_that_comes_near_the_best_critic(correlated):
    data, new = correlated(2, 20, 8000), correlated(2, 20, 4000, seed=1)
    found, _ = quality(fitted(data.x, data.y), new.x, new.y)
    # InfoNCE of the log-ratio is 1.817 here, and ln p(y_j | x_i) is it up to what y_j alone tells
    assert 1.4 < found["least"] < 1.9


@pytest.mark.parametrize("factor", [0.5, 2.0])
def test_a_wrong_variance_is_found(correlated, factor):
    data = correlated(3, 3, 4000)
    estimator = fitted(data.x, data.y)
    with torch.no_grad():
        estimator.q.net.linear.bias[3:] += math.log(factor)
    found, doubt = quality(estimator, data.x, data.y)
    assert found["calibration"] == pytest.approx(1 / factor, rel=0.1)
    assert doubt is not None and "times what it claims, so q does not fit" in doubt


@pytest.mark.parametrize("shape", ["heavy", "two points", "changing"])
def test_a_wrong_shape_is_found(shape):
    x = drawn(4000, 2)
    noise = {
        "heavy": drawn(4000, 2, seed=1) ** 3 / 15**0.5,
        "two points": drawn(4000, 2, seed=1).sign() + 0.1 * drawn(4000, 2, seed=2),
        "changing": drawn(4000, 2, seed=1) * (0.2 + x.abs()),
    }[shape]
    y = x + noise
    _, doubt = quality(fitted(x[:2000], y[:2000]), x[2000:], y[2000:])
    assert doubt is not None and "does not fit" in doubt


def test_a_mean_that_bends_is_found():
    x = drawn(4000, 1)
    y = torch.sin(3 * x) + 0.3 * drawn(4000, 1, seed=1)
    found, doubt = quality(fitted(x[:2000], y[:2000]), x[2000:], y[2000:])
    assert found["unexplained"] > 0.3
    assert doubt is not None


def test_an_upper_bound_below_zero_or_below_a_lower_bound_is_doubted():
    estimator = CLUB(2, 2, hidden=4)
    fine = {"calibration": 1.0, "spread": 1.0, "unexplained": 0.0, "least": 0.0}
    assert estimator.doubt_of(fine, 1.0, 0.1) is None
    assert estimator.doubt_of(fine, -0.1, 0.1) is None
    assert "cannot be negative" in (estimator.doubt_of({**fine, "least": -9.0}, -1.0, 0.1) or "")
    assert "at least 2.00 nats" in (estimator.doubt_of({**fine, "least": 2.0}, 1.0, 0.1) or "")
