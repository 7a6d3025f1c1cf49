"""InfoNCE: a lower bound that tells joint pairs from all others in the batch."""

from __future__ import annotations

import math
from typing import ClassVar

import torch
from torch import Tensor, nn

from mmmie.mi.estimator import Bound, Estimator
from mmmie.mi.networks import SkipMLP
from mmmie.mi.shapes import batch_of

_FIRST_SCALE = 0.1


def infonce(scores: Tensor) -> Tensor:
    """InfoNCE from the scores of every x against every y.

    ln B + mean over the diagonal of (score - logsumexp), once over the rows and once over the
    columns. Each is a lower bound, so their mean is one too, and it treats x and y alike.

    Source: van den Oord et al. 2018 (arXiv 1807.03748); as a bound, I_NCE of Poole et al. 2019
    (arXiv 1905.06922).

    Args:
        scores: (..., B, B), the diagonal holds the joint pairs.

    Returns:
        (...) nats, at most ln B; 0 for B = 1.

    Raises:
        ValueError: the matrix is not square.

    Example:
        >>> round(infonce(100 * torch.eye(64)).item(), 4)  # ln 64
        4.1589
    """
    batch = batch_of(scores, "scores")
    joint = scores.diagonal(dim1=-2, dim2=-1)
    others = 0.5 * (scores.logsumexp(-1) + scores.logsumexp(-2))
    return math.log(batch) + (joint - others).mean(-1)


class InfoNCE(Estimator):
    """InfoNCE with a learned separable critic: score = temperature · f(x)ᵀ g(y).

    All other pairs of the batch are negatives. The dot product is not normalised and its
    temperature is learned: a cosine without one could not come near ln B. The critic starts
    near zero, which says that nothing is shared.
    """

    name: ClassVar[str] = "infonce"
    bound: ClassVar[Bound] = "lower"

    def __init__(self, dim_x: int, dim_y: int, hidden: int = 256) -> None:
        super().__init__(dim_x, dim_y, hidden)
        self.embed_x = SkipMLP(dim_x, hidden, hidden)
        self.embed_y = SkipMLP(dim_y, hidden, hidden)
        with torch.no_grad():
            for parameter in self.embed_x.linear.parameters():
                parameter.mul_(_FIRST_SCALE)
        self.log_temperature = nn.Parameter(torch.tensor(-0.5 * math.log(hidden)))

    def scores(self, x: Tensor, y: Tensor) -> Tensor:
        """(B, B) critic values, entry [i, j] compares x_i with y_j."""
        return torch.exp(self.log_temperature) * self.embed_x(x) @ self.embed_y(y).mT

    def learning_loss(self, x: Tensor, y: Tensor) -> Tensor:
        return -self(x, y)

    def forward(self, x: Tensor, y: Tensor) -> Tensor:
        return infonce(self.scores(x, y))

    @classmethod
    def ceiling(cls, batch_size: int) -> float:
        return math.log(batch_size)
