"""What the linear and the multilayer baselines see: one standardised vector per utterance."""

from __future__ import annotations

import numpy as np

from mmmie.corpus import Corpus, Features
from mmmie.corpus.pooling import step_deviations, step_means

_CLIP = 8.0
_LEAST_DEVIATION = 1e-6


def input_matrix(corpus: Corpus, modalities: list[str], neighbours: int = 0) -> np.ndarray:
    """The features of every utterance and of its neighbours, side by side.

    Sequences are pooled to the mean and the standard deviation of every channel. All is
    standardised by the utterances of the train split that have the modality, and clipped to ±8;
    a modality or a missing neighbour counts as the mean, 0.

    Args:
        corpus: with a train split; an `InputError` without.
        modalities: which modalities, in this order.
        neighbours: utterances of the same conversation before the target, and after it.

    Returns:
        (N, (2 · neighbours + 1) · D) float32, D the pooled channels of all modalities; the target
        is the middle block.
    """
    train = corpus.rows("train")
    own = np.concatenate([_standardised(corpus.features[name], train) for name in modalities], 1)
    if not neighbours:
        return own
    padded = np.concatenate([own, np.zeros_like(own[:1])])  # row -1 is no utterance
    return padded[corpus.window(neighbours, neighbours)].reshape(len(own), -1)


def _standardised(features: Features, train: np.ndarray) -> np.ndarray:
    lengths = features.lengths
    if lengths is None:
        return _by_train(np.asarray(features.values, np.float64), train)
    every, present = np.arange(len(lengths)), lengths > 0
    pooled = np.concatenate([step_means(features, every), step_deviations(features, every)], 1)
    return _by_train(pooled, train[present[train]]) * present[:, None]


def _by_train(values: np.ndarray, train: np.ndarray) -> np.ndarray:
    if not len(train):
        return np.zeros_like(values, np.float32)
    mean, deviation = values[train].mean(0), values[train].std(0)
    floor = _LEAST_DEVIATION * np.maximum(np.abs(mean), 1e-3)
    deviation[deviation < floor] = 1.0  # a constant channel must not be divided by zero
    return np.clip((values - mean) / deviation, -_CLIP, _CLIP).astype(np.float32)
