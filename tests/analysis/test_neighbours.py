"""Nearest utterances."""

import numpy as np

from mmmie.analysis.neighbours import nearest


def test_agrees_with_scikit_learn():
    from sklearn.metrics.pairwise import cosine_similarity

    codes = np.random.default_rng(0).normal(size=(50, 6))
    found, cosine = nearest(codes, 7, 5)
    reference = cosine_similarity(codes)[7]
    reference[7] = -2
    assert found.tolist() == np.argsort(-reference)[:5].tolist()
    assert np.allclose(cosine, reference[found])


def test_few_utterances_and_zero_codes():
    assert nearest(np.ones((1, 3)), 0)[0].tolist() == []
    found, cosine = nearest(np.zeros((3, 2)), 1, 8)
    assert sorted(found.tolist()) == [0, 2] and np.isfinite(cosine).all()
