"""The demo corpus keeps what it promises."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from mmmie.corpus import Corpus
from mmmie.corpus.checks import corpus_faults
from mmmie.corpus.folder import open_corpus_folder, save_corpus_folder
from mmmie.datasets import load_corpus
from mmmie.datasets.demo.generate import encode_text, generate_demo
from mmmie.datasets.demo.language import graded_words, split_words
from mmmie.datasets.demo.latents import LEVEL_MEANS, SARCASM_RANGE, SHARED
from mmmie.errors import InputError

SHARED_COLUMNS = [f"latent_shared_{name}" for name in SHARED]


@pytest.fixture(scope="module")
def corpus() -> Corpus:
    return generate_demo()


def pooled(corpus: Corpus, modality: str) -> np.ndarray:
    features = corpus.features[modality]
    assert features.offsets is not None and features.lengths is not None
    sums = np.add.reduceat(features.values.astype(float), features.offsets[:-1], axis=0)
    means = sums / features.lengths[:, None]
    return np.column_stack([means, np.ones(len(means))])


def clear(corpus: Corpus) -> np.ndarray:
    """Rows in which words, voice and face say the same."""
    table = corpus.utterances
    return np.asarray(table["ambiguous"] + table["sarcastic"] == 0)


def readout_r2(corpus: Corpus, modality: str) -> dict[str, float]:
    """R² of every factor by least squares from pooled features.

    On clear utterances: fitted on the split train, measured on the others.
    """
    train = (corpus.utterances["split"] == "train").to_numpy()
    columns = [str(column) for column in corpus.utterances if str(column).startswith("latent_")]
    x, y = pooled(corpus, modality), corpus.utterances[columns].to_numpy()
    fitted, held = train & clear(corpus), ~train & clear(corpus)
    weights = np.linalg.lstsq(x[fitted], y[fitted], rcond=None)[0]
    errors = ((y[held] - x[held] @ weights) ** 2).mean(axis=0)
    return dict(zip(columns, (1 - errors / y[held].var(axis=0)).tolist(), strict=True))


def test_it_is_a_corpus_without_fault(corpus: Corpus) -> None:
    assert corpus_faults(corpus, "table", "features") == []
    assert corpus.name == "demo" and "generated" in (corpus.source or "")
    assert list(corpus.modalities) == ["text", "audio", "vision"]
    for modality in corpus.modalities.values():
        assert modality.level == "sequence" and modality.channels is not None
        assert len(modality.channels) == len(set(modality.channels)) == modality.dim
    assert 4500 < len(corpus) < 5100


def test_it_depends_on_the_seed_and_on_nothing_else(corpus: Corpus) -> None:
    again, other = load_corpus("demo"), generate_demo(seed=1, conversations=40)
    assert again.fingerprint == corpus.fingerprint
    pd.testing.assert_frame_equal(again.utterances, corpus.utterances)
    assert again.facts == corpus.facts
    small = generate_demo(seed=2, conversations=40)
    assert list(small.utterances["transcript"]) != list(other.utterances["transcript"])


def test_it_survives_the_disk(tmp_path: Path) -> None:
    corpus = generate_demo(conversations=20)
    save_corpus_folder(corpus, tmp_path / "demo")
    opened = open_corpus_folder(tmp_path / "demo")
    pd.testing.assert_frame_equal(opened.utterances, corpus.utterances, check_dtype=False)
    assert opened.modalities == corpus.modalities and opened.label == corpus.label
    for name, features in corpus.features.items():
        np.testing.assert_array_equal(opened.features[name].values, features.values)
        assert opened.features[name].offsets is not None and features.offsets is not None
        np.testing.assert_array_equal(opened.features[name].offsets, features.offsets)


def test_text_features_are_those_of_the_transcript(corpus: Corpus) -> None:
    for row in range(0, len(corpus), 37):
        transcript = corpus.utterances["transcript"].iloc[row]
        np.testing.assert_array_equal(corpus.features["text"].of(row), encode_text(transcript))


def test_conversations(corpus: Corpus) -> None:
    table = corpus.utterances
    groups = table.groupby("conversation")
    assert groups.size().between(8, 16).all()
    assert groups["speaker"].nunique().between(2, 4).all()
    shares = groups["split"].first().value_counts(normalize=True)
    assert shares.to_dict() == {"train": 0.6, "valid": 0.2, "test": 0.2}
    assert table["id"].iloc[0] == "c000_00"
    assert (table["end"] > table["start"]).all()
    later = table["conversation"].eq(table["conversation"].shift())
    assert (table["start"] > table["end"].shift())[later].all()


def test_factors_are_standard_normal_and_independent(corpus: Corpus) -> None:
    table = corpus.utterances[corpus.utterances["ambiguous"] == 0]
    latents = table[[column for column in table if str(column).startswith("latent_")]]
    assert latents.shape[1] == 12
    assert latents.mean().abs().max() < 0.1
    assert (latents.std() - 1).abs().max() < 0.06
    assert np.abs(latents.corr().to_numpy() - np.eye(12)).max() < 0.08


def test_sentiment_is_the_mood_of_the_speaker(corpus: Corpus) -> None:
    table = corpus.utterances[corpus.utterances["ambiguous"] == 0]
    expected = np.clip(1.5 * table["latent_shared_valence"], -3, 3)
    assert (table["label"] - expected).abs().max() < 0.5
    assert (table["label"] - expected).abs().mean() < 0.1
    by_speaker = table.groupby(["conversation", "speaker"])["latent_shared_valence"]
    by_conversation = table.groupby("conversation")
    other = table["speaker"] != by_conversation["speaker"].shift()
    mood = table["latent_shared_valence"]
    assert 0.5 < mood.corr(by_speaker.shift()) < 0.7
    assert abs(mood[other].corr(by_conversation["latent_shared_valence"].shift()[other])) < 0.08


def test_ambiguous_replies_need_context_and_the_speaker(corpus: Corpus) -> None:
    table = corpus.utterances
    replies = table[table["ambiguous"] == 1]
    assert 0.22 < len(replies) / len(table) < 0.28
    assert (replies[SHARED_COLUMNS] == 0).all(axis=None)
    assert (replies["sarcastic"] == 0).all()
    errors: dict[str, list[float]] = {"speaker": [], "anybody": [], "neutral": []}
    names = ["conversation", "speaker", "ambiguous", "label"]
    talks, speakers, ambiguous, labels = (table[name].to_numpy() for name in names)
    for row in np.flatnonzero(ambiguous).tolist():
        before = [i for i in range(max(0, row - 16), row) if talks[i] == talks[row]]
        clear_before = [i for i in before if not ambiguous[i]]
        own = [i for i in clear_before if speakers[i] == speakers[row]][-1]
        assert row - own <= 6
        errors["speaker"].append(abs(labels[row] - labels[own]))
        errors["anybody"].append(abs(labels[row] - labels[clear_before[-1]]))
        errors["neutral"].append(abs(labels[row]))
    assert max(errors["speaker"]) < 0.3
    assert np.mean(errors["speaker"]) < 0.06
    assert np.mean(errors["anybody"]) > 1.2
    assert np.mean(errors["neutral"]) > 1.0


def test_sarcasm_sets_the_words_against_voice_and_face(corpus: Corpus) -> None:
    table = corpus.utterances
    rows = np.flatnonzero(table["sarcastic"].to_numpy())
    assert 0.04 < len(rows) / len(table) < 0.065
    assert table["latent_shared_valence"].iloc[rows].abs().between(*SARCASM_RANGE).all()
    for row in rows:
        words = [graded_words().get(w, ("", 0)) for w, _ in split_words(table["transcript"][row])]
        said = LEVEL_MEANS[dict(words)["valence"]]
        assert abs(said + table["latent_shared_valence"][row]) < 0.4
        assert table["label"][row] * table["latent_shared_valence"][row] > 0
    x, y = pooled(corpus, "vision"), table["latent_shared_valence"].to_numpy()
    face = x @ np.linalg.lstsq(x[clear(corpus)], y[clear(corpus)], rcond=None)[0]
    assert np.corrcoef(face[rows], y[rows])[0, 1] > 0.9


@pytest.mark.parametrize("modality", ["text", "audio", "vision"])
def test_every_modality_shows_the_shared_factors_and_its_own_only(
    corpus: Corpus, modality: str
) -> None:
    for column, r2 in readout_r2(corpus, modality).items():
        seen = column.split("_")[1] in ("shared", modality)
        assert (r2 > 0.9) if seen else (r2 < 0.05), column


def test_matching_across_modalities_is_possible(corpus: Corpus) -> None:
    train = (corpus.utterances["split"] == "train").to_numpy()
    held = np.flatnonzero(~train)[:500]
    y = corpus.utterances[SHARED_COLUMNS].to_numpy()
    decoded = {}
    for modality in ("text", "audio"):
        x = pooled(corpus, modality)
        decoded[modality] = (x @ np.linalg.lstsq(x[train], y[train], rcond=None)[0])[held]
    gaps = ((decoded["text"][:, None] - decoded["audio"][None]) ** 2).sum(axis=-1)
    assert (gaps.argmin(axis=1) == np.arange(500)).mean() > 0.5


def test_channels_stay_in_plausible_ranges(corpus: Corpus) -> None:
    limits = {"au": (0, 5), "gaze_contact": (0, 1), "brightness": (0, 1), "percent": (0, 100)}
    limits |= {"pitch_hz": (80, 300), "pitch_range_hz": (10, 150)}
    seen = 0
    for name in ("audio", "vision"):
        for channel, values in zip(
            corpus.modalities[name].channels or (), corpus.features[name].values.T, strict=True
        ):
            for mark, (low, high) in limits.items():
                if channel == mark or channel.endswith(mark) or f"_{mark}" in channel:
                    seen += 1
                    assert low < values.min() and values.max() < high, channel
    assert seen == 11


def test_facts_are_the_true_information(corpus: Corpus) -> None:
    for pair in ("text-audio", "text-vision", "audio-vision"):
        assert 5 < corpus.facts[f"true_mi/{pair}"] < 8
        assert 0 < corpus.facts[f"true_mi_standard_error/{pair}"] < 0.02


def test_too_few_conversations() -> None:
    assert generate_demo(conversations=3).splits == ["train", "valid", "test"]
    with pytest.raises(InputError, match="at least 3"):
        generate_demo(conversations=2)


def test_generating_it_is_quick() -> None:
    started = time.process_time()
    generate_demo()
    assert time.process_time() - started < 2


def test_importing_it_is_light() -> None:
    heavy = "[m for m in ('torch', 'sklearn', 'scipy.stats') if m in sys.modules]"
    code = f"import sys, mmmie.datasets.demo.generate; print({heavy})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
