"""The one shape that several bounds ask for."""

from __future__ import annotations

from torch import Tensor


def batch_of(matrix: Tensor, name: str) -> int:
    """The batch size B of a matrix (..., B, B) that compares every x with every y.

    Raises:
        ValueError: the last two axes differ or hold nothing; the message names the shape.
    """
    shape = tuple(matrix.shape)
    if len(shape) < 2 or shape[-1] != shape[-2] or shape[-1] == 0:
        raise ValueError(f"{name} must be (..., B, B) with B of at least 1, got {shape}")
    return shape[-1]
