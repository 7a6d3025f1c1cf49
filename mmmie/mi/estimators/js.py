"""JS: a critic learned by the Jensen-Shannon bound, and valued as NWJ."""

from __future__ import annotations

from torch import Tensor
from torch.nn.functional import softplus

from mmmie.mi.catalogue import CATALOGUE
from mmmie.mi.estimators.nwj import NWJ
from mmmie.mi.pair_matrix import joint_and_others


def js(scores: Tensor) -> Tensor:
    """The Jensen-Shannon objective from the scores of every x against every y.

    Minus the mean over the joint pairs of softplus(-T) minus the mean over all others of
    softplus(T). It bounds the Jensen-Shannon divergence of joint and product density (less
    2 ln 2), not mutual information; its best critic is the log-ratio of the two, which it finds
    without the variance of an exponential.

    Source: Nowozin et al. 2016 (arXiv 1606.00709); for mutual information, Hjelm et al. 2019
    (arXiv 1808.06670).

    Args:
        scores: (..., B, B), the diagonal holds the joint pairs.

    Returns:
        (...) at most 0; -2 ln 2 where nothing is told apart.

    Raises:
        ValueError: the matrix is not square.

    Example:
        >>> import torch
        >>> round(js(torch.zeros(4, 4)).item(), 4)
        -1.3863
    """
    joint, others = joint_and_others(scores, "scores")
    told = -softplus(-joint).mean(-1)
    return told - softplus(others).mean(-1) if others.shape[-1] else told


class JS(NWJ):
    """A critic learned by the Jensen-Shannon objective and valued by NWJ: I_JS of Poole et al."""

    facts = CATALOGUE["js"]
    objective = staticmethod(js)
