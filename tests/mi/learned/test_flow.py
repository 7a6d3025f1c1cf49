from __future__ import annotations

import math
import sys

import numpy as np
import pytest
import torch

from mmmie.errors import InputError
from mmmie.mi import estimate
from mmmie.mi.learned.flow import ConditionalFlow
from mmmie.mi.tasks import gaussian, transformed

pytestmark = pytest.mark.slow


def test_without_zuko_it_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "zuko", None)
    monkeypatch.setitem(sys.modules, "zuko.flows", None)
    with pytest.raises(InputError, match=r'needs the package zuko.*pip install "mmmie\[flow\]"'):
        ConditionalFlow(1, 1, 8)


@pytest.fixture
def flow():
    pytest.importorskip("zuko")
    torch.manual_seed(0)
    return lambda dim_x, dim_y: ConditionalFlow(dim_x, dim_y, 16)


def test_densities_integrate_to_one(flow):
    q = flow(2, 1)
    line = torch.linspace(-12, 12, 4001)[:, None]
    with torch.no_grad():
        for x in torch.randn(3, 2):
            density = q.log_density(x.expand(4001, 2), line).exp()
            assert torch.trapezoid(density, line[:, 0]).item() == pytest.approx(1, abs=0.01)


def test_every_y_is_compared_with_every_x(flow):
    q = flow(2, 3)
    x, y = torch.randn(5, 2), torch.randn(5, 3)
    with torch.no_grad():
        pairs = q.pairwise(x, y)
        assert pairs.shape == (5, 5)
        torch.testing.assert_close(pairs.diagonal(), q.log_density(x, y))
        torch.testing.assert_close(pairs[1, 3], q.log_density(x[1:2], y[3:4])[0])


def test_residuals_are_where_the_base_has_the_same_density(flow):
    q = flow(2, 3)
    x, y = torch.randn(5, 2), torch.randn(5, 3, requires_grad=True)
    rest = q.residuals(x, y)
    assert rest.shape == (5, 3)
    rows = [torch.stack([torch.autograd.grad(rest[i, k], y, retain_graph=True)[0][i]
                         for k in range(3)]) for i in range(5)]  # fmt: skip
    volume = torch.stack([row.det().abs().log() for row in rows])
    base = torch.distributions.Normal(0, 1).log_prob(rest).sum(-1)
    torch.testing.assert_close(q.log_density(x, y), base + volume, atol=1e-4, rtol=1e-4)


def test_without_x_it_is_a_marginal(flow):
    q = flow(0, 2)
    x, y = torch.randn(5, 3), torch.randn(5, 2)
    torch.testing.assert_close(q.log_density(x, y), q.log_density(torch.randn(5, 3), y))


def test_a_flow_fits_a_y_that_is_no_gaussian(flow):
    x, y = transformed(gaussian(1, 1.0), "half-cube").sample(2000, seed=0)
    # by the change of variables, with E ln|y| = -(γ + ln 2) / 2
    entropy = 0.5 * math.log(2 * math.pi * math.e) + math.log(1.5) - (0.5772157 + math.log(2)) / 4
    options = {"steps": 200, "hidden": 16, "learning_rate": 0.03, "entropy_y": entropy}
    found = estimate(x, y, "ba", conditional="flow", **options)
    assert 0.8 < found.nats < 1 + 3 * found.std
    assert found.doubt is None and found.assumes is None


@pytest.mark.parametrize("name", ["club", "vclub-s", "l1out"])
def test_upper_bounds_take_a_flow(flow, name):
    x, y = gaussian(2, 1.0).sample(300, seed=0)
    found = estimate(x, y, name, steps=3, hidden=8, conditional="flow")
    assert np.isfinite(found.nats) and np.isfinite(found.std)


def test_vub_takes_none(flow):
    x, y = gaussian(2, 1.0).sample(30, seed=0)
    with pytest.raises(InputError, match="vub needs a Gaussian conditional; use doe or club"):
        estimate(x, y, "vub", conditional="flow")


@pytest.mark.parametrize("data", ["constant y", "copies", "heavy"])
def test_hard_data_stay_finite(flow, data):
    random = np.random.default_rng(0)
    x = random.standard_normal((60, 2))
    y = {"constant y": np.c_[np.ones(60), x[:, :1]], "copies": x, "heavy": 1 / x}[data]
    for name in ("doe", "club"):
        found = estimate(x, y, name, steps=3, hidden=8, conditional="flow")
        assert np.isfinite(found.nats) and np.isfinite(found.std)
