"""Two checkpoints on the same utterances."""

import numpy as np
import pytest

from mmmie.analysis.errors.comparison import disagreements, metric_differences, slice_gains
from mmmie.analysis.outputs import SplitOutputs
from mmmie.metrics import metric_names


def outputs_of(rows, output):
    return SplitOutputs(rows, {"trained": output}, {}, rows[:, None], rows[:, None], 0, {}, [])


def test_differences_say_which_one_is_better(make_corpus):
    corpus = make_corpus(conversations=30)
    rows = np.arange(len(corpus))
    noise = np.random.default_rng(0).normal(size=len(rows)).astype(np.float32)
    first = outputs_of(rows, corpus.targets + noise)
    second = outputs_of(rows, corpus.targets + noise / 2)
    table = metric_differences(corpus, first, second).set_index("metric")
    mae = table.loc["mae"]
    assert mae["first"] == pytest.approx(np.abs(noise).mean(), rel=1e-5)
    assert mae["second"] == pytest.approx(mae["first"] / 2, rel=1e-5)
    assert mae["low"] <= mae["difference"] <= mae["high"] < 0
    assert table.loc["corr", "low"] > 0
    assert table.index.tolist() == metric_names(corpus.label)


def test_disagreements_are_ordered_and_gain_is_the_smaller_error(make_corpus):
    corpus = make_corpus()
    rows = np.arange(10, 30)
    first = corpus.targets[rows] + 1
    second = first.copy()
    second[3] -= 1  # right on the truth
    second[7] += 2  # three off
    table = disagreements(corpus, outputs_of(rows, first), outputs_of(rows, second))
    ids = corpus.utterances["id"].iloc[rows].tolist()
    assert table["id"].tolist()[:2] == [ids[7], ids[3]]
    assert table["distance"].tolist()[:2] == pytest.approx([2, 1])
    assert table["gain"].tolist()[:3] == pytest.approx([-2, 1, 0])


def test_classes_are_apart_by_total_variation(make_corpus):
    corpus = make_corpus(classes=("negative", "positive"))
    rows = np.arange(4)
    first = np.tile([0.8, 0.2], (4, 1))
    second = first.copy()
    second[2] = [0.1, 0.9]
    table = disagreements(corpus, outputs_of(rows, first), outputs_of(rows, second))
    assert table["id"].iloc[0] == corpus.utterances["id"].iloc[2]
    assert table["distance"].tolist() == pytest.approx([0.7, 0, 0, 0])
    assert (table["first"].iloc[0], table["second"].iloc[0]) == ("negative", "positive")


def test_a_mask_leaves_the_others_out(make_corpus):
    corpus = make_corpus(conversations=30)
    rows = np.arange(len(corpus))
    second = corpus.targets + np.where(rows < 75, 1, 9).astype(np.float32)
    table = metric_differences(
        corpus, outputs_of(rows, corpus.targets), outputs_of(rows, second), mask=rows < 75
    ).set_index("metric")
    assert table.loc["mae", "difference"] == pytest.approx(1, rel=1e-5)


def test_the_slice_in_which_the_second_helps_stands_first(make_corpus):
    corpus = make_corpus(conversations=30)
    rows = np.arange(len(corpus))
    corpus.utterances["hard"] = (rows % 5 == 4).astype(int)
    first = corpus.targets + np.where(rows % 5 == 4, 1.0, 0.5)
    second = corpus.targets + 0.5
    table = slice_gains(corpus, outputs_of(rows, first), outputs_of(rows, second))
    assert table["slice"].tolist()[:2] == ["all", "hard=1"]
    best = table.iloc[1]
    assert best["n"] == 30 and best["first"] == pytest.approx(1) and best["low"] > 0
    assert best["gain"] == pytest.approx(0.5)
    assert table["gain"].iloc[0] == pytest.approx(0.1)
    other = table.set_index("slice").loc["hard=0"]
    assert other[["gain", "low", "high"]].tolist() == pytest.approx([0, 0, 0], abs=1e-6)


def test_the_gain_of_classes_is_a_share(make_corpus):
    corpus = make_corpus(conversations=20, classes=("no", "yes"))
    rows = np.arange(len(corpus))
    right = np.eye(2)[corpus.targets]
    wrong = right[:, ::-1].copy()
    wrong[:25] = right[:25]
    table = slice_gains(corpus, outputs_of(rows, wrong), outputs_of(rows, right))
    assert table.loc[0, ["first", "second", "gain"]].tolist() == pytest.approx([0.75, 0, 0.75])
