"""A multilayer perceptron on single utterances."""

from __future__ import annotations

import math

import numpy as np

from mmmie.baselines.choice import valid_score
from mmmie.baselines.inputs import input_matrix
from mmmie.corpus import Corpus

_HIDDEN = 64
_PENALTIES = (0.005, 0.015, 0.05, 0.15, 0.5)
_SMALLEST_BATCH, _LARGEST_BATCH = 8, 64
_STEPS = 20
_EPOCHS = 30
_PATIENCE = 6


def mlp(corpus: Corpus, modalities: list[str], seed: int) -> np.ndarray:
    """One hidden layer on the target alone; the valid split chooses the penalty and the epoch.

    scikit-learn's own early stopping would keep apart utterances of conversations it trains on, so
    the epochs are counted here. `modalities` are those that it sees; errors as for `ridge`.

    Returns:
        (N,) in label units, or (N, classes) probabilities.
    """
    x = input_matrix(corpus, modalities)
    runs = [_train(corpus, x, penalty, seed) for penalty in _PENALTIES]
    return max(runs, key=lambda run: run[0])[1]


def _train(corpus: Corpus, x: np.ndarray, penalty: float, seed: int) -> tuple[float, np.ndarray]:
    """The best score on valid of any epoch, and its predictions."""
    from sklearn.neural_network import MLPClassifier, MLPRegressor

    rows = corpus.rows("train")
    y = corpus.targets[rows]
    # a small train split gets small batches, so that an epoch has several steps there too
    batch = min(max(len(rows) // _STEPS, _SMALLEST_BATCH), _LARGEST_BATCH, len(rows))
    settings = {
        "hidden_layer_sizes": (_HIDDEN,),
        "alpha": penalty * batch,  # scikit-learn divides it by the size of the batch
        "batch_size": batch,
        "random_state": seed,
    }
    numbers = corpus.label.classes is None
    centre, scale = (y.mean(), y.std() or 1.0) if numbers else (0.0, 1.0)
    model = MLPRegressor(**settings) if numbers else MLPClassifier(**settings)
    best, waited = (-math.inf, np.empty(0)), 0
    for _ in range(_EPOCHS):
        if numbers:
            model.partial_fit(x[rows], (y - centre) / scale)
            predictions = centre + scale * model.predict(x)
        else:
            model.partial_fit(x[rows], y, classes=np.arange(len(corpus.label.classes or ())))
            predictions = model.predict_proba(x)
        score = valid_score(corpus, predictions)
        if score > best[0]:
            best, waited = (score, predictions), 0
        else:
            waited += 1
        if waited == _PATIENCE:
            break
    return best
