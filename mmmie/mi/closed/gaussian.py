"""Log-densities of Gaussians with a diagonal covariance, in nats."""

from __future__ import annotations

import math

import torch
from torch import Tensor

_LOG_TWO_PI = math.log(2 * math.pi)


def log_density(z: Tensor, mean: Tensor, log_variance: Tensor) -> Tensor:
    """Log-density of z under N(mean, diag(exp(log_variance))), normaliser included.

    Args:
        z: (..., d) points.
        mean: (..., d).
        log_variance: (..., d) natural logarithm of the variance.

    Returns:
        (...) nats, summed over the d dimensions.

    Example:
        >>> zero = torch.zeros(1)
        >>> round(log_density(zero, zero, zero).item(), 4)
        -0.9189
    """
    # dividing before squaring keeps exp() finite for twice the range of log-variances
    deviation = (z - mean) * torch.exp(-0.5 * log_variance)
    return -0.5 * (deviation.square() + log_variance + _LOG_TWO_PI).sum(-1)


def pairwise_log_density(z: Tensor, mean: Tensor, log_variance: Tensor) -> Tensor:
    """Log-density of every z_j under the conditional of every x_i.

    The square is expanded so that two matrix products do the work and no (B, B, d) tensor is
    made. Expanding loses digits where the variance is small against z², so z and the means are
    centred first and the diagonal, where the terms cancel most, is computed directly. Half
    precision and autocast are not used: eight bits of mantissa do not survive the expansion.

    Args:
        z: (..., B, d) samples, z_j drawn given x_j.
        mean: (..., B, d) mean of p(z | x_i).
        log_variance: (..., B, d) log-variance of p(z | x_i).

    Returns:
        (..., B, B) nats, entry [i, j] = log p(z_j | x_i).
    """
    dtype = torch.promote_types(z.dtype, torch.float32)
    z, mean, log_variance = z.to(dtype), mean.to(dtype), log_variance.to(dtype)
    # the result does not depend on the shift, so it needs no gradient
    shift = z.detach().mean(-2, keepdim=True)
    centred, offset = z - shift, mean - shift
    with torch.autocast(z.device.type, enabled=False):
        precision = torch.exp(-log_variance)
        square = precision @ centred.square().mT - 2 * (precision * offset) @ centred.mT
        constant = (precision * offset.square() + log_variance + _LOG_TWO_PI).sum(-1, keepdim=True)
        pairs = -0.5 * (square + constant)
    return pairs.diagonal_scatter(log_density(z, mean, log_variance), dim1=-2, dim2=-1)
