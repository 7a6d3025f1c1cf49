"""Two checkpoints on the same utterances."""

import numpy as np
import pytest

from mmmie.analysis.comparison import disagreements, metric_differences
from mmmie.analysis.outputs import SplitOutputs


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
