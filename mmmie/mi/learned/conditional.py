"""What the estimators with a learned Gaussian q(y | x) have in common."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Literal

import torch
from torch import Tensor, nn

from mmmie.mi.closed.gaussian import log_density, pairwise_log_density
from mmmie.mi.closed.misfit import doubt_of_misfit, misfit
from mmmie.mi.estimator import Estimator
from mmmie.mi.estimators.infonce import column_terms
from mmmie.mi.learned.flow import ConditionalFlow
from mmmie.mi.learned.networks import SkipMLP
from mmmie.mi.rows import Standardiser
from mmmie.mi.thresholds import MOST_REPEATED, NOTHING, SURE, UNSEEN, material

ConditionalKind = Literal["gaussian", "flow"]

LOG_VARIANCE_LIMIT = 16.0
"""Log-variances stay within ± this, softly: room for 8 nats per dimension of unit variance."""

_PENALTIES = (1e-3, 1e-2, 1e-1, 1.0, 10.0, 100.0, 1e3, 1e4)
_LEAST_LEFT_OUT = 1e-6
_SMALLEST_VARIANCE = 1e-6
_FOLDS = 5
_SHARES = (0.0, 0.01, 0.03, 0.1, 0.3, 1.0)
_LIGHTLY = 0.01
_ROWS_PER_COLUMN = 4


class ConditionalGaussian(nn.Module):
    """A learned q(y | x) = N(mean(x), diag(exp(log_variance(x)))).

    Args:
        dim_x: channels of x.
        dim_y: channels of y.
        hidden: width of the MLP.
    """

    def __init__(self, dim_x: int, dim_y: int, hidden: int) -> None:
        super().__init__()
        self.net = SkipMLP(dim_x, 2 * dim_y, hidden)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and log-variance, (..., dim_y) each, for x (..., dim_x)."""
        mean, raw = self.net(x).chunk(2, dim=-1)
        return mean, LOG_VARIANCE_LIMIT * torch.tanh(raw / LOG_VARIANCE_LIMIT)

    def log_density(self, x: Tensor, y: Tensor) -> Tensor:
        """log q(y_i | x_i): (B,), in nats."""
        return log_density(y, *self(x))

    def pairwise(self, x: Tensor, y: Tensor) -> Tensor:
        """log q(y_j | x_i): (B, B), in nats."""
        return pairwise_log_density(y, *self(x))

    def residuals(self, x: Tensor, y: Tensor) -> Tensor:
        """(B, dim_y) what is left of y, standard normal where q fits."""
        mean, log_variance = self(x)
        return (y - mean) * torch.exp(-0.5 * log_variance)

    @torch.no_grad()
    def start(self, x: Tensor, y: Tensor) -> None:
        """Set the linear part to the ridge regression of y (N, dim_y) on x (N, dim_x).

        Jointly Gaussian data are then fitted before the first step, and few pairs are not
        overfitted: penalty and variance come from leave-one-out residuals.
        """
        slope, intercept, variance = _ridge(x, y)
        log_variance = variance.log() / LOG_VARIANCE_LIMIT
        linear = self.net.linear
        linear.weight.copy_(torch.cat([slope, torch.zeros_like(slope)]))
        linear.bias.copy_(torch.cat([intercept, LOG_VARIANCE_LIMIT * torch.atanh(log_variance)]))


