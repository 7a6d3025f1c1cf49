"""A modality that gives the label away is named, one that only helps is not."""

from __future__ import annotations

import numpy as np
import pytest

from mmmie import load_corpus
from mmmie.analysis.corpora.giveaways import giveaway_notes, giveaways
from mmmie.corpus import Features, Modality

RANDOM = np.random.default_rng(0)
CLASSES = ("joy", "anger", "fear")


def with_values(corpus, values, offsets=None):
    values = np.asarray(values, np.float32)
    corpus.modalities = {"extra": Modality("extra", values.shape[1], "utterance")}
    corpus.features = {"extra": Features(values, offsets)}
    return corpus


def numbers(corpus):
    return corpus.utterances["label"].to_numpy(float)


def mixed(label, width):
    """Channels of which none, but their sum, is the label."""
    noise = RANDOM.normal(size=(len(label), width - 1)) * 4
    return np.concatenate([noise, label[:, None] - noise.sum(axis=1, keepdims=True)], axis=1)


@pytest.mark.parametrize(
    ("make", "channel"),
    [
        (lambda y: np.stack([RANDOM.normal(size=len(y)), y + 0.01], 1), 1),
        (lambda y: np.stack([np.exp(y), RANDOM.normal(size=len(y))], 1), 0),
        (lambda y: -y[:, None] + 0.05 * RANDOM.normal(size=(len(y), 1)), 0),
        (lambda y: mixed(y, 8), -1),
    ],
)
def test_numbers_given_away(make_corpus, make, channel):
    corpus = make_corpus(conversations=40)
    found = giveaways(with_values(corpus, make(numbers(corpus))))
    assert found[["modality", "channel"]].to_numpy().tolist() == [["extra", channel]]
    assert 0.98 <= found["value"][0] <= 1.0001
    [note] = giveaway_notes(corpus)
    assert "`extra`" in note and note.endswith(".")


@pytest.mark.parametrize("width", [9, 40])
def test_a_fit_of_many_channels_is_no_giveaway(make_corpus, width):
    corpus = make_corpus(conversations=40)
    assert giveaways(with_values(corpus, mixed(numbers(corpus), width))).empty


def test_features_that_help_are_no_giveaway(make_corpus):
    corpus = make_corpus(conversations=40)
    y = numbers(corpus)
    values = np.stack([y + RANDOM.normal(size=len(y)) * s for s in (0.5, 1, 2)], 1)
    assert giveaways(with_values(corpus, values)).empty and not giveaway_notes(corpus)


@pytest.mark.parametrize("kind", ["codes", "onehot", "noisy"])
def test_classes_given_away(make_corpus, kind):
    corpus = make_corpus(conversations=40, classes=CLASSES)
    codes = np.array([CLASSES.index(name) for name in corpus.utterances["label"]])
    onehot = np.eye(3)[codes]
    noise = RANDOM.normal(size=(len(codes), 3))
    values = {"codes": ((codes + 1) % 3)[:, None], "onehot": onehot, "noisy": onehot + 0.1 * noise}
    assert list(giveaways(with_values(corpus, values[kind]))["modality"]) == ["extra"]
    assert giveaways(with_values(corpus, onehot + noise)).empty


def test_labels_repeated_over_steps_are_seen(make_corpus):
    corpus = make_corpus(conversations=40)
    offsets = np.arange(len(corpus) + 1, dtype=np.int64) * 3
    corpus = with_values(corpus, np.repeat(numbers(corpus), 3)[:, None], offsets)
    assert len(giveaways(corpus)) == 1


def test_few_or_no_labels_say_nothing(make_corpus):
    corpus = make_corpus(conversations=3)
    corpus = with_values(corpus, numbers(corpus)[:, None])
    assert giveaways(corpus).empty
    corpus.utterances["label"] = np.nan
    assert giveaways(corpus).empty


def test_the_demo_gives_nothing_away():
    assert giveaways(load_corpus("demo")).empty


def test_real_corpora_give_nothing_away(mosi, meld):
    assert giveaways(load_corpus(mosi)).empty and giveaways(load_corpus(meld)).empty
