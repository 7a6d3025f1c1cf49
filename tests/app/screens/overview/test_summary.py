"""A checkpoint in one sentence."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from app.screens.overview.summary import headline, measured_words, metric_row, model_sentence
from mmmie.analysis.errors.resampling import Interval
from mmmie.corpus import Label
from mmmie.training.checkpoint_files import CheckpointInfo
from mmmie.training.config import load_config


@pytest.fixture
def info(make_corpus):
    corpus = make_corpus()
    return CheckpointInfo(
        folder=Path("runs/mine/best"),
        config=load_config(),
        label=corpus.label,
        modalities=corpus.modalities,
        corpus={"name": "my *corpus*", "path": None, "fingerprint": "0"},
        metrics={"n": 1234, "mae": 0.41239, "corr": None, "acc2_nonzero": 0.5, "acc7": None},
        epoch=3,
        carryover={},
        facts={},
    )


def test_the_headline_is_a_finding(info):
    found = {"mae": Interval(0.41239, 0.4, 0.43), "accuracy": Interval(0.651, 0.6, 0.7)}
    said = headline(info, found)
    assert all(part in said for part in (info.name, "0.412 [0.4, 0.43]", "−3", "3"))
    assert "0.412" not in headline(replace(info, epoch=0), found)
    classes = Label("s", "classification", classes=("a", "b", "c"))
    said = headline(replace(info, label=classes), found)
    assert "3 classes" in said and "65.1% [60.0%, 70.0%]" in said
    free = headline(replace(info, label=Label("s", "regression")), found)
    assert "0.412" in free and "scale" not in free


def test_the_sentence_says_what_where_and_when(info, make_corpus):
    sentence = model_sentence(info, make_corpus(), 12345, [{"epoch": 1}, {"epoch": 7}])
    for part in (
        "**text and audio**",
        "two stochastic codes",
        "*z*, 8 numbers",
        "*s*, 16 numbers",
        "6 utterances before and 3 after",
        "role, speaker and modality",
        "12,345 parameters",
        "40 utterances in 8 conversations",
        "epoch **3** of 7",
        r"my \*corpus\*",
    ):
        assert part in sentence


def test_switched_off_parts_are_named(info, make_corpus):
    info.config.model.context.enabled = False
    info.config.model.identity.enabled = False
    info.config.model.stochastic = False
    corpus = make_corpus(splits=("valid",))
    sentence = model_sentence(info, corpus, 1, [])
    for part in ("**no context**", "no identity embedding", "two deterministic codes"):
        assert part in sentence
    assert "conversations" not in sentence  # no train split to count


def test_the_split_says_what_the_metrics_are_worth(info):
    assert "epoch 3 on the valid split" in measured_words(info, "valid", ["train", "valid"])
    assert "honest" not in measured_words(info, "valid", ["train", "valid"])
    assert "honest" in measured_words(info, "valid", ["train", "valid", "test"])
    assert "no part in the training" in measured_words(info, "test", ["valid", "test"])
    assert "fitted to" in measured_words(info, "train", ["train", "valid"])
    assert "random weights" in measured_words(replace(info, epoch=0), "test", ["test"])


def test_metrics_that_are_not_defined_are_left_out(info):
    found = {"mae": Interval(0.4, 0.3, 0.5), "acc2_nonzero": Interval(0.5, np.nan, np.nan)}
    row = metric_row(info.label, found)
    assert [(name, value, ends) for name, value, ends, _ in row] == [
        ("MAE", "0.4", "[0.3, 0.5]"),
        ("Acc-2", "50.0%", ""),
    ]
