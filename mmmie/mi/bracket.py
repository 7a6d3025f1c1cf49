"""A bracket: mutual information from below and from above, where p(z | x) is known."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from mmmie.mi.estimators.infonce import column_terms
from mmmie.mi.estimators.l1out import l1out_terms
from mmmie.mi.pair_matrix import batch_of


def bracket(log_density: Tensor) -> tuple[Tensor, Tensor]:
    """The lower and the upper end from the log-density of every z_j under every x_i.

    Both compare log p(z_j | x_j) with the log of a mean over i of p(z_j | x_i). With the joint pair
    in that mean, it is InfoNCE over the columns with the best critic there is, a lower bound of at
    most ln B. Without it, it is L1Out, an upper bound. Nothing is learned, so both hold without
    doubt, up to sampling error. Where that would turn them round, the lower end is the upper one.

    Source: Poole et al. 2019 (arXiv 1905.06922), section 2.5: I_NCE with the optimal critic and the
    leave-one-out upper bound.

    Args:
        log_density: (..., B, B), entry [i, j] = log p(z_j | x_i).

    Returns:
        Two tensors (...) in nats. For B = 1 they are 0 and infinity, where nothing is known.

    Raises:
        ValueError: the matrix is not square.

    Example:
        >>> lower, upper = bracket(9 * torch.eye(3))
        >>> round(lower.item(), 4), upper.item()  # the lower end is near ln 3
        (1.0984, 9.0)
    """
    lower, upper = bracket_terms(log_density)
    return lower.mean(-1), upper.mean(-1)


def bracket_terms(log_density: Tensor) -> tuple[Tensor, Tensor]:
    """One term a column for both ends of `bracket`, which are their means.

    Args:
        log_density: (..., B, B), entry [i, j] = log p(z_j | x_i).

    Returns:
        Two tensors (..., B) in nats.

    Raises:
        ValueError: the matrix is not square.
    """
    batch = batch_of(log_density, "log_density")
    joint = log_density.diagonal(dim1=-2, dim2=-1)
    if batch == 1:
        return torch.zeros_like(joint), torch.full_like(joint, math.inf)
    lower, upper = column_terms(log_density), l1out_terms(log_density)
    turned = lower.mean(-1, keepdim=True) > upper.mean(-1, keepdim=True)
    return torch.where(turned, upper, lower), upper
