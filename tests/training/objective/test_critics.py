"""How pairs of codes are scored: against densities of scipy and against cosines."""

import numpy as np
import pytest
import torch
from scipy.stats import multivariate_normal, norm

from mmmie.training.objective.bounds import LOWER
from mmmie.training.objective.critics import CosineCritic, GaussianCritic


def correlated(rho, count, seed=0):
    generator = torch.Generator().manual_seed(seed)
    x, noise = torch.randn(2, count, len(rho), generator=generator)
    rho = torch.tensor(rho)
    return x, rho * x + (1 - rho.square()).sqrt() * noise


def with_correlation(rho):
    critic = GaussianCritic(len(rho))
    with torch.no_grad():
        critic.raw.copy_((torch.tensor(rho) / 0.999).atanh())
    return critic


def test_the_gaussian_critic_is_the_log_ratio_of_densities():
    rho = [0.9, -0.4, 0.0]
    x, y = correlated(rho, 5)
    scores = with_correlation(rho)(x, y).detach().numpy()
    for i in range(5):
        for j in range(5):
            expected = sum(
                multivariate_normal(cov=[[1, r], [r, 1]]).logpdf([x[i, k], y[j, k]])
                - norm.logpdf(x[i, k])
                - norm.logpdf(y[j, k])
                for k, r in enumerate(rho)
            )
            assert scores[i, j] == pytest.approx(expected, abs=1e-4)


def test_with_the_true_correlations_the_bounds_reach_the_information():
    rho = [0.8, 0.5, 0.0, 0.0]
    truth = -0.5 * np.log(1 - np.square(rho)).sum()
    scores = with_correlation(rho)(*correlated(rho, 2000)).detach()
    assert LOWER["nwj"].terms(scores).mean().item() == pytest.approx(truth, abs=0.06)
    assert LOWER["infonce"].terms(scores).mean().item() == pytest.approx(truth, abs=0.06)


def test_it_learns_the_correlations():
    rho = [0.9, 0.5, -0.5, 0.0]
    x, y = correlated(rho, 4000)
    critic = GaussianCritic(4)
    optimiser = torch.optim.Adam(critic.parameters(), lr=0.02)
    for step in range(300):
        rows = slice(step * 64 % 3968, step * 64 % 3968 + 64)
        loss = -LOWER["infonce"].terms(critic(x[rows], y[rows])).mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    assert critic.correlation.tolist() == pytest.approx(rho, abs=0.1)


def test_it_stays_finite_far_out():
    critic = with_correlation([0.998] * 8)
    scores = critic(torch.full((3, 8), 50.0), torch.full((3, 8), -50.0))
    assert torch.isfinite(scores).all()


@pytest.mark.parametrize("offset", [False, True])
def test_the_cosine_critic_is_a_scaled_cosine_and_an_offset(offset):
    critic = CosineCritic(4, offset)
    with torch.no_grad():
        critic.sharpness.fill_(2.0)
        if critic.offset is not None:
            critic.offset.fill_(-0.7)
    x, y = torch.randn(2, 3, 4, generator=torch.Generator().manual_seed(0))
    expected = np.exp(2.0) * torch.cosine_similarity(x[1], y[2], dim=0).item()
    assert critic(x, y)[1, 2].item() == pytest.approx(expected - 0.7 * offset, rel=1e-4)
