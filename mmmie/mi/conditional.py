"""What the estimators with a learned Gaussian q(y | x) have in common."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from mmmie.mi.estimator import Estimator
from mmmie.mi.gaussian import log_density
from mmmie.mi.networks import SkipMLP

LOG_VARIANCE_LIMIT = 16.0
"""Log-variances stay within ± this, softly: room for 8 nats a dimension of unit variance."""

_PENALTIES = (1e-3, 1e-2, 1e-1, 1.0, 10.0, 100.0, 1e3, 1e4)
_LEAST_LEFT_OUT = 1e-6
_SMALLEST_VARIANCE = 1e-6


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

    @torch.no_grad()
    def start_linear(self, x: Tensor, y: Tensor) -> None:
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


class ConditionalEstimator(Estimator):
    """An estimator whose learned part is a Gaussian `q` of y given x, fitted by likelihood."""

    def __init__(self, dim_x: int, dim_y: int, hidden: int = 256) -> None:
        super().__init__(dim_x, dim_y, hidden)
        self.q = ConditionalGaussian(dim_x, dim_y, hidden)

    def prepare(self, x: Tensor, y: Tensor) -> None:
        self.q.start_linear(x, y)

    def learning_loss(self, x: Tensor, y: Tensor) -> Tensor:
        return -log_density(y, *self.q(x)).mean()
