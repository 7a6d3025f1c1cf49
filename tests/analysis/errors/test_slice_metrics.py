"""Metrics of slices, and those where the error is largest."""

import numpy as np
import pytest

from mmmie.analysis.errors.slices import main_metric, slice_metrics, worst_slices


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
