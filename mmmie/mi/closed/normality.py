"""How far columns are from Gaussian."""

from __future__ import annotations

import math

import torch
from torch import Tensor

_FAR = 0.05
_RARE = 0.01


def distance_from_normal(columns: Tensor) -> float:
    """Kolmogorov's distance to N(0, 1), the largest over standardised columns (N, d).

    0 for Gaussian columns and at most 1. Constant columns, which are 0, are left out.

    Example:
        >>> quantiles = torch.special.ndtri(torch.arange(1, 100) / 100)[:, None]
        >>> distance_from_normal(quantiles) < 0.02, distance_from_normal(quantiles**3) > 0.1
        (True, True)
    """
    varying = columns[:, (columns != 0).any(0)]
    if varying.numel() == 0:
        return 0.0
    below = torch.special.ndtr(varying.sort(0).values)
    n = len(varying)
    rank = torch.arange(n, device=varying.device)[:, None] / n
    return torch.maximum((below - rank).abs(), (below - rank - 1 / n).abs()).max().item()


def beyond_noise(distance: float, columns: Tensor) -> float:
    """What of a distance is more than the largest that Gaussian columns (N, d) would have."""
    n, d = columns.shape
    return max(distance - math.sqrt(math.log(2 * d / _RARE) / (2 * n)), 0.0)


def doubt_of_normality(distance: float, what: str) -> str | None:
    """Why an estimator that takes columns to be Gaussian should not be believed, if so."""
    if distance <= _FAR:
        return None
    return (
        f"{what} is not Gaussian, as it takes it to be (distance {distance:.2f}); the copula "
        f"transform may fix it"
    )
