"""NWJ: a lower bound that asks of its critic to be the log-ratio of densities itself."""

from __future__ import annotations

import math

from torch import Tensor

from mmmie.mi.catalogue import CATALOGUE
from mmmie.mi.learned.critics import CriticEstimator
from mmmie.mi.pair_matrix import exp_shares, joint_and_others, log_mean_exp


def nwj(scores: Tensor) -> Tensor:
    """NWJ from the scores of every x against every y.

    Mean over the joint pairs of T minus 1/e times the mean over all others of exp(T). Unbiased, so
    nothing caps it, but its variance grows exponentially with the information. The best critic
    is 1 + ln p(y | x) / p(y).

    Source: Nguyen et al. 2010 (arXiv 0809.0853); as a bound on mutual information, I_NWJ of Poole
    et al. 2019 (arXiv 1905.06922).

    Args:
        scores: (..., B, B), the diagonal holds the joint pairs.

    Returns:
        (...) nats; 0 for B = 1, where there is nothing to compare with.

    Raises:
        ValueError: the matrix is not square.

    Example:
        >>> import torch
        >>> nwj(torch.ones(4, 4)).item()  # T = 1 says that nothing is shared
        0.0
    """
    joint, level = _pieces(scores)
    return joint.mean(-1) - level.exp()


def nwj_terms(scores: Tensor) -> Tensor:
    """The terms (..., B) whose mean is `nwj`, for B of at least 2."""
    joint, level = _pieces(scores)
    return joint - level.exp()[..., None] * exp_shares(scores - 1, level)


def _pieces(scores: Tensor) -> tuple[Tensor, Tensor]:
    """T of the joint pairs, (..., B), and ln of the mean of exp(T - 1) over all others, (...)."""
    joint, others = joint_and_others(scores, "scores")
    if others.shape[-1] == 0:
        return 0 * joint, joint.new_full(joint.shape[:-1], -math.inf)
    return joint, log_mean_exp(others - 1)


class NWJ(CriticEstimator):
    """NWJ with a learned critic of the log-ratio r, as T = 1 + r."""

    facts = CATALOGUE["nwj"]

    @staticmethod
    def objective(scores: Tensor) -> Tensor:
        return nwj(1 + scores)

    @staticmethod
    def terms(scores: Tensor) -> Tensor:
        return nwj_terms(1 + scores)
