"""What the simple baselines see."""

import numpy as np

from mmmie.baselines.inputs import input_matrix
from mmmie.corpus import Features


def test_standardised_by_train_alone(make_corpus):
    corpus = make_corpus(levels={"audio": "utterance"})
    valid = corpus.rows("valid")
    corpus.features["audio"].values[valid] += 3
    seen = input_matrix(corpus, ["audio"])
    train = seen[corpus.rows("train")]
    np.testing.assert_allclose(train.mean(0), 0, atol=1e-6)
    np.testing.assert_allclose(train.std(0), 1, atol=1e-6)
    assert seen[valid].mean() > 2


def test_sequences_give_mean_and_deviation(make_corpus):
    corpus = make_corpus(levels={"text": "sequence"}, dim=4)
    seen = input_matrix(corpus, ["text"])
    assert seen.shape == (len(corpus), 8) and seen.dtype == np.float32
    steps = [corpus.features["text"].of(row) for row in range(len(corpus))]
    pooled = np.array([[*s.mean(0), *s.std(0)] for s in steps])
    varying = [0, 1, 2, 3, 5, 6, 7]  # the first channel is the same at every step
    train = pooled[corpus.rows("train")]
    expected = (pooled - train.mean(0))[:, varying] / train.std(0)[varying]
    np.testing.assert_allclose(seen[:, varying], expected, atol=1e-4)
    assert (seen[:, 4] == 0).all()


def test_neighbours_come_from_the_same_conversation(make_corpus):
    corpus = make_corpus(conversations=6, length=4, levels={"audio": "utterance"}, dim=3)
    shuffled = np.random.default_rng(1).permutation(len(corpus))
    corpus = corpus.select(shuffled)
    alone, seen = input_matrix(corpus, ["audio"]), input_matrix(corpus, ["audio"], 2)
    table = corpus.utterances
    place = {
        (conversation, position): row
        for row, (conversation, position) in enumerate(
            zip(table["conversation"], table["position"], strict=True)
        )
    }
    for (conversation, position), row in place.items():
        blocks = []
        for offset in (-2, -1, 0, 1, 2):
            other = place.get((conversation, position + offset))
            blocks.append(np.zeros(3) if other is None else alone[other])
        np.testing.assert_array_equal(seen[row], np.concatenate(blocks))


def test_what_is_not_there_counts_as_the_mean(make_corpus):
    corpus = make_corpus(levels={"text": "sequence"})
    held = corpus.features["text"]
    empty = corpus.rows("train")[0]
    lengths = held.lengths
    keep = np.repeat(np.arange(len(corpus)) != empty, lengths)
    lengths[empty] = 0
    offsets = np.concatenate([[0], lengths.cumsum()]).astype(np.int64)
    corpus.features["text"] = Features(held.values[keep], offsets)
    seen = input_matrix(corpus, ["text"])
    assert (seen[empty] == 0).all()
    others = np.setdiff1d(corpus.rows("train"), empty)
    np.testing.assert_allclose(seen[others].mean(0), 0, atol=1e-6)


def test_a_modality_that_train_never_has_and_constant_or_wild_channels(make_corpus):
    corpus = make_corpus(levels={"audio": "utterance", "text": "sequence"})
    values = corpus.features["audio"].values
    values[:, 1] = 4
    values[corpus.rows("valid")[0], 2] = 1e6
    corpus.features["text"] = Features(
        np.zeros((0, 4), np.float32), np.zeros(len(corpus) + 1, np.int64)
    )
    seen = input_matrix(corpus, ["audio", "text"])
    assert np.isfinite(seen).all() and np.abs(seen).max() == 8
    assert (seen[:, 1] == 0).all() and (seen[:, 4:] == 0).all()
