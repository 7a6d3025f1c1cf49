"""What a question does to the features of an utterance."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from mmmie.analysis.ask.edited_features import edited_features, fitting_question, opposite_words
from mmmie.analysis.ask.question import ChannelEdit, Question
from mmmie.analysis.ask.word_encoder import WordEncoder, transcript_modality, word_encoder
from mmmie.analysis.checkpoint import load_checkpoint
from mmmie.datasets.demo.generate import generate_demo
from mmmie.errors import InputError

UNIT = {"text": np.ones(4), "audio": np.array([1.0, 2.0, 0.5, 1.0])}


@pytest.fixture(scope="module")
def demo():
    return generate_demo(conversations=4)


def test_nothing_asked_is_nothing_changed(make_corpus):
    corpus = make_corpus()
    found = edited_features(corpus, 7, Question(missing=("text",)), UNIT)
    for name, held in corpus.features.items():
        assert np.array_equal(found[name], held.of(7))


def test_noise_has_the_deviation_asked_for_and_is_the_same_for_the_same_seed(make_corpus):
    corpus = make_corpus(dim=4, levels={"text": "sequence", "audio": "utterance"})
    draws = np.array(
        [
            edited_features(corpus, 7, Question(noise=(("audio", 2.0),), seed=seed), UNIT)["audio"]
            for seed in range(400)
        ]
    )
    away = draws - corpus.features["audio"].of(7)
    assert away.std(0) == pytest.approx(2.0 * UNIT["audio"], rel=0.15)
    assert np.abs(away.mean(0)).max() < 0.5
    once, twice, half = (
        edited_features(corpus, 7, Question(noise=(("text", s),), seed=3), UNIT)["text"]
        for s in (2.0, 2.0, 1.0)
    )
    own = corpus.features["text"].of(7)
    assert np.array_equal(once, twice)
    assert once - own == pytest.approx(2 * (half - own), abs=1e-5)


def test_a_channel_is_shifted_and_its_movement_stretched_and_no_other_is_touched(make_corpus):
    corpus = make_corpus(levels={"text": "sequence", "audio": "utterance"})
    own = corpus.features["text"].of(7)
    edit = Question(channels=(ChannelEdit("text", 1, shift=30.0, stretch=2.0),))
    found = edited_features(corpus, 7, edit, UNIT)["text"]
    assert found[:, 1].mean() == pytest.approx(own[:, 1].mean() + 30, abs=1e-4)
    assert found[:, 1].std() == pytest.approx(2 * own[:, 1].std(), rel=1e-4)
    assert np.array_equal(np.delete(found, 1, 1), np.delete(own, 1, 1))
    still = Question(channels=(ChannelEdit("audio", 0, stretch=3.0),))  # one vector does not move
    assert edited_features(corpus, 7, still, UNIT)["audio"] == pytest.approx(
        corpus.features["audio"].of(7)
    )
    assert np.array_equal(own, corpus.features["text"].of(7))  # the corpus stays as it is


def demo_words(corpus, row) -> WordEncoder | None:
    shipped = Path(__file__).parents[3] / "checkpoints" / "demo"
    return word_encoder(load_checkpoint(shipped), corpus, row)


def test_the_same_words_encoded_again_give_identical_features(demo):
    deviation = {name: np.ones(m.dim) for name, m in demo.modalities.items()}
    for row in range(len(demo)):
        own = demo.utterances["transcript"].iloc[row]
        assert transcript_modality(demo, row) == "text"
        words = demo_words(demo, row)
        again = edited_features(demo, row, Question(transcript=own), deviation, words)
        assert np.array_equal(again["text"], demo.features["text"].of(row))
        assert np.array_equal(again["audio"], demo.features["audio"].of(row))


def test_other_words_are_other_features_of_as_many_steps(demo):
    deviation = {name: np.ones(m.dim) for name, m in demo.modalities.items()}
    words = demo_words(demo, 0)
    found = edited_features(demo, 0, Question(transcript="It was lovely"), deviation, words)["text"]
    assert len(found) == 3
    assert len(edited_features(demo, 0, Question(transcript=" "), deviation, words)["text"]) == 1


def test_words_are_followed_only_where_the_features_are_those_of_the_encoder(demo, make_corpus):
    assert transcript_modality(make_corpus(), 0) is None
    untold = replace(demo, utterances=demo.utterances.drop(columns="transcript"))
    assert transcript_modality(untold, 0) is None
    table = demo.utterances.assign(transcript="Something else entirely.")
    assert transcript_modality(replace(demo, utterances=table), 0) is None
    with pytest.raises(InputError, match="encoded from its transcript"):
        edited_features(make_corpus(), 0, Question(transcript="Well."), UNIT)


@pytest.mark.parametrize(
    ("edit", "told"),
    [
        (Question(missing=("smell",)), "no modality `smell`"),
        (Question(noise=(("text", -1.0),)), "`noise` on text is -1"),
        (Question(noise=(("text", float("nan")),)), "`noise` on text is nan"),
        (Question(channels=(ChannelEdit("text", 4, 1.0),)), "`channel` 4 of text"),
        (Question(channels=(ChannelEdit("text", 1, float("inf")),)), "finite"),
    ],
)
def test_what_cannot_be_edited_is_named(make_corpus, edit, told):
    with pytest.raises(InputError, match=told):
        edited_features(make_corpus(), 0, edit, UNIT)
    if "finite" not in told and "noise" not in told:
        assert not fitting_question(edit, make_corpus())


def test_opposite_words_mirror_the_valence_and_nothing_else(demo):
    assert opposite_words("Wow, the exam was terrible.") == "Wow, the exam was wonderful."
    assert opposite_words("I see.") == "I see."
    assert opposite_words("An ordinary day") == "An ordinary day"
