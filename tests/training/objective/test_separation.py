"""The Gaussian term between codes: against closed forms, whatever the scale of a column."""

import numpy as np
import pytest
import torch

from mmmie.training.objective.bounds import gaussian_information


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
    x, y = pair(0.9, 2000)
    turn = torch.nn.Linear(4, 2)
    with torch.no_grad():
        turn.weight.copy_(torch.eye(2, 4) + 0.1)
    optimiser = torch.optim.Adam(turn.parameters(), lr=0.02)
    own = torch.randn(2000, 2, generator=torch.Generator().manual_seed(1))
    features = torch.cat([y, own], 1)
    before = gaussian_information(x, turn(features)).item()
    for _ in range(200):
        optimiser.zero_grad()
        gaussian_information(x, turn(features)).backward()
        optimiser.step()
    assert gaussian_information(x, turn(features)).item() < 0.1 * before
