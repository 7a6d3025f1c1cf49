"""CLUB: an upper bound that compares joint pairs with all others in the batch."""

from __future__ import annotations

from typing import ClassVar

from torch import Tensor

from mmmie.mi.learned.conditional import ConditionalEstimator
from mmmie.mi.shapes import batch_of


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
    batch = batch_of(log_density, "log_density")
    if batch == 1:
        return log_density.new_zeros(log_density.shape[:-2])
    joint = log_density.diagonal(dim1=-2, dim2=-1).sum(-1)
    others = log_density.sum((-2, -1)) - joint
    return joint / batch - others / (batch * (batch - 1))


class CLUB(ConditionalEstimator):
    """CLUB with a learned Gaussian q(y | x).

    An upper bound as far as q fits: while q is poor it can lie below I(x; y), even below 0.
    """

    name: ClassVar[str] = "club"
    title: ClassVar[str] = "CLUB"

    def value(self, x: Tensor, y: Tensor) -> Tensor:
        return club(self.q.pairwise(x, y))
