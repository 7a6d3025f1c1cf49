from __future__ import annotations

import math

import pytest
import torch
from scipy import stats

from mmmie.mi import CLUB, VUB, DoE
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


def fitted(x, y, kind=CLUB):
    """An estimator whose q is the regression, without any step."""
    torch.manual_seed(0)
    estimator = kind(x.shape[1], y.shape[1], hidden=16)
    estimator.start(x, y)
    return estimator


def quality(estimator, x, y):
    with torch.no_grad():
        found = estimator.quality(estimator.evidence(x, y, 64))
        return found, estimator.doubt_of(found, estimator(x[:1000], y[:1000]).item(), 0.1)


def test_a_q_that_fits_is_found_to(correlated):
    data, new = correlated(3, 3, 4000), correlated(3, 3, 4000, seed=1)
    found, doubt = quality(fitted(data.x, data.y), new.x, new.y)
    assert doubt is None
    assert max(found[key] for key in ("marginal", "residual", "remaining")) < 0.03
    assert found["read"] == pytest.approx(3, abs=0.1)


def test_the_least_is_a_lower_bound_that_comes_near_the_best_critic(correlated):
    data, new = correlated(2, 20, 8000), correlated(2, 20, 4000, seed=1)
    found, _ = quality(fitted(data.x, data.y), new.x, new.y)
    # InfoNCE of the log-ratio is 1.817 here, and ln p(y_j | x_i) is it up to what y_j alone tells
    assert 1.4 < found["least"] < 1.9


@pytest.mark.parametrize("factor", [0.5, 2.0])
def test_a_wrong_variance_is_a_divergence_of_the_residuals(correlated, factor):
    data = correlated(3, 3, 4000)
    estimator = fitted(data.x, data.y, VUB)
    with torch.no_grad():
        estimator.q.net.linear.bias[3:] += math.log(factor)
    found, doubt = quality(estimator, data.x, data.y)
    # a q that is too narrow makes this bound larger, and one that is too wide breaks it
    assert (doubt is not None) == (factor > 1)
    # KL of N(0, 1 / f) from N(0, 1), three times
    expected = 1.5 * (1 / factor - 1 + math.log(factor))
    assert found["residual"] == pytest.approx(expected, rel=0.15)


@pytest.mark.parametrize("shape", ["heavy", "two points", "changing"])
def test_a_wrong_shape_is_found(shape):
    x = drawn(4000, 2)
    noise = {
        "heavy": drawn(4000, 2, seed=1) ** 3 / 15**0.5,
        "two points": drawn(4000, 2, seed=1).sign() + 0.1 * drawn(4000, 2, seed=2),
        "changing": drawn(4000, 2, seed=1) * (0.2 + x.abs()),
    }[shape]
    y = x + noise
    found, _ = quality(fitted(x[:2000], y[:2000]), x[2000:], y[2000:])
    assert found["residual"] + found["remaining"] > 0.2


def test_a_mean_that_bends_is_found():
    x = drawn(4000, 1)
    y = torch.sin(3 * x) + 0.3 * drawn(4000, 1, seed=1)
    found, _ = quality(fitted(x[:2000], y[:2000]), x[2000:], y[2000:])
    assert found["remaining"] > 0.3


def test_an_upper_bound_is_doubted_below_zero_a_lower_bound_or_what_q_misses():
    estimator = CLUB(2, 2, hidden=4)
    fine = {
        "marginal": 0.0,
        "residual": 0.0,
        "remaining": 0.0,
        "least": 0.0,
        "read": 1.0,
        "read_std": 0.0,
        "unseen": 0.0,
        "repeated": 0.0,
    }
    assert estimator.doubt_of(fine, 1.0, 0.1) is None
    assert estimator.doubt_of({**fine, "read": 0.0}, -0.1, 0.1) is None
    assert "cannot be negative" in (estimator.doubt_of({**fine, "least": -9.0}, -1.0, 0.1) or "")
    assert "at least 2.00 nats" in (estimator.doubt_of({**fine, "least": 2.0}, 1.0, 0.1) or "")
    missed = {**fine, "remaining": 0.5, "unseen": 0.5}
    assert "0.50 nats" in (estimator.doubt_of(missed, 1.0, 0.01) or "")
    assert estimator.doubt_of(missed, 2.0, 0.01) is None


def test_residuals_that_correlate_are_part_of_q():
    generator = torch.Generator().manual_seed(0)
    x, noise = torch.randn(2, 6000, 3, generator=generator, dtype=torch.float64)
    mixing = torch.tensor([[1.0, 0.9, 0.8], [0, 0.5, 0.3], [0, 0, 0.4]], dtype=torch.float64)
    y = x + noise @ mixing
    estimator = DoE(3, 3, hidden=8)
    pairs = estimator.scaled_to(x, y)
    estimator.prepare(*pairs)
    estimator.start(*pairs)
    # both Gaussian: half the log-ratio of determinants
    known = torch.eye(3, dtype=torch.float64) + mixing.T @ mixing
    truth = 0.5 * (known.logdet() - (mixing.T @ mixing).logdet())
    assert estimator(x, y).item() == pytest.approx(truth.item(), abs=0.05)
