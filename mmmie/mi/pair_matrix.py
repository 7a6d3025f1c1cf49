"""What the bounds ask of a matrix that compares every x with every y."""

from __future__ import annotations

import math

import torch
from torch import Tensor


def batch_of(matrix: Tensor, name: str) -> int:
    """The batch size B of a matrix (..., B, B) that compares every x with every y.

    Raises:
        ValueError: the last two axes differ or are empty; the message names the shape.
    """
    shape = tuple(matrix.shape)
    if len(shape) < 2 or shape[-1] != shape[-2] or shape[-1] == 0:
        raise ValueError(f"{name} must be (..., B, B) with B of at least 1, got {shape}")
    return shape[-1]


def joint_and_others(matrix: Tensor, name: str) -> tuple[Tensor, Tensor]:
    """The diagonal (..., B) and all else (..., B (B - 1)) of a matrix (..., B, B).

    Raises:
        ValueError: see `batch_of`.

    Example:
        >>> import torch
        >>> joint, others = joint_and_others(torch.arange(4.0).reshape(2, 2), "scores")
        >>> joint.tolist(), others.tolist()
        ([0.0, 3.0], [1.0, 2.0])
    """
    batch = batch_of(matrix, name)
    # read row by row, the entries of the diagonal are B + 1 apart
    flat = matrix.flatten(-2)
    others = flat[..., 1:].unflatten(-1, (batch - 1, batch + 1))[..., :-1] if batch > 1 else None
    joint = matrix.diagonal(dim1=-2, dim2=-1)
    return joint, flat[..., :0] if others is None else others.flatten(-2)


def over_others(matrix: Tensor) -> Tensor:
    """What every pair adds to the mean over i ≠ j of a matrix: (..., B, B) → (..., B).

    The mean of its row, plus that of its column, less that of all. Their mean is the mean over
    i ≠ j, and to first order their spread is its error, since every pair is in a row and in a
    column: the projection of a U-statistic (Hoeffding 1948). B is at least 2.
    """
    batch = matrix.shape[-1]
    own = torch.eye(batch, dtype=torch.bool, device=matrix.device)
    others = matrix.masked_fill(own, 0) / (batch - 1)
    rows, columns = others.sum(-1), others.sum(-2)
    return rows + columns - rows.mean(-1, keepdim=True)


def exp_shares(scores: Tensor, level: Tensor) -> Tensor:
    """What every pair adds to the mean of exp(score) over all others, 1 on average: (..., B).

    Args:
        scores: (..., B, B).
        level: (...) the logarithm of that mean, see `log_mean_exp`.
    """
    return over_others((scores - level[..., None, None]).exp())


def log_mean_exp(values: Tensor) -> Tensor:
    """ln of the mean of exp over the last axis: (..., N) → (...)."""
    return values.logsumexp(-1) - math.log(values.shape[-1])
