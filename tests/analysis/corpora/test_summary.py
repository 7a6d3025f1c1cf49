from __future__ import annotations

from collections.abc import Callable

import pytest

from mmmie.analysis.corpora.summary import (
    label_counts,
    sequence_lengths,
    speaker_counts,
    transcript_words,
)
from mmmie.corpus import Corpus

MakeCorpus = Callable[..., Corpus]


def test_speakers_are_counted_most_first(make_corpus: MakeCorpus) -> None:
    corpus = make_corpus(conversations=3, length=5)
    corpus.utterances["speaker"] = ["Ann"] * 9 + ["Bo"] * 3 + [None] * 3
    table = speaker_counts(corpus)
    assert table["speaker"].tolist() == ["Ann", "Bo"]
    assert table["utterances"].tolist() == [9, 3]
    assert table["conversations"].tolist() == [2, 2]
    assert table["share"].tolist() == [0.75, 0.25]


def test_no_speakers_give_an_empty_table(make_corpus: MakeCorpus) -> None:
    assert speaker_counts(make_corpus(speakers=False)).empty


def test_label_counts_add_up(make_corpus: MakeCorpus) -> None:
    corpus = make_corpus()
    table = label_counts(corpus)
    for split in corpus.splits:
        part = table[table["split"] == split]
        assert part["utterances"].sum() == len(corpus.rows(split))
        assert part["share"].sum() == pytest.approx(1)
    low, high = corpus.label.range or (0, 0)
    width = table["width"].iloc[0]
    assert table["label"].min() - width / 2 == pytest.approx(low)
    assert table["label"].max() + width / 2 == pytest.approx(high)


def test_ratings_are_counted_one_by_one(make_corpus: MakeCorpus) -> None:
    corpus = make_corpus(label_range=(1.0, 5.0))
    corpus.utterances["label"] = corpus.utterances["label"].round().clip(2, 4)
    part = label_counts(corpus).query("split == 'train'")
    labels = corpus.utterances["label"].iloc[corpus.rows("train")]
    assert part["label"].tolist() == [2.0, 3.0, 4.0] and not part["width"].any()
    assert part["utterances"].tolist() == [int((labels == value).sum()) for value in (2, 3, 4)]


def test_classes_that_never_occur_are_counted_as_zero(make_corpus: MakeCorpus) -> None:
    corpus = make_corpus(classes=("negative", "neutral", "positive"))
    corpus.utterances["label"] = "neutral"
    part = label_counts(corpus).query("split == 'valid'")
    assert dict(zip(part["label"], part["utterances"], strict=True)) == {
        "negative": 0, "neutral": len(corpus.rows("valid")), "positive": 0,
    }  # fmt: skip


def test_lengths_are_of_sequences_only(make_corpus: MakeCorpus) -> None:
    corpus = make_corpus(levels={"text": "sequence", "audio": "utterance"})
    table = sequence_lengths(corpus)
    assert table["modality"].unique().tolist() == ["text"]
    assert table["steps"].sum() == len(corpus.features["text"].values)
    assert sequence_lengths(make_corpus(levels={"audio": "utterance"})).empty


def test_words_are_parted_at_blanks(make_corpus: MakeCorpus) -> None:
    corpus = make_corpus(conversations=3, length=1)
    corpus.utterances["transcript"] = ["so  it goes", "", None]
    words = transcript_words(corpus)
    assert words is not None
    assert words.tolist() == [3, 0, 0]
    del corpus.utterances["transcript"]
    assert transcript_words(corpus) is None
