"""Nearest utterances."""

import numpy as np

from mmmie.analysis.codes.neighbours import nearest


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


def test_euclidean_distances_and_only_those_allowed():
    codes = np.array([[0.0, 1.0], [0.0, 5.0], [0.9, 1.0], [0.0, 1.2]])
    found, distance = nearest(codes, 0, 3, metric="euclidean")
    assert found.tolist() == [3, 2, 1] and np.allclose(distance, [0.2, 0.9, 4.0])
    assert nearest(codes, 0, 1)[0].tolist() == [1]  # the same direction, however far
    among = np.array([True, True, True, False])
    assert nearest(codes, 0, 8, metric="euclidean", among=among)[0].tolist() == [2, 1]
    assert nearest(codes, 0, among=np.zeros(4, bool))[0].tolist() == []
