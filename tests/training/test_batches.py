"""Steps of an epoch: every target once, windows that point at the right utterances."""

import numpy as np
import pytest

from mmmie.model.config import ContextSettings, ModelSettings
from mmmie.training.batches import Batches


def make(corpus, segment=3, batch_size=8, **context):
    settings = ModelSettings(context=ContextSettings(**context))
    return Batches(corpus, corpus.rows("train"), settings, batch_size, segment)


@pytest.mark.parametrize("segment", [1, 3, 100])
def test_every_target_once_an_epoch(make_corpus, segment):
    corpus = make_corpus(conversations=9, length=7)
    batches = make(corpus, segment)
    steps = list(batches.epoch(0, 0))
    assert len(steps) == len(batches)
    targets = np.concatenate([b.targets for b in steps])
    assert sorted(targets) == sorted(corpus.rows("train"))


def test_local_windows_point_at_the_same_utterances(make_corpus):
    corpus = make_corpus(conversations=9, length=7)
    whole = corpus.window(2, 1)
    for batch in make(corpus, past=2, future=1).epoch(3, 5):
        points = np.where(batch.windows.window >= 0, batch.windows.rows[batch.windows.window], -1)
        assert np.array_equal(points, whole[batch.targets])
        assert len(np.unique(batch.windows.rows)) == len(batch.windows.rows)


def test_segments_are_neighbours_of_one_conversation(make_corpus):
    corpus = make_corpus(conversations=4, length=6)
    batch = next(make(corpus, segment=3, batch_size=3).epoch(0, 0))
    table = corpus.utterances.iloc[batch.targets]
    assert table["conversation"].nunique() == 1
    assert (np.diff(table["position"]) == 1).all()


def test_the_order_depends_on_seed_and_epoch_alone(make_corpus):
    corpus = make_corpus()

    def order(seed, epoch):
        return [b.targets.tolist() for b in make(corpus).epoch(seed, epoch)]

    assert order(0, 0) == order(0, 0)
    assert order(0, 0) != order(0, 1) and order(0, 0) != order(1, 0)
