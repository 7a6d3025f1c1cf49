"""Dropout by random bits: the chance, the scale, the mean, the gradient."""

import pytest
import torch

from mmmie.model.encoders import Dropout

MANY, FEW = (500, 401), (20, 3)


@pytest.mark.parametrize("shape", [MANY, FEW])
@pytest.mark.parametrize("chance", [0.05, 0.2, 0.5, 0.9])
def test_what_is_kept_is_scaled_and_the_rest_is_zero(shape, chance):
    torch.manual_seed(0)
    x = torch.rand(shape) + 1
    out = Dropout(chance).train()(x)
    kept = out != 0
    assert torch.allclose(out[kept], x[kept] / (1 - chance), rtol=1e-3)
    if shape == MANY:  # five standard errors
        error = 5 * (chance * (1 - chance) / x.numel()) ** 0.5
        assert kept.float().mean().item() == pytest.approx(1 - chance, abs=error)
        # neither rows, columns nor neighbours are hidden together
        for axis in (0, 1):
            share = kept.float().mean(axis)
            several = 6 * (chance * (1 - chance) / shape[axis]) ** 0.5
            assert (share - (1 - chance)).abs().max() < several
        both = (kept[:, 1:] & kept[:, :-1]).float().mean().item()
        assert both == pytest.approx((1 - chance) ** 2, abs=2 * error + 1e-3)


def test_it_is_off_in_evaluation_and_without_a_chance():
    x = torch.randn(MANY)
    assert torch.equal(Dropout(0.5).eval()(x), x)
    assert torch.equal(Dropout(0.0).train()(x), x)


def test_the_seed_decides_and_the_gradient_is_hidden_alike():
    x = torch.ones(MANY, requires_grad=True)
    torch.manual_seed(3)
    first = Dropout(0.3).train()(x)
    torch.manual_seed(3)
    assert torch.equal(first, Dropout(0.3).train()(x))
    first.sum().backward()
    assert torch.equal(x.grad, first.detach())
