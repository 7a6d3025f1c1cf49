"""Canonical correlations: what jointly Gaussian data share, in closed form."""

from __future__ import annotations

from typing import cast

import torch
from torch import Tensor, nn

LARGEST_CORRELATION = 1 - 1e-6
"""Beyond which single precision cannot tell correlations apart: about 6.6 nats each."""

_FOLDS = 3
_LEAST_PENALTY = 1e-6
_PENALTY_PER_ROW = 0.1
_SMALLEST_DEVIATION = 1e-6


class CanonicalCorrelations(nn.Module):
    """Directions of x and y in which they correlate, and the log-ratio of Gaussians from them.

    Directions come from all pairs that it is fitted to, correlations and scales from folds left
    out, so that few pairs in many dimensions are not taken for dependence.

    Source: Hotelling 1936; the information of jointly Gaussian x and y is
    -½ Σ ln(1 - ρ_k²) over their canonical correlations ρ_k.

    Args:
        dim_x: channels of x.
        dim_y: channels of y.
    """

    centre_x: Tensor
    centre_y: Tensor
    axes_x: Tensor
    axes_y: Tensor
    correlations: Tensor

    def __init__(self, dim_x: int, dim_y: int) -> None:
        super().__init__()
        rank = min(dim_x, dim_y)
        self.register_buffer("centre_x", torch.zeros(dim_x))
        self.register_buffer("centre_y", torch.zeros(dim_y))
        self.register_buffer("axes_x", torch.zeros(dim_x, rank))
        self.register_buffer("axes_y", torch.zeros(dim_y, rank))
        self.register_buffer("correlations", torch.zeros(rank))

    @torch.no_grad()
    def fit(self, x: Tensor, y: Tensor) -> None:
        """Take directions and correlations from x (N, dim_x) and y (N, dim_y)."""
        n = len(x)
        left_x, left_y = [], []
        for fold in range(_FOLDS):
            out = torch.zeros(n, dtype=torch.bool, device=x.device)
            out[fold * n // _FOLDS : (fold + 1) * n // _FOLDS] = True  # neighbours go together
            known_x, known_y = (x, y) if n < 2 * _FOLDS else (x[~out], y[~out])
            axes_x, axes_y = directions(known_x, known_y)
            left_x.append((x[out] - known_x.mean(0)) @ axes_x)
            left_y.append((y[out] - known_y.mean(0)) @ axes_y)
        u, v = torch.cat(left_x), torch.cat(left_y)
        scale_u = u.square().mean(0).sqrt().clamp_min(_SMALLEST_DEVIATION)
        scale_v = v.square().mean(0).sqrt().clamp_min(_SMALLEST_DEVIATION)
        correlations = (u * v).mean(0) / (scale_u * scale_v)
        # the square of a correlation of N unrelated pairs is 1 / N on average, and that of N
        # related ones nearer to 1: what is taken off must not cap what can be shared
        noise = (1 - correlations.square()) / max(n, 1)
        shrunk = (correlations.square() - noise).clamp_min(0).sqrt()
        axes_x, axes_y = directions(x, y)
        self.centre_x.copy_(x.mean(0))
        self.centre_y.copy_(y.mean(0))
        self.axes_x.copy_(axes_x / scale_u)
        self.axes_y.copy_(axes_y / scale_v)
        self.correlations.copy_(
            torch.where(correlations > 0, shrunk, 0).clamp_max(LARGEST_CORRELATION)
        )

    def information(self) -> Tensor:
        """-½ Σ ln(1 - ρ_k²) of the fitted correlations, in nats."""
        return -0.5 * torch.log1p(-self.correlations.square()).sum()

    def log_ratio(self, x: Tensor, y: Tensor) -> Tensor:
        """ln p(y_j | x_i) / p(y_j) of the Gaussian with these correlations: (B, B), in nats."""
        u, v = self._variates(x, y)
        square, cross = self._weights()
        alone = -(square * u.square()).sum(-1)[:, None] - (square * v.square()).sum(-1)
        return (cross * u) @ v.mT + alone + self.information()

    def log_ratio_of_pairs(self, x: Tensor, y: Tensor) -> Tensor:
        """The diagonal of `log_ratio` alone: (B,), in nats."""
        u, v = self._variates(x, y)
        square, cross = self._weights()
        terms = cross * u * v - square * (u.square() + v.square())
        return terms.sum(-1) + self.information()

    def explain(self, x: Tensor, y: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """What the Gaussian makes of y (N, dim_y) by x (N, dim_x).

        Returns:
            (N, K) its variates of y, standard normal if it fits; (N, K) what is left of each beside
            that of x, standard normal too; (N, dim_y) what is left of the columns of y.
        """
        u, v = self._variates(x, y)
        rest = (v - self.correlations * u) * (1 - self.correlations.square()).rsqrt()
        y = y - y.mean(0)
        slope = torch.linalg.solve(
            u.mT @ u + _LEAST_PENALTY * len(u) * torch.eye(u.shape[1]).to(u), u.mT @ y
        )
        return v, rest, y - u @ slope

    def _variates(self, x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
        return (x - self.centre_x) @ self.axes_x, (y - self.centre_y) @ self.axes_y

    def _weights(self) -> tuple[Tensor, Tensor]:
        rest = 1 - self.correlations.square()
        return 0.5 * self.correlations.square() / rest, self.correlations / rest


def directions(x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
    """Axes (dim_x, K) and (dim_y, K) of unit variance, by falling correlation."""
    x, y = x - x.mean(0), y - y.mean(0)
    white_x, white_y = whitening(x), whitening(y)
    left, _, right = torch.linalg.svd(white_x @ (x.mT @ y / len(x)) @ white_y, full_matrices=False)
    return white_x @ left, white_y @ cast(Tensor, right).mT


def whitening(x: Tensor) -> Tensor:
    """The inverse root (d, d) of the covariance of centred x (N, d), with a light ridge."""
    n, d = x.shape
    values, vectors = torch.linalg.eigh(x.mT @ x / n)
    penalty = max(_LEAST_PENALTY, _PENALTY_PER_ROW * d / n) * values.mean().clamp_min(1e-12)
    return (vectors * (values.clamp_min(0) + penalty).rsqrt()) @ vectors.mT
