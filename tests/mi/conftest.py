"""Data whose mutual information is known."""

from __future__ import annotations

import math
from dataclasses import dataclass

import pytest
import torch
from torch import Tensor


@dataclass
class Correlated:
    """y = rho x + sqrt(1 - rho²) noise in each of `dim` dimensions, with its exact conditional."""

    x: Tensor
    y: Tensor
    mean: Tensor
    log_variance: Tensor


@pytest.fixture
def correlated():
    """A maker of correlated Gaussians: (nats, dim, shape of the batch) → `Correlated`."""

    def make(nats: float, dim: int, *shape: int, seed: int = 0) -> Correlated:
        generator = torch.Generator().manual_seed(seed)
        variance = math.exp(-2 * nats / dim)
        x = torch.randn(*shape, dim, generator=generator)
        noise = torch.randn(*shape, dim, generator=generator)
        mean = math.sqrt(1 - variance) * x
        y = mean + math.sqrt(variance) * noise
        return Correlated(x, y, mean, torch.full_like(y, math.log(variance)))

    return make


@pytest.fixture
def assert_mean():
    """A check that the mean of values per batch is within 3 standard errors of a figure."""

    def check(values: Tensor, expected: float, rounding: float = 0.0) -> None:
        error = values.std().item() / math.sqrt(values.numel())
        assert abs(values.mean().item() - expected) < 3 * error + rounding

    return check
