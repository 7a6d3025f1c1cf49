"""L1Out: an upper bound whose marginal is the mixture of the other conditionals in the batch."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from mmmie.mi.catalogue import CATALOGUE
from mmmie.mi.closed.gaussian import pairwise_log_density
from mmmie.mi.learned.conditional import ConditionalEstimator
from mmmie.mi.pair_matrix import batch_of


def l1out(log_density: Tensor) -> Tensor:
    """The leave-one-out bound from the log-density of every z_j under every x_i.

    The mean over j of log p(z_j | x_j) - [logsumexp over i ≠ j of log p(z_j | x_i) - ln(B - 1)].
    Tighter than CLUB, since the logarithm of a mean is at least the mean of the logarithms.

    Source: Poole et al. 2019 (arXiv 1905.06922), the leave-one-out upper bound.

    Args:
        log_density: (..., B, B), entry [i, j] = log p(z_j | x_i).

    Returns:
        (...) nats; 0 for B = 1, where there is nothing to compare with.

    Raises:
        ValueError: the matrix is not square.

    Example:
        >>> l1out(torch.eye(3)).item()
        1.0
    """
    return l1out_terms(log_density).mean(-1)


def l1out_terms(log_density: Tensor) -> Tensor:
    """The terms (..., B) whose mean is `l1out`, one for every z_j."""
    batch = batch_of(log_density, "log_density")
    joint = log_density.diagonal(dim1=-2, dim2=-1)
    if batch == 1:
        return 0 * joint
    own = torch.eye(batch, dtype=torch.bool, device=log_density.device)
    mixture = log_density.masked_fill(own, -math.inf).logsumexp(-2) - math.log(batch - 1)
    return joint - mixture


class L1Out(ConditionalEstimator):
    """L1Out with a learned Gaussian q(y | x).

    An upper bound as far as q fits: while q is poor it can lie below I(x; y), even below 0.
    """

    facts = CATALOGUE["l1out"]

    @staticmethod
    def terms(sample: Tensor, mean: Tensor, log_variance: Tensor) -> Tensor:
        return l1out_terms(pairwise_log_density(sample, mean, log_variance))

    def row_terms(self, x: Tensor, y: Tensor) -> Tensor:
        return l1out_terms(self.q.pairwise(x, y))
