"""Slices and their errors."""

import numpy as np
import pytest

from mmmie.analysis.failures import common_slices, failures


def test_slices_hold_what_their_names_say(make_corpus):
    corpus = make_corpus(conversations=20)
    corpus.utterances["transcript"] = [
        "yes",
        "one two three four five",
        "w " * 12,
        "no",
        "ok so",
    ] * 20
    corpus.utterances.loc[3, "speaker"] = None
    rows = np.arange(len(corpus))
    masks = dict(common_slices(corpus, rows))
    table = corpus.utterances
    assert masks["3 words or fewer"].tolist() == [True, False, False, True, True] * 20
    assert masks["more than 10 words"].tolist() == [False, False, True, False, False] * 20
    assert (masks["first of its conversation"] == (table["position"] == 0)).all()
    low = masks["label in the lowest third"]
    assert low.any() and (table["label"][low] < -1).all() and (table["label"][~low] >= -1).all()
    changes = masks["speaker changes"]
    # speakers alternate, so every turn but the first changes; the unknown one counts on no side
    assert changes.sum() == 4 * 20 - 2 and not changes[3] and not changes[4]
    assert "speaker goes on" not in masks


def test_the_first_of_a_conversation_is_so_in_the_whole_corpus(make_corpus):
    corpus = make_corpus(conversations=20)
    rows = np.arange(1, len(corpus))
    first = dict(common_slices(corpus, rows))["first of its conversation"]
    assert (rows[first] % 5 == 0).all() and first.sum() == 19


def test_the_worst_slice_leads_and_names_of_one_set_appear_once(make_corpus):
    corpus = make_corpus(conversations=20)
    flag = np.arange(100) % 5 == 4
    corpus.utterances["hard"] = flag.astype(int)
    corpus.utterances["same"] = np.where(flag, "yes", "no")
    rows = np.arange(100)
    output = corpus.targets + np.where(flag, 1.5, 0.25).astype(np.float32)
    table = failures(corpus, rows, output)
    assert table["slice"].iloc[0] == "all"
    assert table["value"].iloc[0] == pytest.approx(0.5, abs=1e-5)
    assert table["slice"].iloc[1] == "hard=1" and table["n"].iloc[1] == 20
    assert table["value"].iloc[1] == pytest.approx(1.5, abs=1e-5)
    assert (table["value"][1:].diff()[1:] <= 0).all()
    assert not table["slice"].str.startswith("same").any()


def test_classes_are_measured_by_the_share_of_wrong_ones(make_corpus):
    corpus = make_corpus(conversations=20, classes=("negative", "positive"))
    rows = np.arange(100)
    output = np.tile([0.9, 0.1], (100, 1))  # always negative
    table = failures(corpus, rows, output).set_index("slice")
    assert table.loc["label positive", "value"] == 1
    assert table.loc["label negative", "value"] == 0
    assert 0 < table.loc["all", "low"] < table.loc["all", "value"] < table.loc["all", "high"] < 1
