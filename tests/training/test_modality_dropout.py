"""Carryover: a modality that leaks the labels of the train split is found out."""

import numpy as np
import pytest

from mmmie.training.modality_dropout import Carryover, modality_carryover


def test_a_leaky_modality_is_hidden_more_than_an_honest_one(make_corpus):
    corpus = make_corpus(
        conversations=60, levels={"honest": "sequence", "leaky": "utterance"}, dim=6
    )
    train, valid = corpus.rows("train"), corpus.rows("valid")
    random = np.random.default_rng(3)
    leaky = corpus.features["leaky"].values
    leaky[:, 0] = corpus.targets
    leaky[valid, 0] = random.normal(size=len(valid))
    honest = modality_carryover(corpus, "honest", train, valid)
    found = modality_carryover(corpus, "leaky", train, valid)
    assert honest.valid > 0.8 and honest.dropout < 0.2
    assert found.train > 0.1 > found.valid and found.dropout > 0.8


def test_a_modality_that_says_nothing_is_hidden_most():
    assert Carryover(0.0, -0.1).dropout == 0.95
    assert Carryover(0.5, 0.2).dropout == pytest.approx(0.95)
    assert Carryover(0.5, 0.325).dropout == pytest.approx(0.525)
    assert Carryover(0.5, 0.7).dropout == pytest.approx(0.1)


def test_classes(make_corpus):
    corpus = make_corpus(conversations=60, classes=("a", "b", "c"))
    result = modality_carryover(corpus, "audio", corpus.rows("train"), corpus.rows("valid"))
    assert result.valid > 0.3
