"""The bounds by name: their terms against the estimators of `mmmie.mi`, and their errors."""

from __future__ import annotations

import math
from typing import get_args

import numpy as np
import pytest
import torch

from mmmie.mi.bracket import bracket
from mmmie.mi.closed.gaussian import pairwise_log_density
from mmmie.mi.estimators.club import club
from mmmie.mi.estimators.dv import dv
from mmmie.mi.estimators.infonce import infonce
from mmmie.mi.estimators.l1out import l1out
from mmmie.mi.estimators.nwj import nwj
from mmmie.mi.estimators.smile import smile
from mmmie.mi.estimators.vub import vub
from mmmie.training.config import MaximiseSettings, MinimiseSettings
from mmmie.training.objective.bounds import (
    LOWER,
    UPPER,
    UPPER_LEARNED,
    encoder_bracket,
    gaussian_information,
    standard_error,
)

VALUES = {
    "infonce": infonce,
    "nwj": lambda scores: nwj(1 + scores),
    "dv": dv,
    "smile": smile,
    "js": lambda scores: nwj(1 + scores),
}


def codes(nats=1.0, dim=8, batch=256, seed=0):
    """A sample and its exact Gaussian conditional, whose marginal is N(0, I)."""
    generator = torch.Generator().manual_seed(seed)
    variance = math.exp(-2 * nats / dim)
    mean = math.sqrt(1 - variance) * torch.randn(batch, dim, generator=generator)
    noise = torch.randn(batch, dim, generator=generator)
    return mean + math.sqrt(variance) * noise, mean, torch.full_like(mean, math.log(variance))


def log_ratios(conditional):
    """The best critic: log p(z_j | x_i) / p(z_j)."""
    sample, mean, log_variance = conditional
    zero = torch.zeros_like(mean)
    prior = pairwise_log_density(sample, zero, zero)
    return pairwise_log_density(sample, mean, log_variance) - prior


def test_every_name_of_the_configuration_has_a_bound():
    maximise = get_args(MaximiseSettings.model_fields["estimator"].annotation)
    minimise = get_args(MinimiseSettings.model_fields["estimator"].annotation)
    assert set(LOWER) == set(maximise) == set(VALUES)
    assert set(UPPER) == set(UPPER_LEARNED) == set(minimise)


