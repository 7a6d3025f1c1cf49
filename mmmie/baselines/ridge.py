"""Linear baselines: ridge regression, or logistic regression with the same penalty."""

from __future__ import annotations

import numpy as np

from mmmie.baselines.choice import best_on_valid
from mmmie.baselines.inputs import input_matrix
from mmmie.corpus import Corpus
from mmmie.errors import InputError

_PENALTIES = (100.0, 30.0, 10.0, 3.0, 1.0, 0.3, 0.1, 0.03, 0.01)
_ITERATIONS = 300


def ridge(corpus: Corpus, modalities: list[str], neighbours: int) -> np.ndarray:
    """A linear model with a squared penalty; the valid split chooses how strong it is.

    Args:
        corpus: with a train and a valid split.
        modalities: which modalities it sees.
        neighbours: how many utterances before the target, and after it.

    Returns:
        (N,) in label units, or (N, classes) probabilities of a logistic regression.

    Raises:
        InputError: a split is missing, or train has one class only.
    """
    from sklearn.linear_model import LogisticRegression, Ridge

    x = input_matrix(corpus, modalities, neighbours)
    rows = corpus.rows("train")
    y = corpus.targets[rows]
    if corpus.label.classes is None:
        models = (Ridge(alpha=strength * len(rows)) for strength in _PENALTIES)
        return best_on_valid(corpus, (model.fit(x[rows], y).predict(x) for model in models))
    if len(np.unique(y)) < 2:
        raise InputError(
            f"{corpus.where}: column `label` has one class in train; a classifier needs two"
        )
    classes = len(corpus.label.classes)

    def logistic(strength: float) -> np.ndarray:
        model = LogisticRegression(C=1 / (strength * len(rows)), max_iter=_ITERATIONS)
        model.fit(x[rows], y)
        probabilities = np.zeros((len(x), classes))
        probabilities[:, model.classes_] = model.predict_proba(x)
        return probabilities

    return best_on_valid(corpus, map(logistic, _PENALTIES))
