"""Which of very many utterances a figure draws."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

_MOST_DRAWN = 6000  # a browser selects among so many at once


def thinned(count: int, always: Sequence[int] | np.ndarray) -> np.ndarray:
    """Which of `count` utterances are drawn: all, or a fixed sample and those in `always`."""
    if count <= _MOST_DRAWN:
        return np.arange(count)
    sample = np.random.default_rng(0).permutation(count)[:_MOST_DRAWN]
    return np.unique(np.concatenate([sample, np.asarray(always, int)]))


def thinned_words(drawn: int, count: int) -> str:
    """What a caption says of it, after the number of utterances; empty where all are drawn.

    Example:
        >>> thinned_words(6000, 30_000), thinned_words(200, 200)
        (', of which 6,000 are drawn, a fixed random sample', '')
    """
    return f", of which {drawn:,} are drawn, a fixed random sample" if drawn < count else ""
