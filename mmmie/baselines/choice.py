"""Choosing between predictions by the valid split."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from mmmie.corpus import Corpus
from mmmie.metrics import metrics_for, primary_metric


def valid_score(corpus: Corpus, predictions: np.ndarray) -> float:
    """The primary metric on the valid split, signed so that more is better.

    Args:
        corpus: with a valid split; an `InputError` without.
        predictions: (N,) in label units or (N, classes) scores, for all utterances.
    """
    rows = corpus.rows("valid")
    metric, higher_is_better = primary_metric(corpus.label.kind)
    value = metrics_for(corpus.label, predictions[rows], corpus.targets[rows])[metric]
    return float(value if higher_is_better else -value)


def best_on_valid(corpus: Corpus, candidates: Iterable[np.ndarray]) -> np.ndarray:
    """The predictions with the best `valid_score`, the first of equals."""
    return max(candidates, key=lambda predictions: valid_score(corpus, predictions))
