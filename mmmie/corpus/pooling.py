"""One vector per utterance from the steps of a sequence, in plain numpy."""

from __future__ import annotations

import numpy as np

from mmmie.corpus import Features

_CHUNK_ROWS = 2048


def step_means(features: Features, rows: np.ndarray) -> np.ndarray:
    """The mean of every channel over the steps of an utterance.

    Args:
        features: of one modality, at either level.
        rows: (n,) row numbers of utterances.

    Returns:
        (n, d) float64 in the units of the features; zeros where an utterance has no step, and
        the features themselves at utterance level.

    Example:
        >>> features = Features(np.array([[1.0], [3.0], [5.0]]), np.array([0, 2, 3]))
        >>> step_means(features, np.array([0, 1])).ravel().tolist()
        [2.0, 5.0]
    """
    if features.offsets is None:
        return features.values[rows].astype(np.float64)
    means = np.empty((len(rows), features.values.shape[1]))
    for start in range(0, len(rows), _CHUNK_ROWS):  # a large corpus stays in its file
        part = features.take(rows[start : start + _CHUNK_ROWS])
        assert part.offsets is not None
        means[start : start + _CHUNK_ROWS] = _means(part.values, part.offsets)
    return means


def step_deviations(features: Features, rows: np.ndarray) -> np.ndarray:
    """The standard deviation of every channel over the steps of an utterance.

    Args:
        features: of one modality at sequence level.
        rows: (n,) row numbers of utterances.

    Returns:
        (n, d) float64 in the units of the features; zeros where an utterance has no step.

    Raises:
        ValueError: the features are at utterance level, which has no steps.
    """
    part = features.take(rows)
    if part.offsets is None:
        raise ValueError("features at utterance level have no steps to vary over")
    means = _means(part.values, part.offsets)
    centred = part.values - np.repeat(means, np.diff(part.offsets), axis=0)
    return np.sqrt(_means(centred**2, part.offsets))


def _means(values: np.ndarray, offsets: np.ndarray) -> np.ndarray:
    lengths = np.diff(offsets)
    means = np.zeros((len(lengths), values.shape[1]))
    held = lengths > 0
    if held.any():
        sums = np.add.reduceat(values, offsets[:-1][held], axis=0, dtype=np.float64)
        means[held] = sums / lengths[held, None]
    return means