def _ridge(x: Tensor, y: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Slope (dim_y, dim_x), intercept (dim_y,) and left-out variance (dim_y,) of a regression.

    Of the penalties, the one with the smallest leave-one-out variance is taken.
    """
    n = len(x)
    mean_x, mean_y = x.mean(0), y.mean(0)
    x, y = x - mean_x, y - mean_y
    spectrum, axes = torch.linalg.eigh(x.mT @ x)
    x = x @ axes
    moments = x.mT @ y

    def fit(penalty: float) -> tuple[Tensor, Tensor]:
        gain = 1 / (spectrum.clamp_min(0) + n * penalty)
        coefficients = gain[:, None] * moments
        leverage = 1 / n + x.square() @ gain
        left_out = (y - x @ coefficients) / (1 - leverage).clamp_min(_LEAST_LEFT_OUT)[:, None]
        return coefficients, left_out.square().mean(0).clamp_min(_SMALLEST_VARIANCE)

    coefficients, variance = min(map(fit, _PENALTIES), key=lambda found: found[1].log().sum())
    slope = (axes @ coefficients).mT
    return slope, mean_y - slope @ mean_x, variance


class MarginalGaussian(nn.Module):
    """A Gaussian q(y) with a full covariance, fitted in closed form."""

    mean: Tensor
    whitening: Tensor
    excess: Tensor

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(dim))
        self.register_buffer("whitening", torch.eye(dim))
        self.register_buffer("excess", torch.tensor(0.0))

    @torch.no_grad()
    def fit(self, y: Tensor) -> None:
        """Take mean and covariance from y (N, dim)."""
        n, d = y.shape
        edges = [fold * n // _FOLDS for fold in range(_FOLDS + 1)]
        likelihood = [0.0] * len(_SHARES)
        for start, end in pairwise(edges):
            known, out = torch.cat([y[:start], y[end:]]), y[start:end]
            if not len(known) or not len(out):
                continue
            mean, covariance = _moments(known)
            for place, share in enumerate(_SHARES):
                self.take(mean, covariance, share)
                likelihood[place] += self.log_density(out).sum().item()
        # of a single row nothing is known but the least variance
        share = _SHARES[likelihood.index(max(likelihood))] if any(likelihood) else _SHARES[-1]
        self.take(*_moments(y), share)
        # what a density fitted to n rows lacks on others, at first order
        self.excess.fill_((1 - share) ** 2 * d * (d + 3) / (4 * n))

    def take(self, mean: Tensor, covariance: Tensor, share: float) -> None:
        """Take mean (dim,) and covariance (dim, dim), a share of it without what columns share."""
        variance = covariance.diagonal()
        shrunk = (1 - share) * covariance
        shrunk.diagonal().add_(share * (variance + _SMALLEST_VARIANCE) + _SMALLEST_VARIANCE)
        factor = torch.linalg.cholesky(shrunk)
        unit = torch.eye(len(shrunk), device=shrunk.device)
        self.mean.copy_(mean)
        self.whitening.copy_(torch.linalg.solve_triangular(factor, unit, upper=False))

    def white(self, y: Tensor) -> Tensor:
        """y (..., dim) in columns that are standard normal where the density fits."""
        return (y - self.mean) @ self.whitening.mT

    def log_density(self, y: Tensor) -> Tensor:
        """Log-density of y (..., dim): (...), in nats."""
        white = self.white(y)
        zero = torch.zeros_like(white)
        return log_density(white, zero, zero) + self.whitening.diagonal().log().sum()


class ConditionalEstimator(Estimator):
    """An estimator whose learned part is a `q` of y given x, fitted by likelihood.

    Args:
        dim_x: channels of x.
        dim_y: channels of y.
        hidden: width of the networks.
        conditional: `gaussian`, or `flow` for a density of any shape.
    """

    standardise_y: Standardiser

    def __init__(
        self, dim_x: int, dim_y: int, hidden: int = 256, conditional: ConditionalKind = "gaussian"
    ) -> None:
        super().__init__(dim_x, dim_y, hidden)
        self.q: ConditionalGaussian | ConditionalFlow
        if conditional == "gaussian":
            self.q = ConditionalGaussian(dim_x, dim_y, hidden)
        else:
            self.q = ConditionalFlow(dim_x, dim_y, hidden)
        self.marginal = MarginalGaussian(dim_y)

    def scaled_to(self, x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
        """As of every estimator; then y is turned to columns whose residuals do not correlate.

        So q has a full residual covariance, though it gives each column a variance of its own.
        """
        scaled_x, scaled_y = super().scaled_to(x, y)
        self.standardise_y.turn_to(_uncorrelated(scaled_x, scaled_y))
        return scaled_x, self.standardise_y(y)

    def prepare(self, x: Tensor, y: Tensor) -> None:
        self.marginal.fit(y)

    def start(self, x: Tensor, y: Tensor) -> None:
        self.q.start(x, y)

    def loss(self, x: Tensor, y: Tensor) -> Tensor:
        return -self.q.log_density(x, y).mean()

    def log_marginal(self, x: Tensor, y: Tensor) -> Tensor:
        """(B,) log q(y) of a density fitted to y alone, less what its fit costs on other pairs."""
        return self.marginal.log_density(y) + self.marginal.excess

    def white(self, x: Tensor, y: Tensor) -> Tensor:
        """(B, dim_y) y, standard normal where q(y) fits."""
        return self.marginal.white(y)

    def evidence(self, x: Tensor, y: Tensor, batch: int) -> tuple[Tensor, ...]:
        """What `misfit` asks for, what a critic would say, and ln q(y | x) / q(y)."""
        residuals = self.q.residuals(x, y)
        columns = residuals
        if isinstance(self.q, ConditionalGaussian):
            columns = residuals @ torch.linalg.pinv(self.standardise_y.turn).to(residuals)
        lower = [column_terms(self.q.pairwise(*few)).mean() for few in self.batches(x, y, batch)]
        read = self.q.log_density(x, y) - self.log_marginal(x, y)
        return x, self.white(x, y), residuals, columns, torch.stack(lower), read

    def quality(self, evidence: tuple[Tensor, ...]) -> dict[str, float]:
        """How well q fits.

        Returns:
            What a Gaussian q(y | x) and q(y) miss, see `misfit`.
            `least`: InfoNCE in nats with q as the critic, a lower bound whether q fits or not.
            `read`: the mean of ln q(y | x) / q(y), which is I(x; y) where both fit; `read_std`, its
            standard error.
        """
        *rows, lower, read = evidence
        error = read.std().item() / math.sqrt(len(read)) if len(read) > 1 else 0.0
        found = {"least": _surely(lower), "read": read.mean().item(), "read_std": error}
        return {**misfit(*rows), **found}

    def doubt_of(self, quality: dict[str, float], nats: float, std: float) -> str | None:
        if self.bound == "neither":
            return doubt_of_misfit(quality, nats, std)
        if self.bound == "lower":
            return None
        if nats < -SURE * std - NOTHING:
            return "an upper bound cannot be negative, so its q(y | x) does not fit"
        if nats < quality["least"] - SURE * std - NOTHING:
            return (
                f"its own q, used as a critic, shows at least {quality['least']:.2f} nats, so q "
                f"does not fit"
            )
        if quality["repeated"] > MOST_REPEATED:
            return (
                f"{quality['repeated']:.0%} of the values of y are repeated, so that y has no "
                f"density; use ksg or infonce"
            )
        missed = quality["residual"] + quality["remaining"]
        truth = quality["read"] - quality["marginal"] + missed
        within = material(nats, math.hypot(std, quality["read_std"]))
        if nats < truth + min(quality["unseen"], UNSEEN * missed) - within:
            return (
                f"its q(y | x) misses about {missed:.2f} nats of what is left of y, more than this "
                f"bound has to spare, so q does not fit"
            )
        return None


def _moments(rows: Tensor) -> tuple[Tensor, Tensor]:
    """Mean (d,) and covariance (d, d) of rows (N, d)."""
    mean = rows.mean(0)
    centred = rows - mean
    return mean, centred.mT @ centred / len(rows)


def _uncorrelated(x: Tensor, y: Tensor) -> Tensor:
    """(dim_y, dim_y) that takes y (N, dim_y) to columns that correlate neither with each other nor
    after a regression on x (N, dim_x); the unit where rows are too few to tell."""
    n, d = y.shape
    if d == 1 or n < _ROWS_PER_COLUMN * d:
        return torch.eye(d).to(y)
    marginal = MarginalGaussian(d).to(y)
    marginal.take(*_moments(y), _LIGHTLY)
    white, x = marginal.white(y), x - x.mean(0)
    gram = x.mT @ x / n
    gram.diagonal().add_(_PENALTIES[0])
    rest = white - x @ torch.linalg.solve(gram, x.mT @ white / n)
    return marginal.whitening.mT @ torch.linalg.eigh(rest.mT @ rest / n).eigenvectors


def _surely(values: Tensor) -> float:
    """The mean of values less what may be noise."""
    error = values.std().item() / math.sqrt(len(values)) if len(values) > 1 else 0.0
    return values.mean().item() - SURE * error
