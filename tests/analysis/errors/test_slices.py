"""Slices hold what their names say."""

import numpy as np

from mmmie.analysis.errors.slices import label_slices, turn_slices


def test_turns_are_first_replies_or_the_same_speaker_going_on(make_corpus):
    corpus = make_corpus(conversations=20)
    corpus.utterances["speaker"] = ["Ann", "Ann", "Bo", "Ann", None] * 20
    corpus.utterances["transcript"] = ["yes", "a b c d", "w " * 12, "", "no way"] * 20
    masks = dict(turn_slices(corpus, np.arange(100)))
    expected = {
        "turn=first": [0],
        "turn=same speaker": [1],
        "turn=reply": [2, 3],  # the unknown speaker is neither
        "words=1-3": [0, 4],  # no words is no short utterance
        "words=4-10": [1],
        "words=over 10": [2],
    }
    for name, places in expected.items():
        assert (masks[name] == np.tile(np.isin(np.arange(5), places), 20)).all(), name


def test_the_last_label_is_the_same_speakers_in_the_same_conversation(make_corpus):
    corpus = make_corpus(conversations=20, classes=("no", "yes"))
    corpus.utterances["speaker"] = ["Ann", "Bo", "Ann", "Bo", "Ann"] * 20
    corpus.utterances["label"] = ["yes", "no", "yes", "yes", "no"] * 20
    masks = dict(turn_slices(corpus, np.arange(100)))
    assert (np.flatnonzero(masks["own_last_label=repeated"]) % 5 == 2).all()
    assert set(np.flatnonzero(masks["own_last_label=changed"]) % 5) == {3, 4}


def test_numbers_repeat_within_a_tenth_of_their_range(make_corpus):
    corpus = make_corpus(conversations=20)
    corpus.utterances["speaker"] = "Ann"
    corpus.utterances["label"] = [0.0, 0.5, 1.2, 1.2, -2.0] * 20
    # rows in another order than time
    corpus = corpus.select(np.random.default_rng(0).permutation(100))
    position = corpus.utterances["position"].to_numpy()
    masks = dict(turn_slices(corpus, np.arange(100)))
    assert (masks["own_last_label=repeated"] == np.isin(position, [1, 3])).all()
    assert (masks["own_last_label=changed"] == np.isin(position, [2, 4])).all()


def test_a_corpus_without_speakers_and_transcripts_has_first_and_later_turns(make_corpus):
    corpus = make_corpus(conversations=20, speakers=False)
    corpus.utterances = corpus.utterances.drop(columns="transcript")
    rows = np.arange(1, 100)
    masks = dict(turn_slices(corpus, rows))
    assert list(masks) == ["turn=first", "turn=later"]
    assert (masks["turn=first"] == (rows % 5 == 0)).all()


def test_labels_are_sliced_by_thirds_of_the_range_or_by_class(make_corpus):
    corpus = make_corpus(conversations=20)
    rows = np.arange(10, 100)
    masks = dict(label_slices(corpus, rows))
    label = corpus.targets[rows]
    assert (label[masks["label=lowest third"]] < -1).all()
    assert (label[masks["label=highest third"]] > 1).all()
    assert sum(mask.sum() for mask in masks.values()) == len(rows)
    classes = make_corpus(conversations=20, classes=("negative", "positive"))
    named = dict(label_slices(classes, rows))
    assert set(named) == {"label=negative", "label=positive"}
    assert (named["label=positive"] == (classes.targets[rows] == 1)).all()
