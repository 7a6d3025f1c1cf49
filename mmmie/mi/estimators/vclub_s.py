"""vCLUB-S: CLUB with one random other pair for every joint pair."""

from __future__ import annotations

import torch
from torch import Tensor

from mmmie.mi.catalogue import CATALOGUE
from mmmie.mi.closed.gaussian import log_density
from mmmie.mi.learned.conditional import ConditionalEstimator


def vclub_s(joint: Tensor, other: Tensor) -> Tensor:
    """The mean of log q(y_i | x_i) - log q(y_k | x_i), with one k other than i for every i.

    The same expectation as CLUB at a cost of B densities rather than B², with more noise.

    Source: Cheng et al. 2020 (arXiv 2006.12013), section 3.3.

    Args:
        joint: (..., B) log q(y_i | x_i).
        other: (..., B) log q(y_k | x_i).

    Returns:
        (...) nats.

    Example:
        >>> import torch
        >>> vclub_s(torch.tensor([-1.0, -2.0]), torch.tensor([-3.0, -3.0])).item()
        1.5
    """
    return (joint - other).mean(-1)


class VCLUBS(ConditionalEstimator):
    """vCLUB-S with a learned q(y | x).

    The other pair is the next of the batch: batches are drawn at random, so it is a random one.
    """

    facts = CATALOGUE["vclub-s"]

    @staticmethod
    def terms(sample: Tensor, mean: Tensor, log_variance: Tensor) -> Tensor:
        """(B // 2,), one for two samples that each are the other's other.

        They are half a batch apart, since neighbours come from the same conversation. The last
        one of an odd number is left out.
        """
        half = len(sample) // 2
        other = torch.cat([sample[half : 2 * half], sample[:half]])
        mean, log_variance = mean[: 2 * half], log_variance[: 2 * half]
        joint = log_density(sample[: 2 * half], mean, log_variance)
        halves = (joint - log_density(other, mean, log_variance)).unflatten(0, (2, half))
        return halves.mean(0)

    def row_terms(self, x: Tensor, y: Tensor) -> Tensor:
        return self.q.log_density(x, y) - self.q.log_density(x, y.roll(1, 0))
