"""Columns on one scale, so that the product of two is their correlation."""

from __future__ import annotations

import numpy as np


def unit_columns(values: np.ndarray) -> np.ndarray:
    """Columns (n, d) of mean 0 and length 1; of zeros where they do not vary.

    Example:
        >>> unit_columns(np.array([[1.0, 5.0], [3.0, 5.0]])).round(3).tolist()
        [[-0.707, 0.0], [0.707, 0.0]]
    """
    most = np.abs(values).max(axis=0, initial=0)
    scaled = values / np.where(most > 0, most, 1)  # squares of large numbers would overflow
    centred = scaled - scaled.mean(axis=0)
    length = np.linalg.norm(centred, axis=0)
    varies = length > 1e-9 * np.sqrt(len(values))
    return np.divide(centred, length, out=np.zeros_like(centred), where=varies)