@pytest.mark.parametrize("name", LOWER)
@pytest.mark.parametrize("batch", [2, 100])
def test_the_mean_of_the_terms_of_a_lower_bound_is_its_value(name, batch):
    scores = 3 * torch.randn(batch, batch, generator=torch.Generator().manual_seed(0))
    terms = LOWER[name].terms(scores)
    assert terms.shape == (batch,)
    torch.testing.assert_close(terms.mean(), VALUES[name](scores), rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("name", ["dv", "smile"])
def test_large_scores_of_joint_pairs_leave_the_normaliser_alone(name):
    scores = torch.randn(50, 50, generator=torch.Generator().manual_seed(0))
    scores += 100 * torch.eye(50)
    terms = LOWER[name].terms(scores)
    torch.testing.assert_close(terms.mean(), VALUES[name](scores), rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("name", UPPER)
@pytest.mark.parametrize("batch", [2, 100])
def test_the_mean_of_the_terms_of_an_upper_bound_is_its_value(name, batch):
    conditional = codes(batch=batch)
    pairs = pairwise_log_density(*conditional)
    other = torch.stack([pairs[i, (i + batch // 2) % batch] for i in range(batch)])
    value = {
        "vub": vub(*conditional[1:]),
        "club": club(pairs),
        "l1out": l1out(pairs),
        "vclub-s": (pairs.diagonal() - other).mean(),
    }[name]
    terms = UPPER[name](*conditional)
    assert terms.shape == (batch // 2 if name == "vclub-s" else batch,)
    torch.testing.assert_close(terms.mean(), value, rtol=1e-4, atol=1e-4)


def test_the_learned_bound_is_the_same_on_average_where_the_conditional_is_exact():
    conditional = codes(nats=2, batch=20_000)
    sampled, exact = UPPER_LEARNED["vub"](*conditional), UPPER["vub"](*conditional)
    assert sampled.mean().item() == pytest.approx(exact.mean().item(), abs=0.1)


@pytest.mark.parametrize("nats", [0.2, 1.0])
@pytest.mark.parametrize("name", [*LOWER, *UPPER])
@pytest.mark.slow
def test_the_standard_error_is_the_spread_over_samples(name, nats):
    values, errors = [], []
    for seed in range(60):
        conditional = codes(nats=nats, batch=128, seed=seed)
        if name in LOWER:
            terms = LOWER[name].terms(log_ratios(conditional))
        else:
            terms = UPPER[name](*conditional)
        values.append(terms.mean())
        errors.append(standard_error(terms))
    spread, claimed = torch.stack(values).std().item(), torch.stack(errors).mean().item()
    assert 0.6 * spread < claimed < 1.6 * spread


def test_vclub_s_leaves_out_the_last_of_an_odd_number():
    odd = codes(batch=9)
    terms = UPPER["vclub-s"]
    torch.testing.assert_close(terms(*odd), terms(*(part[:8] for part in odd)))


def test_the_bracket_of_an_encoder_is_cut_by_the_divergence_from_the_prior():
    wide = codes(nats=8, dim=4, batch=64)  # more than ln 64, so L1Out is loose and VUB exact
    lower, upper = encoder_bracket(*wide)
    assert upper.mean().item() == pytest.approx(vub(*wide[1:]).item())
    assert lower.mean() <= math.log(64)
    shifted = (wide[0] + 5, wide[1] + 5, wide[2])  # far from the prior, VUB is loose
    pairs = pairwise_log_density(*shifted)
    assert encoder_bracket(*shifted)[1].mean().item() == pytest.approx(l1out(pairs).item())


def test_the_ends_stay_in_order_when_the_prior_cuts_below_the_lower_end():
    mean = codes(batch=64)[1]
    zero = torch.zeros_like(mean)
    # samples farther out than their conditional says, of which the divergence knows nothing
    lower, upper = encoder_bracket(20 * mean, 0.2 * mean, zero)
    torch.testing.assert_close(upper, UPPER["vub"](zero, 0.2 * mean, zero))
    assert bracket(pairwise_log_density(20 * mean, 0.2 * mean, zero))[0] > upper.mean()
    torch.testing.assert_close(lower, upper)


def pair(rho, count=20_000):
    x, noise = torch.randn(2, count, 2, generator=torch.Generator().manual_seed(0))
    return x, rho * x + (1 - rho**2) ** 0.5 * noise


@pytest.mark.parametrize("rho", [0.0, 0.5, 0.8])
def test_it_is_what_gaussians_share(rho):
    shrunk = rho / 1.05  # by the penalty
    truth = -np.log(1 - shrunk**2)
    assert gaussian_information(*pair(rho)).item() == pytest.approx(truth, abs=0.02)


def test_neither_scale_nor_shift_nor_mixing_matters_much():
    x, y = pair(0.8)
    mixed = x @ torch.tensor([[1.0, 0.4], [-0.2, 1.0]])
    plain = gaussian_information(x, y).item()
    assert gaussian_information(1e-3 * x + 7, -50 * y).item() == pytest.approx(plain, rel=1e-3)
    assert gaussian_information(mixed, y).item() == pytest.approx(plain, rel=0.05)


def test_constant_and_equal_columns_stay_finite():
    x, _ = pair(0.0, 10)
    x.requires_grad_()
    for other in (x, torch.zeros(10, 2)):
        value = gaussian_information(x, other)
        value.backward()
        assert torch.isfinite(value) and torch.isfinite(x.grad).all()


def test_descending_it_makes_the_second_code_forget_the_first():
    x, y = pair(0.9, 500)
    turn = torch.nn.Linear(4, 2)
    with torch.no_grad():
        turn.weight.copy_(torch.eye(2, 4) + 0.1)
    optimiser = torch.optim.Adam(turn.parameters(), lr=0.04)
    own = torch.randn(500, 2, generator=torch.Generator().manual_seed(1))
    features = torch.cat([y, own], 1)
    before = gaussian_information(x, turn(features)).item()
    for _ in range(100):
        optimiser.zero_grad()
        gaussian_information(x, turn(features)).backward()
        optimiser.step()
    assert gaussian_information(x, turn(features)).item() < 0.1 * before
