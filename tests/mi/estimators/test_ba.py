from __future__ import annotations

import math

import pytest
import torch

from mmmie.mi import BA, estimate
from mmmie.mi.estimators.ba import ba
from mmmie.mi.tasks import dense_multinormal, gaussian, transformed

HALF_LOG = 0.5 * math.log(2 * math.pi * math.e)


def test_adds_the_entropy_to_the_mean_and_takes_leading_axes():
    log_density = torch.randn(2, 3, 7)
    torch.testing.assert_close(ba(log_density, 2.5), 2.5 + log_density.mean(-1))
    entropy = torch.randn(2, 3)
    torch.testing.assert_close(ba(log_density, entropy), entropy + log_density.mean(-1))


def test_any_other_conditional_gives_less():
    x, y = (torch.from_numpy(side) for side in gaussian(2, 1.0).sample(40_000, 0))
    rho = gaussian(2, 1.0).correlation

    def value(slope, deviation):
        normal = torch.distributions.Normal(slope * x, deviation)
        return ba(normal.log_prob(y).sum(-1), 2 * HALF_LOG).item()

    best = value(rho, math.sqrt(1 - rho**2))
    assert best == pytest.approx(1, abs=0.02)
    assert max(value(0.5 * rho, 0.6), value(rho, 1.0), value(rho, 0.4), value(-rho, 1.0)) < best


@pytest.mark.parametrize("scale", [1.0, 1e-3, 50.0])
def test_the_entropy_is_that_of_y_as_given(scale):
    x, y = gaussian(2, 1.0).sample(4000, 0)
    entropy = 2 * (HALF_LOG + math.log(scale))
    found = estimate(x, scale * y + 3, "ba", steps=20, hidden=8, entropy_y=entropy)
    assert found.nats == pytest.approx(1, abs=3 * found.std + 0.02)
    assert found.assumes is None and found.doubt is None
    more = estimate(x, scale * y + 3, "ba", steps=20, hidden=8, entropy_y=entropy + 0.5)
    assert more.nats == pytest.approx(found.nats + 0.5, abs=1e-5)


def test_with_the_entropy_it_is_a_lower_bound_of_any_y():
    task = transformed(gaussian(1, 1.0), "cubic")
    x, y = task.sample(4000, 0)
    # H(y³) = H(y) + E ln 3y², and E ln y² = -γ - ln 2
    entropy = HALF_LOG + math.log(3) - 0.5772157 - math.log(2)
    known = estimate(x, y, "ba", steps=100, hidden=16, entropy_y=entropy)
    taken = estimate(x, y, "ba", steps=20, hidden=16)
    assert known.nats < 1 + 3 * known.std
    assert known.doubt is None and known.assumes is None
    assert taken.doubt is not None and taken.bound == "neither" and known.bound == "lower"
    assert taken.assumes is not None and "entropy was not given" in taken.assumes


@pytest.mark.parametrize("pairs", [300, 1000])
@pytest.mark.parametrize("known", [True, False])
def test_few_pairs_in_many_dimensions_do_not_take_it_above_the_truth(pairs, known):
    entropy = 20 * HALF_LOG if known else None
    for seed in range(3):
        x, y = gaussian(20, 0).sample(pairs, seed)
        found = estimate(x, y, "ba", steps=2, hidden=8, entropy_y=entropy, seed=seed)
        assert found.nats < 3 * found.std + 0.02


def test_columns_of_y_that_go_together_do_not_either():
    for seed in range(3):
        x, _ = gaussian(20, 0).sample(1000, seed)
        _, y = dense_multinormal(20).sample(1000, seed + 50)
        found = estimate(x, y, "ba", steps=2, hidden=8, seed=seed)
        assert found.nats < 3 * found.std + 0.05


def test_its_error_is_what_seeds_differ_by():
    found = []
    for seed in range(12):
        x, y = gaussian(10, 1.0).sample(2000, seed)
        found.append(estimate(x, y, "ba", steps=10, hidden=8, entropy_y=10 * HALF_LOG))
    spread = torch.tensor([one.nats for one in found]).std().item()
    claimed = sum(one.std for one in found) / len(found)
    assert spread < 2 * claimed


def test_without_a_fit_the_marginal_is_standard_normal():
    torch.manual_seed(0)
    estimator = BA(3, 2, hidden=8)
    x, y = torch.randn(6, 3), torch.randn(6, 2)
    normal = torch.distributions.Normal(0, 1).log_prob(y).sum(-1)
    torch.testing.assert_close(estimator(x, y), (estimator.q.log_density(x, y) - normal).mean())
