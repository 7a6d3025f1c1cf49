"""Late fusion: one model per modality, and a weighted mean of their predictions."""

from __future__ import annotations

import numpy as np

from mmmie.baselines.choice import best_on_valid, valid_score
from mmmie.baselines.mlp import mlp
from mmmie.corpus import Corpus

_PICKS = 20


def late_fusion(corpus: Corpus, seed: int) -> np.ndarray:
    """One `mlp` per modality; the valid split chooses the weights of their mean."""
    return weighted_mean(corpus, [mlp(corpus, [name], seed) for name in corpus.modalities])


def weighted_mean(corpus: Corpus, candidates: list[np.ndarray]) -> np.ndarray:
    """The mean of predictions with weights in steps, chosen greedily on the valid split.

    Each step adds the candidate that makes the mean of all added so far the best; the best mean
    of any step is kept. How often one was added is its weight (Caruana et al., Ensemble selection
    from libraries of models, ICML 2004, section 2). All `candidates` have one shape.
    """
    total = np.zeros_like(candidates[0])
    means = []
    for picked in range(1, _PICKS + 1):
        sums = [total + candidate for candidate in candidates]
        total = max(sums, key=lambda together: valid_score(corpus, together / picked))
        means.append(total / picked)
    return best_on_valid(corpus, means)
