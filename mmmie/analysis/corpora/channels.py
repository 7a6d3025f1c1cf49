"""Channels that a person can read: which ones, and what is usual for them."""

from __future__ import annotations

import re

import numpy as np

from mmmie.corpus import Features, Modality

_MOST_ROWS = 20_000


def readable_channels(modality: Modality, most: int = 8) -> list[int]:
    """Which channels have a name of their own, at most `most`.

    Numbered ones such as ``embedding_07`` have none; neither has any channel of a modality
    whose channels are not named.
    """
    names = modality.channels or ()
    return [i for i, name in enumerate(names) if not re.search(r"_\d+$", name)][:most]


def usual_values(features: Features) -> tuple[np.ndarray, np.ndarray]:
    """Mean and standard deviation of every channel (d,), over evenly spaced rows.

    At most 20,000 rows are read, so that a large memory-mapped corpus is not.
    """
    step = max(1, -(-len(features.values) // _MOST_ROWS))
    values = np.asarray(features.values[::step], np.float64)
    if not len(values):
        empty = np.zeros(features.values.shape[1])
        return empty, empty
    return values.mean(0), values.std(0)
