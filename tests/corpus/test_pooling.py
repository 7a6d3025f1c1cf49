"""Pooling of sequences agrees with a loop over utterances."""

import numpy as np
import pytest

from mmmie.corpus import Features
from mmmie.corpus.pooling import step_deviations, step_means


@pytest.mark.parametrize(
    "lengths", [[3, 1, 4], [0, 2, 0, 0, 5, 0], [0, 0]], ids=["all", "gaps", "none"]
)
def test_a_loop_agrees(lengths):
    random = np.random.default_rng(0)
    offsets = np.concatenate([[0], np.cumsum(lengths)])
    values = random.normal(5, 2, (offsets[-1], 3)).astype(np.float16)
    features = Features(values, offsets)
    rows = random.permutation(len(lengths))
    for row, mean, deviation in zip(
        rows, step_means(features, rows), step_deviations(features, rows), strict=True
    ):
        steps = features.of(row).astype(np.float64)
        expected = (steps.mean(0), steps.std(0)) if len(steps) else (np.zeros(3), np.zeros(3))
        np.testing.assert_allclose(mean, expected[0], atol=1e-12)
        np.testing.assert_allclose(deviation, expected[1], atol=1e-12)


def test_one_vector_an_utterance_stays_as_it_is():
    features = Features(np.arange(6, dtype=np.float32).reshape(3, 2))
    np.testing.assert_array_equal(step_means(features, np.array([2, 0])), [[4, 5], [0, 1]])
    with pytest.raises(ValueError, match="have no steps"):
        step_deviations(features, np.array([0]))
