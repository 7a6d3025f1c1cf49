"""Defects that other implementations of these estimators have, or had, one test each or more."""

from __future__ import annotations

import copy
import math

import numpy as np
import pytest
import torch

from mmmie.mi import CLUB, ESTIMATORS, VUB, InfoNCE, estimate, estimator_class
from mmmie.mi.closed.gaussian import log_density, pairwise_log_density
from mmmie.mi.estimators.club import club
from mmmie.mi.estimators.infonce import infonce
from mmmie.mi.estimators.l1out import l1out
from mmmie.mi.estimators.vub import vub
from mmmie.mi.learned.conditional import ConditionalGaussian, MarginalGaussian
from mmmie.mi.tasks import gaussian
from mmmie.mi.tasks.closed_forms import club_value

LEARNED = [name for name, kind in ESTIMATORS.items() if kind.fitted == "steps"]


@pytest.mark.parametrize("nats", [2, 6, 10])
def test_the_mask_of_l1out_does_not_broadcast_into_club(correlated, nats):
    """A mask of the wrong shape leaves nothing out, and L1Out equals CLUB to three decimals."""
    data = correlated(nats, 20, 50, 64)
    matrix = pairwise_log_density(data.y, data.mean, data.log_variance)
    assert (club(matrix) - l1out(matrix)).min().item() > 0.3 * nats


def test_vub_sums_over_dimensions(correlated):
    """A mean over dimensions as well as over the batch returns I / d."""
    data = correlated(6, 20, 4000)
    assert vub(data.mean, data.log_variance).item() == pytest.approx(6, rel=0.02)
    wide = (torch.cat([part, part], -1) for part in (data.mean, data.log_variance))
    assert vub(*wide).item() == pytest.approx(2 * vub(data.mean, data.log_variance).item())


def test_l1out_sums_over_conditionals(correlated):
    """A sum over the samples, the wrong axis, is negative at I = 2."""
    data = correlated(2, 20, 200, 64)
    matrix = pairwise_log_density(data.y, data.mean, data.log_variance)
    assert l1out(matrix).mean().item() == pytest.approx(2.168, abs=0.06)
    assert l1out(matrix.mT).mean().item() < l1out(matrix).mean().item() - 0.5
    # ln p(z_j) cancels in the sum over conditionals, and only there
    shift = 10 * torch.arange(64.0)
    torch.testing.assert_close(l1out(matrix + shift), l1out(matrix), rtol=0, atol=1e-2)
    assert (l1out(matrix + shift[:, None]) - l1out(matrix)).abs().min().item() > 1


@pytest.mark.parametrize("name", LEARNED)
def test_a_batch_seen_before_is_computed_anew_after_a_step(name):
    """Results kept by equality of the inputs are stale after a step of the optimiser."""
    torch.manual_seed(0)
    estimator = estimator_class(name)(3, 3, hidden=8)
    x = torch.randn(32, 3)
    y = x + torch.randn(32, 3)
    values, losses = [], []
    optimiser = torch.optim.SGD(estimator.parameters(), lr=0.1)
    for _ in range(3):
        loss = estimator.learning_loss(x, y)
        losses.append(loss.item())
        values.append(estimator(x, y).item())
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    assert len(set(values)) == len(set(losses)) == 3
    twin = copy.deepcopy(estimator)
    assert estimator(x, y).item() == twin(x, y).item()


def test_arrays_changed_in_place_are_estimated_anew():
    """A cache that goes by the identity of the arrays is no better."""
    x, y = gaussian(2, 1.0).sample(400, seed=0)
    before = estimate(x, y, "cca").nats
    y[:] = np.random.default_rng(1).standard_normal(y.shape)
    assert before > 0.7 and abs(estimate(x, y, "cca").nats) < 0.1


@pytest.mark.parametrize("mi", [2, 4, 6])
@pytest.mark.slow
def test_club_of_fifteen_hidden_units_is_an_upper_bound_of_gaussians(mi):
    """With 15 hidden units q underfits, and CLUB reports 1.47 / 3.46 / 5.84 for 2 / 4 / 6."""
    x, y = gaussian(20, mi).sample(5000, seed=mi)
    found = estimate(x, y, "club", steps=100, hidden=15)
    assert found.nats > mi + 3 * found.std
    assert abs(found.nats - club_value(20, mi)) < 0.05 * club_value(20, mi) + 3 * found.std


@pytest.mark.parametrize("name", ["club", "vclub-s", "l1out", "vub"])
def test_where_q_underfits_all_the_same_it_is_said(name):
    """CLUB is no upper bound while q underfits, here since a unit cannot bend that often."""
    random = np.random.default_rng(0)
    x = random.uniform(-1, 1, 4000)
    y = np.cos(9 * x) + 0.1 * random.standard_normal(4000)
    found = estimate(x, y, name, steps=20, hidden=1)
    assert found.nats < 0.5  # of about 1.6
    assert found.doubt is not None and "does not fit" in found.doubt
    assert "nothing should be concluded" in found.sentence


