"""The multilayer perceptron, and late fusion of several."""

import numpy as np
import pytest

from mmmie.baselines.choice import valid_score
from mmmie.baselines.late_fusion import weighted_mean
from mmmie.baselines.mlp import mlp
from mmmie.baselines.ridge import ridge


@pytest.fixture(autouse=True)
def two_penalties(monkeypatch):
    monkeypatch.setattr("mmmie.baselines.mlp._PENALTIES", (0.015, 0.15))


@pytest.mark.slow
def test_it_learns_what_no_line_can(make_corpus):
    corpus = make_corpus(conversations=120, levels={"audio": "utterance"})
    x = corpus.features["audio"].values
    corpus.utterances["label"] = 2.0 * np.sign(x[:, 0] * x[:, 1])
    assert -valid_score(corpus, mlp(corpus, ["audio"], 0)) < 1.2
    assert -valid_score(corpus, ridge(corpus, ["audio"], 0)) > 1.8


@pytest.mark.slow
def test_labels_far_from_zero(make_corpus):
    corpus = make_corpus(conversations=40, label_range=(0.0, 1000.0))
    assert -valid_score(corpus, mlp(corpus, ["text"], 0)) < 120


@pytest.mark.slow
def test_a_modality_that_only_fits_train_gets_no_weight(make_corpus):
    corpus = make_corpus(
        conversations=40, levels={"honest": "utterance", "leaky": "utterance"}, dim=6
    )
    random = np.random.default_rng(3)
    leaky = corpus.features["leaky"].values
    leaky[:, 0] = corpus.targets
    valid = corpus.rows("valid")
    leaky[valid, 0] = random.normal(size=len(valid))
    alone = [mlp(corpus, [name], 0) for name in ("honest", "leaky")]
    fused, honest = weighted_mean(corpus, alone), valid_score(corpus, alone[0])
    assert valid_score(corpus, fused) >= honest
    assert valid_score(corpus, mlp(corpus, ["honest", "leaky"], 0)) < honest - 0.2


def test_weights_where_two_err_in_opposite_ways(make_corpus):
    corpus = make_corpus()
    y = corpus.targets.astype(float)
    error = np.where(np.arange(len(y)) % 2, 1.0, -1.0)
    candidates = [y + 3 * error, y - error, y + 9]
    found = weighted_mean(corpus, candidates)
    np.testing.assert_allclose(found, y, atol=1e-9)


@pytest.mark.parametrize("order", [[0, 1], [1, 0]])
def test_the_better_one_alone_where_the_other_adds_nothing(make_corpus, order):
    corpus = make_corpus()
    y = corpus.targets.astype(float)
    candidates = [y + 0.5, y + 2]
    found = weighted_mean(corpus, [candidates[i] for i in order])
    np.testing.assert_allclose(found, y + 0.5, atol=1e-9)
