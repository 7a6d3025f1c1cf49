"""Errors of slices."""

import numpy as np
import pytest

from mmmie.analysis.errors.worst_slices import failures


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
    assert table.loc["label=positive", "value"] == 1
    assert table.loc["label=negative", "value"] == 0
    assert 0 < table.loc["all", "low"] < table.loc["all", "value"] < table.loc["all", "high"] < 1
