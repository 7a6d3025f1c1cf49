"""Slices hold what their names say."""

import numpy as np
import pytest

from mmmie.analysis.errors.slices import (
    label_slices,
    main_metric,
    slice_metrics,
    turn_slices,
    worst_slices,
)


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


def test_every_slice_has_its_error_and_an_interval_around_it(make_corpus):
    corpus = make_corpus(conversations=20)
    flag = np.arange(100) % 5 == 4
    corpus.utterances["hard"] = flag.astype(int)
    output = corpus.targets + np.where(flag, 1.5, 0.25).astype(np.float32)
    table = slice_metrics(corpus, np.arange(100), output).set_index("slice")
    assert table.index[0] == "all" and table.index.is_unique
    assert table.loc["all", "mae"] == pytest.approx(0.5, abs=1e-5)
    assert table.loc["hard=1", ["n", "mae"]].tolist() == pytest.approx([20, 1.5], abs=1e-5)
    assert {"turn=first", "label=middle third"} <= set(table.index)
    wide = table.loc["turn=first"]
    assert wide["low"] <= wide["mae"] <= wide["high"]


def test_classes_are_measured_by_accuracy(make_corpus):
    corpus = make_corpus(conversations=20, classes=("negative", "positive"))
    output = np.tile([0.9, 0.1], (100, 1))  # always negative
    table = slice_metrics(corpus, np.arange(100), output).set_index("slice")
    assert main_metric(corpus.label) == "accuracy"
    assert table.loc["label=positive", "accuracy"] == 0
    assert table.loc["label=negative", "accuracy"] == 1
    assert 0 < table.loc["all", "low"] < table.loc["all", "accuracy"] < table.loc["all", "high"]


def test_the_worst_slice_leads_and_names_of_one_set_appear_once(make_corpus):
    corpus = make_corpus(conversations=20)
    flag = np.arange(100) % 5 == 4
    corpus.utterances["hard"] = flag.astype(int)
    corpus.utterances["same"] = np.where(flag, "yes", "no")
    rows = np.arange(100)
    output = corpus.targets + np.where(flag, 1.5, 0.25).astype(np.float32)
    table = worst_slices(corpus, rows, output)
    assert table["slice"].iloc[0] == "all"
    assert table["value"].iloc[0] == pytest.approx(0.5, abs=1e-5)
    assert table["slice"].iloc[1] == "hard=1" and table["n"].iloc[1] == 20
    assert table["value"].iloc[1] == pytest.approx(1.5, abs=1e-5)
    assert (table["value"][1:].diff()[1:] <= 0).all()
    assert not table["slice"].str.startswith("same").any()


def test_wrong_classes_are_measured_by_the_share_of_wrong_ones(make_corpus):
    corpus = make_corpus(conversations=20, classes=("negative", "positive"))
    rows = np.arange(100)
    output = np.tile([0.9, 0.1], (100, 1))  # always negative
    table = worst_slices(corpus, rows, output).set_index("slice")
    assert table.loc["label=positive", "value"] == 1
    assert table.loc["label=negative", "value"] == 0
    assert 0 < table.loc["all", "low"] < table.loc["all", "value"] < table.loc["all", "high"] < 1
