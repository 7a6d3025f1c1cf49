from __future__ import annotations

import math

import pytest
import torch

from mmmie.mi.closed.gaussian import log_density, pairwise_log_density


def by_hand(z, mean, log_variance):
    """[i, j] = log p(z_j | x_i), one number at a time in double precision."""
    rows = []
    for m, v in zip(mean.double().tolist(), log_variance.double().tolist(), strict=True):
        row = []
        for point in z.double().tolist():
            terms = [
                -0.5 * ((a - b) ** 2 / math.exp(c) + c + math.log(2 * math.pi))
                for a, b, c in zip(point, m, v, strict=True)
            ]
            row.append(sum(terms))
        rows.append(row)
    return torch.tensor(rows, dtype=torch.float64)


def drawn(*shape, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return tuple(torch.randn(*shape, generator=generator) for _ in range(3))


def test_log_density_is_that_of_torch_distributions():
    z, mean, log_variance = drawn(4, 7, 3)
    normal = torch.distributions.Normal(mean, torch.exp(0.5 * log_variance))
    torch.testing.assert_close(log_density(z, mean, log_variance), normal.log_prob(z).sum(-1))


def test_the_density_integrates_to_one():
    z = torch.linspace(-30, 30, 20001, dtype=torch.float64)[:, None]
    density = log_density(z, torch.tensor([1.0]), torch.tensor([0.7])).exp()
    assert torch.trapezoid(density, z[:, 0]).item() == pytest.approx(1, abs=1e-6)


def test_the_likelihood_has_its_maximum_at_the_true_variance():
    # without the normaliser an ever larger variance would be best
    residual = torch.tensor([[0.3]])
    log_variance = (residual.square().log()).requires_grad_()
    log_density(residual, torch.zeros(1, 1), log_variance).sum().backward()
    assert log_variance.grad.abs().item() < 1e-5
    values = [log_density(residual, torch.zeros(1, 1), torch.tensor([[v]])) for v in (0.0, 5.0, 50)]
    assert values[0] > values[1] > values[2]


def test_pairwise_agrees_with_a_loop():
    z, mean, log_variance = drawn(6, 5)
    found = pairwise_log_density(z, mean, log_variance)
    torch.testing.assert_close(found.double(), by_hand(z, mean, log_variance), rtol=1e-5, atol=1e-4)


def test_pairwise_takes_leading_axes():
    z, mean, log_variance = drawn(2, 3, 6, 5)
    found = pairwise_log_density(z, mean, log_variance)
    assert found.shape == (2, 3, 6, 6)
    torch.testing.assert_close(
        found[1, 2], pairwise_log_density(z[1, 2], mean[1, 2], log_variance[1, 2])
    )


def test_pairwise_keeps_its_digits_far_from_the_origin():
    z, mean, log_variance = drawn(6, 5)
    z, mean = z + 1000, mean + 1000
    found = pairwise_log_density(z, mean, log_variance).double()
    torch.testing.assert_close(found, by_hand(z, mean, log_variance), rtol=1e-4, atol=1e-3)


def test_the_joint_pairs_keep_their_digits_when_the_variance_is_tiny():
    mean, noise, _ = drawn(32, 8)
    log_variance = torch.full_like(mean, -14.0)
    z = mean + math.exp(-7) * noise
    found = pairwise_log_density(z, mean, log_variance).double()
    exact = by_hand(z, mean, log_variance)
    torch.testing.assert_close(found.diagonal(), exact.diagonal(), rtol=1e-4, atol=1e-3)
    torch.testing.assert_close(found, exact, rtol=1e-3, atol=1e-2)


@pytest.mark.parametrize("extreme", [-60.0, 60.0])
def test_extreme_log_variances_stay_finite(extreme):
    z, mean, _ = drawn(4, 3)
    log_variance = torch.full_like(mean, extreme)
    assert pairwise_log_density(z, mean, log_variance).isfinite().all()


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_precision_is_not_multiplied_in_half_precision(dtype):
    z, mean, log_variance = (t.to(dtype) for t in drawn(6, 5))
    exact = by_hand(z, mean, log_variance)
    found = pairwise_log_density(z, mean, log_variance)
    torch.testing.assert_close(found.double(), exact, rtol=1e-5, atol=1e-4)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        found = pairwise_log_density(z.float(), mean.float(), log_variance.float())
    torch.testing.assert_close(found.double(), exact, rtol=1e-5, atol=1e-4)


def test_the_gradients_are_right():
    inputs = tuple(t.double().requires_grad_() for t in drawn(4, 3))
    assert torch.autograd.gradcheck(pairwise_log_density, inputs)
    assert torch.autograd.gradcheck(log_density, inputs)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_a_gpu_gives_the_same():
    inputs = drawn(6, 5)
    found = pairwise_log_density(*(t.cuda() for t in inputs)).cpu()
    torch.testing.assert_close(found, pairwise_log_density(*inputs), rtol=1e-4, atol=1e-4)
