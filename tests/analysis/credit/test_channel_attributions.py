"""Integrated gradients: complete, zero where nothing differs from the baseline, by name."""

from __future__ import annotations

import importlib.util
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from mmmie.analysis.credit.channel_attributions import channel_steps
from mmmie.corpus import Features, Modality
from mmmie.errors import InputError
from tests.analysis.untrained import untrained

ROOT = Path(__file__).parents[3]


@pytest.fixture
def attributions():
    pytest.importorskip("captum")
    from mmmie.analysis.credit.channel_attributions import channel_attributions

    return channel_attributions


@pytest.mark.slow
def test_they_add_up_on_the_demo_model(attributions):
    from mmmie.analysis.checkpoint import load_checkpoint
    from mmmie.analysis.credit.contributions import contributions

    checkpoint = load_checkpoint(ROOT / "checkpoints" / "demo")
    corpus = checkpoint.corpus()
    for row in corpus.rows("valid")[[0, 40, 107]]:
        found = attributions(checkpoint, corpus, int(row))
        total = sum(values.sum() for values in found.values.values())
        assert total == pytest.approx(found.prediction - found.start, abs=2e-3)
        assert found.gap == pytest.approx(total - (found.prediction - found.start))
        # The prediction is the one that the contributions explain too.
        assert found.prediction == pytest.approx(
            contributions(checkpoint, corpus, int(row)).prediction, abs=1e-5
        )
        for name, values in found.values.items():
            assert values.shape == corpus.features[name].of(int(row)).shape


def test_more_points_make_the_gap_smaller(attributions, make_corpus):
    corpus = make_corpus()
    checkpoint = untrained(corpus)
    few, many = (abs(attributions(checkpoint, corpus, 7, steps=s).gap) for s in (2, 100))
    assert many < few and many < 1e-4


@pytest.mark.parametrize("readout", ["target", "summary"])
def test_a_channel_at_its_mean_adds_nothing(attributions, make_corpus, readout):
    corpus = make_corpus(levels={"text": "utterance", "audio": "utterance"})
    checkpoint = untrained(corpus, readout=readout)
    values = corpus.features["text"].values.copy()
    values[7, 2] = checkpoint.model.encoder_of("text").encoder.standardise.mean[2]
    corpus.features["text"] = Features(values)
    found = attributions(checkpoint, corpus, 7)
    assert found.values["text"].shape == (1, 4)
    assert found.values["text"][0, 2] == 0
    assert (found.values["text"][0, [0, 1, 3]] != 0).all()


def test_classes_are_explained_by_their_probability(attributions, make_corpus):
    classes = ("no", "maybe", "yes")
    corpus = make_corpus(classes=classes)
    checkpoint = untrained(corpus)
    found = [attributions(checkpoint, corpus, 7, name) for name in classes]
    assert sum(f.prediction for f in found) == pytest.approx(1, abs=1e-5)
    total = sum(f.values["audio"] for f in found)
    assert total == pytest.approx(0, abs=1e-5)
    likeliest = max(found, key=lambda f: f.prediction).class_name
    assert attributions(checkpoint, corpus, 7).class_name == likeliest


def test_a_modality_that_is_not_there_is_left_out(attributions, make_corpus):
    corpus = make_corpus(levels={"text": "utterance", "audio": "sequence"})
    n = len(corpus)
    corpus.features["audio"] = Features(np.zeros((0, 4), np.float32), np.zeros(n + 1, np.int64))
    found = attributions(untrained(corpus), corpus, 7)
    assert list(found.values) == ["text"]
    assert abs(found.gap) < 1e-3
    only = replace(corpus, modalities={"audio": corpus.modalities["audio"]})
    with pytest.raises(InputError, match="has no features of audio"):
        attributions(untrained(only), only, 7)


def test_without_captum_one_line_says_how_to_get_it(monkeypatch, make_corpus):
    from mmmie.analysis.credit import channel_attributions as module

    find = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name, *a: None if name == "captum" else find(name, *a)
    )
    corpus = make_corpus()
    with pytest.raises(InputError, match="pip install captum"):
        module.channel_attributions(untrained(corpus), corpus, 0)


def test_steps_keep_named_channels_and_sum_the_others():
    modality = Modality("audio", 4, "sequence", channels=("pitch_hz", "code_01", "code_02", "tone"))
    values = np.arange(12.0).reshape(3, 4)
    table = channel_steps(modality, values)
    assert list(table) == ["pitch_hz", "tone", "2 unnamed"]
    assert table["2 unnamed"].tolist() == [3, 11, 19]
    assert table.to_numpy().sum() == values.sum()
    assert list(channel_steps(Modality("text", 4, "sequence"), values)) == ["4 unnamed"]
    named = Modality("face", 2, "utterance", channels=("smile", "brow"))
    assert list(channel_steps(named, values[:1, :2])) == ["smile", "brow"]
