"""What is worth knowing of a corpus, against corpora made to have it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from mmmie.analysis.corpora.quality import (
    channel_table,
    conversation_lengths,
    gaps,
    label_shifts,
    lacking,
    repeated_features,
    repeated_transcripts,
)
from mmmie.corpus import Corpus, Features

MakeCorpus = Callable[..., Corpus]


def test_no_step_and_zeros_only_are_told_apart() -> None:
    values = np.array([[0, 0], [0, 0], [0, 1], [0, 0]], np.float32)
    absent, zeros = lacking(Features(values, np.array([0, 2, 2, 4], np.int64)))
    assert absent.tolist() == [False, True, False]
    assert zeros.tolist() == [True, False, False]
    values[1, 1] = np.nan
    absent, zeros = lacking(Features(values))
    assert not absent.any() and zeros.tolist() == [True, True, False, True]


def test_gaps_are_counted_per_split(make_corpus: MakeCorpus) -> None:
    corpus = make_corpus(levels={"text": "sequence", "audio": "utterance"})
    valid = corpus.rows("valid")
    lengths = corpus.features["text"].lengths
    assert lengths is not None
    kept = lengths.copy()
    kept[valid[:3]] = 0
    offsets = np.concatenate([[0], kept.cumsum()]).astype(np.int64)
    corpus.features["text"] = Features(np.ones((offsets[-1], 4), np.float32), offsets)
    corpus.features["audio"].values[valid[5]] = 0
    corpus.utterances.loc[0, "speaker"] = None
    corpus.utterances.loc[[0, 1], "transcript"] = ["", "  "]
    table = gaps(corpus).set_index(["what", "split"])
    assert table.loc[("text", "valid"), ["absent", "zeros"]].tolist() == [3, 0]
    assert table.loc[("audio", "valid"), ["absent", "zeros"]].tolist() == [0, 1]
    assert table.loc[("text", "valid"), "share"] == pytest.approx(3 / len(valid))
    assert table.loc[("speaker", "train"), "missing"] == 1
    assert table.loc[("transcript", "train"), "missing"] == 2
    assert table.loc[("text", "train"), "missing"] == 0
    assert "speaker" not in set(gaps(make_corpus(speakers=False))["what"])


def test_constant_channels_and_values_far_out(make_corpus: MakeCorpus) -> None:
    corpus = make_corpus(conversations=40, levels={"audio": "utterance"})
    values = corpus.features["audio"].values
    values[:, 1] = 7
    values[:10, 2] = 100
    table = channel_table(corpus)
    assert table["constant"].tolist() == [False, True, False, False]
    assert table["far_out"][2] == pytest.approx(10 / 200)
    assert np.isnan(table["far_out"][1]) and table["far_out"][3] == 0
    assert table["name"].tolist()[1] == "channel 1"
    assert table["most"][2] == 100


def test_rows_of_zeros_do_not_count_as_values(make_corpus: MakeCorpus) -> None:
    corpus = make_corpus(levels={"audio": "utterance"})
    corpus.features["audio"].values[:, :] += 50
    corpus.features["audio"].values[:30] = 0
    table = channel_table(corpus)
    assert table["rows"].tolist() == [30] * 4 and table["least"].min() > 40
    corpus.features["audio"].values[:] = 0
    assert channel_table(corpus)["constant"].all()


def test_long_transcripts_of_train_that_come_again(make_corpus: MakeCorpus) -> None:
    corpus = make_corpus()
    train, valid = corpus.rows("train"), corpus.rows("valid")
    corpus.utterances["transcript"] = [f"this is sentence number {i}" for i in range(len(corpus))]
    corpus.utterances.loc[valid[4], "transcript"] = f"This is  SENTENCE number {train[0]}"
    corpus.utterances.loc[[train[1], valid[5]], "transcript"] = "oh dear"
    (row,) = repeated_transcripts(corpus).to_dict("records")
    assert (row["earlier"], row["later"], row["utterances"]) == ("train", "valid", 1)
    assert row["share"] == pytest.approx(1 / (len(valid) - 1))
    assert row["example"] == f"this is sentence number {train[0]}"
    del corpus.utterances["transcript"]
    assert repeated_transcripts(corpus).empty


def test_copies_are_the_same_in_every_modality(make_corpus: MakeCorpus) -> None:
    corpus = make_corpus(levels={"text": "sequence", "audio": "utterance"})
    rows = np.arange(len(corpus))
    assert repeated_features(corpus).empty
    rows[33] = 4  # 33 becomes a copy of 4; 20 has only its audio
    corpus.features = {name: f.take(rows) for name, f in corpus.features.items()}
    corpus.features["audio"].values[20] = corpus.features["audio"].values[4]
    split = corpus.utterances["split"]
    assert repeated_features(corpus).to_dict("records") == [
        {"row": 33, "same_as": 4, "split": split[33], "split_of_same": split[4]}
    ]


def test_utterances_that_begin_alike_are_no_copies(make_corpus: MakeCorpus) -> None:
    corpus = make_corpus(levels={"audio": "utterance"}, dim=6)
    values = corpus.features["audio"].values
    values[9, :5] = values[3, :5]
    assert repeated_features(corpus).empty
    values[9] = values[3] = 0  # both lack it: nothing is copied
    assert repeated_features(corpus).empty


def test_labels_that_differ_between_splits(make_corpus: MakeCorpus) -> None:
    corpus = make_corpus()
    train = corpus.rows("train")
    spread = corpus.utterances["label"].iloc[train].std(ddof=0)
    labels = corpus.utterances["label"].iloc[train].mean() + spread / 2
    corpus.utterances.loc[corpus.rows("valid"), "label"] = labels
    (row,) = label_shifts(corpus).to_dict("records")
    assert (row["split"], row["against"]) == ("valid", "train")
    assert row["shift"] == pytest.approx(0.5)


def test_classes_that_a_split_lacks(make_corpus: MakeCorpus) -> None:
    corpus = make_corpus(classes=("no", "yes"))
    corpus.utterances.loc[corpus.rows("train"), "label"] = ["no", "yes"] * 20
    corpus.utterances.loc[corpus.rows("valid"), "label"] = "no"
    (row,) = label_shifts(corpus).to_dict("records")
    assert row["shift"] == pytest.approx(0.5) and row["absent"] == "yes"


def test_every_conversation_has_its_length(make_corpus: MakeCorpus) -> None:
    table = conversation_lengths(make_corpus(conversations=3, length=4))
    assert table["turns"].tolist() == [4, 4, 4]
    assert table["split"].tolist() == ["train", "train", "valid"]