def test_an_estimator_that_was_never_fitted_is_doubted(correlated):
    """CLUB is no upper bound while q underfits, the least of all before the first step."""
    data = correlated(6, 20, 2000)
    torch.manual_seed(0)
    found = CLUB(20, 20, hidden=15).estimate(data.x, data.y)
    assert found.nats < 6 and found.doubt is not None


@pytest.mark.parametrize(("dim", "nats"), [(20, 20.0), (1, 3.0), (2, 10.0)])
def test_log_variances_reach_beyond_half_a_nat_a_dimension(correlated, dim, nats):
    """tanh keeps log-variances within ±1, which cannot represent I > d / 2."""
    data = correlated(nats, dim, 4000)
    q = ConditionalGaussian(dim, dim, hidden=8)
    q.start(data.x, data.y)
    _, log_variance = q(data.x)
    assert log_variance.mean().item() == pytest.approx(-2 * nats / dim, rel=0.05)


@pytest.mark.slow
def test_steps_alone_take_the_log_variance_beyond_it(correlated):
    """tanh keeps log-variances within ±1, which no learning passes."""
    data = correlated(4, 1, 2000)
    torch.manual_seed(0)
    q = ConditionalGaussian(1, 1, hidden=8)
    optimiser = torch.optim.Adam(q.parameters(), lr=0.03)
    for _ in range(400):
        optimiser.zero_grad()
        (-q.log_density(data.x, data.y).mean()).backward()
        optimiser.step()
    assert q(data.x)[1].mean().item() < -6


def test_the_likelihood_has_its_best_variance_where_the_residuals_are():
    """Without the -½ log-variance term, an ever larger variance maximises the likelihood."""
    residual = torch.tensor([[0.3]])
    levels = torch.linspace(-10, 30, 401)
    values = torch.stack([log_density(residual, 0 * residual, v.expand(1, 1)) for v in levels])
    best = levels[values.argmax()].item()
    assert best == pytest.approx(math.log(0.09), abs=0.1)


@pytest.mark.parametrize("name", ["ba", "club", "vub", "doe"])
@pytest.mark.slow
def test_learning_does_not_grow_the_variance(name, correlated):
    """Without the -½ log-variance term, learning grows the variance without an end."""
    data = correlated(0, 2, 512)
    torch.manual_seed(0)
    estimator = estimator_class(name)(2, 2, hidden=8)
    optimiser = torch.optim.Adam(estimator.parameters(), lr=0.03)
    for _ in range(150):
        optimiser.zero_grad()
        estimator.learning_loss(data.x, data.y).backward()
        optimiser.step()
    assert estimator.q(data.x)[1].mean().item() == pytest.approx(0, abs=0.2)


@pytest.mark.parametrize("name", ESTIMATORS)
@pytest.mark.parametrize("size", [1, 2, 3])
def test_few_samples_of_one_sign_give_no_nan(name, size):
    """An entropy taken sign by sign is NaN where a batch holds few samples of one sign."""
    torch.manual_seed(0)
    estimator = estimator_class(name)(3, 3, hidden=8)
    x, y = torch.rand(size, 3) + 1, torch.rand(size, 3) + 1
    y[0] = -y[0]
    assert estimator(x, y).isfinite()
    if name in LEARNED and size > 1:
        estimator.learning_loss(x, y).backward()
        assert all(p.grad is None or p.grad.isfinite().all() for p in estimator.parameters())


def test_a_marginal_of_few_samples_has_a_finite_density():
    """An entropy from a covariance is NaN where there are fewer samples than dimensions."""
    for rows in (torch.zeros(1, 4), torch.ones(3, 4), torch.randn(2, 4)):
        marginal = MarginalGaussian(4)
        marginal.fit(rows)
        assert marginal.log_density(torch.randn(5, 4)).isfinite().all()
    estimator = VUB(1, 2, hidden=4)
    estimator.prepare(torch.randn(3, 1), torch.ones(3, 2))
    assert estimator(torch.randn(3, 1), torch.randn(3, 2)).isfinite()


def test_scores_are_no_cosines():
    """Cosines without a temperature keep InfoNCE below 1.82 nats at B = 32."""
    batch = 32
    perfect = 2 * torch.eye(batch) - 1
    assert infonce(perfect).item() == pytest.approx(1.82, abs=0.01)
    torch.manual_seed(0)
    critic = InfoNCE(4, 4, hidden=32)
    optimiser = torch.optim.Adam(critic.parameters(), lr=1e-2)
    x = torch.randn(batch, 4)
    for _ in range(150):
        optimiser.zero_grad()
        critic.learning_loss(x, x).backward()
        optimiser.step()
    assert critic(x, x).item() > 0.95 * math.log(batch) > 1.82
