"""Ridge against its closed form, and logistic regression with classes that are rare."""

import numpy as np
import pytest

from mmmie.baselines.inputs import input_matrix
from mmmie.baselines.registry import constant
from mmmie.baselines.ridge import _PENALTIES, ridge
from mmmie.errors import InputError


def test_the_closed_form_of_the_best_penalty(make_corpus):
    corpus = make_corpus(conversations=30, levels={"audio": "utterance"})
    x, y = input_matrix(corpus, ["audio"], 1).astype(float), corpus.targets.astype(float)
    train, valid = corpus.rows("train"), corpus.rows("valid")
    errors, outputs = [], []
    for penalty in _PENALTIES:
        centred = x[train] - x[train].mean(0)
        gram = centred.T @ centred / len(train) + penalty * np.eye(x.shape[1])
        weights = np.linalg.solve(gram, centred.T @ (y[train] - y[train].mean()) / len(train))
        outputs.append(y[train].mean() + (x - x[train].mean(0)) @ weights)
        errors.append(np.abs(outputs[-1] - y)[valid].mean())
    best = outputs[int(np.argmin(errors))]
    np.testing.assert_allclose(ridge(corpus, ["audio"], 1), best, atol=1e-4)


def test_neighbours_tell_what_the_target_does_not(make_corpus):
    corpus = make_corpus(conversations=60, levels={"audio": "utterance"})
    before = corpus.window(1, 0)[:, 0]
    signal = corpus.features["audio"].values[:, 0]
    corpus.utterances["label"] = np.where(before < 0, 0, np.clip(signal[before], -3, 3))
    valid = corpus.rows("valid")
    errors = [np.abs(ridge(corpus, ["audio"], k) - corpus.targets)[valid].mean() for k in (0, 1)]
    assert errors[1] < 0.2 < 0.5 < errors[0]


def test_a_class_that_train_lacks_gets_no_probability(make_corpus):
    corpus = make_corpus(classes=("bad", "fair", "good"))
    train = corpus.utterances["split"] == "train"
    corpus.utterances.loc[train & (corpus.utterances["label"] == "fair"), "label"] = "bad"
    output = ridge(corpus, ["text"], 0)
    assert (output[:, 1] == 0).all()
    np.testing.assert_allclose(output.sum(1), 1)


def test_one_class_is_too_few(make_corpus):
    corpus = make_corpus(classes=("bad", "good"))
    corpus.utterances["label"] = "good"
    with pytest.raises(InputError, match="one class in train"):
        ridge(corpus, ["text"], 0)


def test_the_constant_is_the_best_one(make_corpus):
    corpus = make_corpus()
    rows = corpus.rows("train")
    value = constant(corpus)[0]
    labels = corpus.targets[rows]
    at_value = np.abs(labels - value).mean()
    assert all(np.abs(labels - value - shift).mean() >= at_value for shift in (-0.1, 0.01, 0.1))
    classes = make_corpus(classes=("bad", "good"))
    shares = constant(classes)[0]
    assert shares[1] == pytest.approx((classes.targets[rows] == 1).mean())
