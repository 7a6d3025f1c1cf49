"""The nearest utterances in the space where the codes live, not on a map of it."""

from __future__ import annotations

from typing import Literal

import numpy as np

Metric = Literal["cosine", "euclidean"]


def nearest(
    codes: np.ndarray,
    index: int,
    count: int = 8,
    *,
    metric: Metric = "cosine",
    among: np.ndarray | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """The codes that are nearest to one of them.

    Args:
        codes: (n, d).
        among: (n,) mask of those that may be found; all if left out.

    Returns:
        indices (k,), nearest first, `index` left out; and their cosines in [-1, 1], or their
        distances.

    Example:
        >>> codes = np.array([[1.0, 0.0], [0.0, 1.0], [3.0, 0.1]])
        >>> nearest(codes, 0, 1)[0].tolist()
        [2]
        >>> nearest(codes, 0, 1, metric="euclidean")[0].tolist()
        [1]
    """
    if metric == "cosine":
        lengths = np.maximum(np.linalg.norm(codes, axis=1), 1e-12)
        values = codes @ codes[index] / (lengths * lengths[index])
        order = np.argsort(-values, kind="stable")
    else:
        values = np.linalg.norm(codes - codes[index], axis=1)
        order = np.argsort(values, kind="stable")
    allowed = np.ones(len(codes), bool) if among is None else among.copy()
    allowed[index] = False
    order = order[allowed[order]][:count]
    return order, values[order]
