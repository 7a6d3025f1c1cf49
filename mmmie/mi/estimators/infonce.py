"""InfoNCE: a lower bound that tells joint pairs from all others in the batch."""

from __future__ import annotations

import math

from torch import Tensor

from mmmie.mi.catalogue import CATALOGUE
from mmmie.mi.learned.critics import CriticEstimator
from mmmie.mi.pair_matrix import batch_of, log_mean_exp


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
        >>> import torch
        >>> round(infonce(100 * torch.eye(64)).item(), 4)  # ln 64
        4.1589
    """
    return infonce_terms(scores).mean(-1)


def infonce_terms(scores: Tensor) -> Tensor:
    """The terms (..., B) whose mean is `infonce`, one for every joint pair."""
    batch = batch_of(scores, "scores")
    joint = scores.diagonal(dim1=-2, dim2=-1)
    others = 0.5 * (scores.logsumexp(-1) + scores.logsumexp(-2))
    return math.log(batch) + (joint - others)


def column_terms(scores: Tensor) -> Tensor:
    """The same over the columns alone, where what y tells by itself cancels."""
    return scores.diagonal(dim1=-2, dim2=-1) - log_mean_exp(scores.mT)


class InfoNCE(CriticEstimator):
    """InfoNCE with a learned critic; all other pairs of the batch are negatives.

    Scores are not cosines: without a temperature these could not come near ln B.
    """

    facts = CATALOGUE["infonce"]
    objective = staticmethod(infonce)
    terms = staticmethod(infonce_terms)
