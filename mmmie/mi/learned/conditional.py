"""What the estimators with a learned Gaussian q(y | x) have in common."""

from __future__ import annotations

import math
from typing import Literal

import torch
from torch import Tensor, nn

from mmmie.mi.closed.explained import explained
from mmmie.mi.closed.gaussian import log_density, pairwise_log_density
from mmmie.mi.estimator import Estimator
from mmmie.mi.estimators.infonce import column_terms
from mmmie.mi.learned.flow import ConditionalFlow
from mmmie.mi.learned.networks import SkipMLP
from mmmie.mi.thresholds import NOTHING, SURE

ConditionalKind = Literal["gaussian", "flow"]

LOG_VARIANCE_LIMIT = 16.0
"""Log-variances stay within ± this, softly: room for 8 nats per dimension of unit variance."""

_PENALTIES = (1e-3, 1e-2, 1e-1, 1.0, 10.0, 100.0, 1e3, 1e4)
_LEAST_LEFT_OUT = 1e-6
_SMALLEST_VARIANCE = 1e-6
_FOLDS = 5
_SHARES = (0.0, 0.01, 0.03, 0.1, 0.3, 1.0)
_AS_CLAIMED = 0.8, 1.25
_GAUSSIAN = 0.9, 1.1
_UNEXPLAINED = 0.05


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
        folds = [torch.arange(len(y)) % _FOLDS == fold for fold in range(_FOLDS)]
        likelihood = []
        for share in _SHARES:
            left_out = []
            for out in folds:
                if out.any() and not out.all():
                    self._take(y[~out], share)
                    left_out.append(self.log_density(y[out]))
            likelihood.append(torch.cat(left_out).mean().item() if left_out else share)
        share = _SHARES[likelihood.index(max(likelihood))]
        self._take(y, share)
        n, d = y.shape
        # what a density fitted to n rows lacks on others, at first order
        self.excess.fill_((1 - share) ** 2 * d * (d + 3) / (4 * n))

    def _take(self, y: Tensor, share: float) -> None:
        centred = y - y.mean(0)
        covariance = (1 - share) * (centred.mT @ centred / len(y))
        own = centred.square().mean(0) + _SMALLEST_VARIANCE
        covariance.diagonal().add_(share * own + _SMALLEST_VARIANCE)
        factor = torch.linalg.cholesky(covariance)
        unit = torch.eye(len(covariance), device=y.device)
        self.mean.copy_(y.mean(0))
        self.whitening.copy_(torch.linalg.solve_triangular(factor, unit, upper=False))

    def log_density(self, y: Tensor) -> Tensor:
        """Log-density of y (..., dim): (...), in nats."""
        white = (y - self.mean) @ self.whitening.mT
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

    def __init__(
        self, dim_x: int, dim_y: int, hidden: int = 256, conditional: ConditionalKind = "gaussian"
    ) -> None:
        super().__init__(dim_x, dim_y, hidden)
        self.q: ConditionalGaussian | ConditionalFlow
        if conditional == "gaussian":
            self.q = ConditionalGaussian(dim_x, dim_y, hidden)
        else:
            self.q = ConditionalFlow(dim_x, dim_y, hidden)

    def start(self, x: Tensor, y: Tensor) -> None:
        self.q.start(x, y)

    def loss(self, x: Tensor, y: Tensor) -> Tensor:
        return -self.q.log_density(x, y).mean()

    def quality(self, x: Tensor, y: Tensor, batch: int) -> dict[str, float]:
        """How well q fits.

        Returns:
            `calibration`: mean squared residual in deviations that q claims, 1 where it fits.
            `spread`: the variance of the residuals' squared length over that of a Gaussian's, 1
            where q has the right shape. Of both, only what is more than noise.
            `unexplained`: the share of the residuals' variance, or of their size's, that x still
            explains; 0 where q fits.
            `least`: InfoNCE in nats with q as the critic, a lower bound whether q fits or not.
        """
        # constant columns are fitted by anything
        residuals = self.q.residuals(x, y)[:, (y != y[0]).any(0)]
        n, d = residuals.shape
        if d == 0:
            residuals = self.q.residuals(x, y)
            n, d = residuals.shape
        squares = residuals.square().sum(1)
        spread = squares.var(correction=0).item() / (2 * d)
        lower = [column_terms(self.q.pairwise(*few)).mean() for few in self.batches(x, y, batch)]
        return {
            "calibration": _beyond_noise(squares.mean().item() / d, math.sqrt(2 / (n * d))),
            "spread": _beyond_noise(spread, math.sqrt((2 + 12 / d) / n)),
            "unexplained": max(explained(x, residuals), explained(x, residuals.abs())),
            "least": _surely(torch.stack(lower)),
        }

    def doubt_of(self, quality: dict[str, float], nats: float, std: float) -> str | None:
        if self.facts.bound == "upper" and nats < quality["least"] - SURE * std - NOTHING:
            return (
                f"its own q, used as a critic, shows at least {quality['least']:.2f} nats, so q "
                f"does not fit"
            )
        if self.facts.bound == "upper" and nats < -SURE * std - NOTHING:
            return "an upper bound cannot be negative, so its q(y | x) does not fit"
        if not _AS_CLAIMED[0] < quality["calibration"] < _AS_CLAIMED[1]:
            return (
                f"the squared residuals of its q(y | x) are {quality['calibration']:.2g} times "
                f"what it claims, so q does not fit"
            )
        if not _GAUSSIAN[0] < quality["spread"] < _GAUSSIAN[1]:
            return (
                f"the residuals of its q(y | x) are not Gaussian (their squared length varies "
                f"{quality['spread']:.2g} times as much), so q does not fit"
            )
        if quality["unexplained"] > _UNEXPLAINED:
            return (
                f"x still explains {quality['unexplained']:.0%} of what its q(y | x) leaves over, "
                f"so q does not fit"
            )
        return None


def _beyond_noise(ratio: float, error: float) -> float:
    """A ratio that should be 1, drawn towards it by what sampling alone explains."""
    return 1 + math.copysign(max(abs(ratio - 1) - SURE * error, 0.0), ratio - 1)


def _surely(values: Tensor) -> float:
    """The mean of values less what may be noise."""
    error = values.std().item() / math.sqrt(len(values)) if len(values) > 1 else 0.0
    return values.mean().item() - SURE * error
