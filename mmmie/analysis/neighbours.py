"""The nearest utterances in the space where the codes live, not on a map of it."""

from __future__ import annotations

import numpy as np


def nearest(codes: np.ndarray, index: int, count: int = 8) -> tuple[np.ndarray, np.ndarray]:
    """The codes most similar to one of them by cosine.

    Args:
        codes: (n, d).
        index: whose neighbours.
        count: how many, fewer where there are not so many others.

    Returns:
        indices (k,) and cosines (k,) in [-1, 1], most similar first, `index` left out.

    Example:
        >>> nearest(np.array([[1.0, 0.0], [0.0, 1.0], [2.0, 0.1]]), 0, 1)[0].tolist()
        [2]
    """
    unit = codes / np.maximum(np.linalg.norm(codes, axis=1, keepdims=True), 1e-12)
    cosine = unit @ unit[index]
    order = np.argsort(-cosine, kind="stable")
    order = order[order != index][:count]
    return order, cosine[order]
