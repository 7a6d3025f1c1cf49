"""DV: the Donsker-Varadhan lower bound, learned in the way of MINE."""

from __future__ import annotations

import math
from typing import ClassVar

import torch
from torch import Tensor

from mmmie.mi.catalogue import CATALOGUE
from mmmie.mi.estimators.infonce import infonce
from mmmie.mi.learned.critics import CriticEstimator, CriticKind
from mmmie.mi.pair_matrix import exp_shares, joint_and_others, log_mean_exp

_MEMORY = 0.99
_LARGEST_EXCESS = 3.0


def dv(scores: Tensor, clip: float = math.inf) -> Tensor:
    """DV from the scores of every x against every y.

    Mean over the joint pairs of T minus ln of the mean over all others of exp(T). A lower bound
    in the limit of many pairs. Over one batch, the logarithm of a mean is on average below that
    of the expectation, and the value too large.

    Source: Donsker and Varadhan 1983; as a bound on mutual information, Belghazi et al. 2018
    (arXiv 1801.04062).

    Args:
        scores: (..., B, B), the diagonal holds the joint pairs.
        clip: T of all others is clipped to ± this, see `smile`.

    Returns:
        (...) nats; 0 for B = 1, where there is nothing to compare with.

    Raises:
        ValueError: the matrix is not square.

    Example:
        >>> round(dv(2 * torch.eye(3)).item(), 4)
        2.0
    """
    joint, level = _pieces(scores, clip)
    return joint.mean(-1) - level


def dv_terms(scores: Tensor, clip: float = math.inf) -> Tensor:
    """The terms (..., B) whose mean is `dv`, for B of at least 2.

    The logarithm of a mean is taken to first order in what every pair adds to it.
    """
    joint, level = _pieces(scores, clip)
    return joint - level[..., None] - (exp_shares(scores.clamp(-clip, clip), level) - 1)


def _pieces(scores: Tensor, clip: float) -> tuple[Tensor, Tensor]:
    """T of the joint pairs, (..., B), and ln of the mean of exp(T) over all others, (...)."""
    joint, others = joint_and_others(scores, "scores")
    if others.shape[-1] == 0:
        return 0 * joint, joint.new_zeros(joint.shape[:-1])
    return joint, log_mean_exp(others.clamp(-clip, clip))


class LogMeanEstimator(CriticEstimator):
    """A critic valued by DV, with one normaliser from all held-out batches together."""

    clip: ClassVar[float] = math.inf

    def value(self, x: Tensor, y: Tensor) -> Tensor:
        return self.combine(self.parts(x, y)[None])

    def parts(self, x: Tensor, y: Tensor) -> Tensor:
        joint, level = _pieces(self.scores(x, y), self.clip)
        return torch.stack([joint.mean(), level])

    def combine(self, parts: Tensor) -> Tensor:
        return parts[:, 0].mean() - log_mean_exp(parts[:, 1])


class DV(LogMeanEstimator):
    """DV with a learned critic.

    It is fitted with the gradient of MINE, whose normaliser is a running mean over batches, and
    one normaliser is taken from all held-out batches together: both against the bias that the
    logarithm of a single batch's mean has. The step to stop at is chosen by InfoNCE of the same
    scores, since DV would choose the noisiest.
    """

    facts = CATALOGUE["dv"]
    objective = staticmethod(dv)
    terms = staticmethod(dv_terms)

    log_normaliser: Tensor

    def __init__(
        self, dim_x: int, dim_y: int, hidden: int = 256, critic: CriticKind = "separable"
    ) -> None:
        super().__init__(dim_x, dim_y, hidden, critic)
        self.register_buffer("log_normaliser", torch.tensor(0.0))

    def loss(self, x: Tensor, y: Tensor) -> Tensor:
        scores = self.scores(x, y)
        if not self.training or len(x) == 1:
            return -infonce(scores)
        joint, others = joint_and_others(scores, "scores")
        here = log_mean_exp(others)
        with torch.no_grad():
            past = self.log_normaliser + math.log(_MEMORY)
            self.log_normaliser.copy_(torch.logaddexp(past, here + math.log(1 - _MEMORY)))
        # only its gradient matters: that of ln of the running mean
        normaliser = (here - self.log_normaliser).clamp(max=_LARGEST_EXCESS).exp()
        return normaliser - joint.mean()
