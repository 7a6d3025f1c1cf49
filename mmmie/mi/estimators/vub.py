"""VUB: an upper bound that compares the conditional with a fixed marginal."""

from __future__ import annotations

from typing import cast

import torch
from torch import Tensor

from mmmie.errors import InputError
from mmmie.mi.catalogue import CATALOGUE
from mmmie.mi.learned.conditional import ConditionalEstimator, ConditionalGaussian, ConditionalKind

_SMALLEST_VARIANCE = 1e-6


def vub(mean: Tensor, log_variance: Tensor) -> Tensor:
    """The variational upper bound: KL(p(z | x) || N(0, I)), the mean over the batch.

    The divergence is summed over dimensions, never averaged. The gap to I(x; z) is
    KL(p(z) || N(0, I)).

    Source: Poole et al. 2019 (arXiv 1905.06922), section 2.1; it is the rate term of the VAE and of
    the variational information bottleneck (Alemi et al. 2017, arXiv 1612.00410).

    Args:
        mean: (..., B, d) mean of p(z | x_i).
        log_variance: (..., B, d) log-variance of p(z | x_i).

    Returns:
        (...) nats.

    Example:
        >>> vub(torch.ones(8, 20), torch.zeros(8, 20)).item()
        10.0
    """
    return vub_terms(mean, log_variance).mean(-1)


def vub_terms(mean: Tensor, log_variance: Tensor) -> Tensor:
    """The terms (..., B) whose mean is `vub`: the divergence of every conditional."""
    # expm1 keeps the digits where the conditional is close to the prior
    divergence = 0.5 * (mean.square() + torch.expm1(log_variance) - log_variance)
    return divergence.sum(-1)


class VUB(ConditionalEstimator):
    """VUB with a learned Gaussian q(y | x) against the Gaussian marginal fitted to y.

    An upper bound as far as q fits. `prepare` takes the marginal from the pairs to fit; until
    then it is N(0, I).
    """

    facts = CATALOGUE["vub"]

    marginal_mean: Tensor
    marginal_variance: Tensor

    def __init__(
        self, dim_x: int, dim_y: int, hidden: int = 256, conditional: ConditionalKind = "gaussian"
    ) -> None:
        if conditional != "gaussian":
            raise InputError("vub needs a Gaussian conditional; use doe or club with a flow")
        super().__init__(dim_x, dim_y, hidden)
        self.register_buffer("marginal_mean", torch.zeros(dim_y))
        self.register_buffer("marginal_variance", torch.ones(dim_y))

    @staticmethod
    def terms(sample: Tensor, mean: Tensor, log_variance: Tensor) -> Tensor:
        """(B,) from the conditional alone, which needs no sample."""
        return vub_terms(mean, log_variance)

    def prepare(self, x: Tensor, y: Tensor) -> None:
        super().prepare(x, y)
        self.marginal_mean.copy_(y.mean(0))
        variance = y.var(0, correction=0)
        # a column can be constant among the pairs to fit and vary elsewhere
        self.marginal_variance.copy_(variance.clamp_min(_SMALLEST_VARIANCE))

    def row_terms(self, x: Tensor, y: Tensor) -> Tensor:
        mean, log_variance = cast(ConditionalGaussian, self.q)(x)
        return vub_terms(
            (mean - self.marginal_mean) * self.marginal_variance.rsqrt(),
            log_variance - self.marginal_variance.log(),
        )
