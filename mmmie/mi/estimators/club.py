"""CLUB: an upper bound that compares joint pairs with all others in the batch."""

from __future__ import annotations

from torch import Tensor

from mmmie.mi.catalogue import CATALOGUE
from mmmie.mi.closed.gaussian import pairwise_log_density
from mmmie.mi.learned.conditional import ConditionalEstimator
from mmmie.mi.pair_matrix import batch_of, over_others


def club(log_density: Tensor) -> Tensor:
    """CLUB from the log-density of every z_j under the conditional of every x_i.

    The mean over the B joint pairs minus the mean over the B (B - 1) others. Leaving the joint
    pairs out of the second mean keeps the estimate free of a factor (B - 1) / B.

    Source: Cheng et al. 2020 (arXiv 2006.12013), the sample form of I_CLUB; with a learned
    conditional, that of I_vCLUB.

    Args:
        log_density: (..., B, B), entry [i, j] = log p(z_j | x_i).

    Returns:
        (...) nats; 0 for B = 1, where there is nothing to compare with.

    Raises:
        ValueError: the matrix is not square.

    Example:
        >>> import torch
        >>> club(torch.eye(3)).item()
        1.0
    """
    return club_terms(log_density).mean(-1)


def club_terms(log_density: Tensor) -> Tensor:
    """The terms (..., B) whose mean is `club`."""
    joint = log_density.diagonal(dim1=-2, dim2=-1)
    if batch_of(log_density, "log_density") == 1:
        return 0 * joint
    return joint - over_others(log_density)


class CLUB(ConditionalEstimator):
    """CLUB with a learned Gaussian q(y | x).

    An upper bound as far as q fits: while q is poor it can lie below I(x; y), even below 0.
    """

    facts = CATALOGUE["club"]

    @staticmethod
    def terms(sample: Tensor, mean: Tensor, log_variance: Tensor) -> Tensor:
        return club_terms(pairwise_log_density(sample, mean, log_variance))

    def row_terms(self, x: Tensor, y: Tensor) -> Tensor:
        return club_terms(self.q.pairwise(x, y))
