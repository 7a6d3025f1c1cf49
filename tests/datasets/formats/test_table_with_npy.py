"""Tables with .npy files as people keep them: structure, gaps, several tables, and messages."""

import gzip
import pickle

import numpy as np
import pandas as pd
import pytest

from mmmie.datasets import load_corpus
from mmmie.errors import InputError

N = 24


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "mine"
    folder.mkdir()
    return folder


def rows(n=N, turns=4):
    """A table of dialogues with numbers for labels, and text features that tell the row."""
    return pd.DataFrame(
        {
            "id": [f"d{i // turns}_{i % turns}" for i in range(n)],
            "label": [round(np.sin(i) * 3, 4) for i in range(n)],
            "split": [("train", "valid", "test")[i // turns % 3] for i in range(n)],
        }
    )


def vectors(n=N, dim=3):
    return np.arange(n * dim, dtype=np.float32).reshape(n, dim)


def written(folder, table, name="utterances.csv", features=True, **options):
    table.to_csv(folder / name, index=False, **options)
    if features:
        np.save(folder / "text.npy", vectors(len(table)))
    return folder


def notes(corpus):
    return " ".join(corpus.notes)


def refused(path, *words):
    with pytest.raises(InputError) as caught:
        load_corpus(path, unlabelled=True)
    line = str(caught.value)
    assert "\n" not in line and str(path) in line
    for word in words:
        assert word in line, line
    return line


def meld(first=0, dialogues=3, turns=4):
    n = dialogues * turns
    return pd.DataFrame(
        {
            "Sr No.": range(1, n + 1),
            "Utterance": [f"line {first + i}, and so on" for i in range(n)],
            "Speaker": [("Joey", "Ross")[i % 2] for i in range(n)],
            "Emotion": [("joy", "anger", "neutral")[i % 3] for i in range(n)],
            "Sentiment": [("positive", "negative", "neutral")[i % 3] for i in range(n)],
            "Dialogue_ID": [i // turns for i in range(n)],
            "Utterance_ID": [i % turns for i in range(n)],
            "Season": [first // 100 + 1] * n,
            "Episode": [first % 100 + i // turns for i in range(n)],
            "StartTime": [f"00:1{i % 6}:57,25{i % 10}" for i in range(n)],
            "EndTime": [f"0:1{i % 6}:59,25{i % 10}" for i in range(n)],
        }
    )


@pytest.mark.parametrize("per_split", [True, False])
def test_the_three_tables_of_meld_are_one_corpus(folder, per_split):
    parts = {"train": meld(), "dev": meld(40, 2), "test": meld(80, 2)}
    for name, part in parts.items():
        written(folder, part, f"{name}_sent_emo.csv", features=False)
    n = sum(map(len, parts.values()))
    if per_split:
        at = 0
        for name, part in parts.items():
            np.save(folder / f"{name}_audio.npy", vectors(n)[at : at + len(part)])
            at += len(part)
    else:
        np.save(folder / "audio.npy", vectors(n))
    corpus = load_corpus(folder)
    table = corpus.utterances
    assert list(corpus.modalities) == ["audio"] and len(corpus) == n
    np.testing.assert_array_equal(corpus.features["audio"].values, vectors(n))
    assert list(table["split"].value_counts()[["train", "valid", "test"]]) == [12, 8, 8]
    assert list(table["transcript"]) == [t for p in parts.values() for t in p["Utterance"]]
    assert table["id"].is_unique and table.groupby("conversation").size().eq(4).all()
    assert table["start"].iloc[0] == pytest.approx(657.25) and set(table["speaker"]) == {
        "Joey",
        "Ross",
    }
    assert set(corpus.label.classes) == {"negative", "neutral", "positive"}
    assert set(table["Emotion"]) == {"joy", "anger", "neutral"}
    for word in ("dev_sent_emo.csv is valid", "`Sentiment`; `Emotion`", "in several splits"):
        assert word in notes(corpus)


def test_tables_of_splits_that_do_not_fit_are_named(folder):
    written(folder, meld(), "train_sent_emo.csv", features=False)
    written(folder, meld(), "train_sent_emo_dya.csv", features=False)
    np.save(folder / "text.npy", vectors(12))
    refused(folder, "train_sent_emo.csv", "train_sent_emo_dya.csv")
    (folder / "train_sent_emo_dya.csv").rename(folder / "test_sent_emo.csv")
    (folder / "text.npy").rename(folder / "train_text.npy")
    refused(folder, "`text`", "test")
    written(folder, rows(), "other.csv")
    (folder / "test_sent_emo.csv").unlink()
    (folder / "train_sent_emo.csv").rename(folder / "episodes.csv")
    refused(folder, "episodes.csv", "other.csv")


@pytest.mark.parametrize("speaker", ["Speaker", None])
def test_tables_under_each_other_are_refused_where_dialogues_begin_anew(folder, speaker):
    table = pd.concat([meld(), meld(40)]).drop(columns=["Season", "Episode"])
    written(folder, table)
    refused(folder, "rows 1 and 13", "'0'")


def test_seasons_and_episodes_tell_dialogues_apart(folder):
    written(folder, pd.concat([meld(), meld(40)]))
    corpus = load_corpus(folder)
    assert corpus.utterances["conversation"].nunique() == 6 and "`Season` and `Episode`" in notes(
        corpus
    )


@pytest.mark.parametrize("numbers", [False, True])
def test_emory_nlp(folder, numbers):
    rows = [(s, e, c, u) for s in (1, 2) for e in (1, 2) for c in (1, 2) for u in (1, 2, 3)]
    table = pd.DataFrame(rows, columns=["Season_ID", "Episode_ID", "Scene_ID", "Utterance_ID"])
    if not numbers:
        table["Utterance_ID"] = [f"s{s:02d}_e{e:02d}_c{c:02d}_u{u:03d}" for s, e, c, u in rows]
        del table["Scene_ID"]
    table["Emotion"] = ["Neutral", "Joyful", "Mad", "Sad"] * 6
    corpus = load_corpus(written(folder, table))
    assert corpus.utterances["conversation"].nunique() == 8
    assert corpus.utterances.groupby("conversation").size().eq(3).all()
    assert len(corpus.label.classes) == 4


@pytest.mark.parametrize("form", ["utt{}", "{}", "{}.0", "clip_{}"])
def test_places_are_numbers_however_written(folder, form):
    table = rows().assign(
        dialogue_id=[f"d{i // 4}" for i in range(N)], turn=[form.format(i % 4) for i in range(N)]
    )
    shuffled = table.sample(frac=1, random_state=0)
    corpus = load_corpus(written(folder, shuffled.drop(columns="id")))
    read = dict(zip(corpus.utterances["label"], corpus.utterances["position"], strict=True))
    assert all(read[label] == i % 4 for i, label in enumerate(table["label"]))


def test_valid_beside_dev_is_said(folder):
    table = rows()
    table["split"] = ["train", "valid", "dev", "test"] * 6
    corpus = load_corpus(written(folder, table))
    assert "`valid` and `dev`" in notes(corpus) and len(corpus.rows("valid")) == 12
    assert "valid" not in notes(load_corpus(written(folder, rows())))


def test_one_utterance_per_conversation_is_said(folder):
    corpus = load_corpus(written(folder, rows(turns=1)))
    assert corpus.no_context and corpus.no_context in corpus.notes
    corpus = load_corpus(written(folder, rows()))
    assert corpus.no_context is None and not corpus.notes


def test_ids_that_make_everything_one_conversation_are_said(folder):
    table = rows().assign(id=[f"clip_{i:03d}" for i in range(N)]).drop(columns="split")
    corpus = load_corpus(written(folder, table))
    assert "one conversation, 'clip'" in notes(corpus)


def with_files(folder, cells, arrays):
    (folder / "vis").mkdir()
    for name, array in arrays.items():
        np.save(folder / "vis" / "new.npy", array)
        (folder / "vis" / "new.npy").rename(folder / "vis" / name)
    return written(folder, rows().assign(vision=cells))


@pytest.mark.parametrize("absent", ["", "nan", " ", "None"])
@pytest.mark.parametrize("sequence", [True, False])
def test_an_utterance_without_a_file_lacks_the_modality(folder, absent, sequence):
    arrays = {f"{i}.NPY": np.full((i % 3 + 1, 2) if sequence else 2, i + 1.0) for i in range(N)}
    cells = [absent if i in (4, 9) else f"vis/{i}.NPY" for i in range(N)]
    corpus = load_corpus(with_files(folder, cells, arrays))
    lengths = corpus.features["vision"].lengths
    assert list(np.flatnonzero(lengths == 0)) == [4, 9] and list(corpus.modalities) == [
        "vision",
        "text",
    ]
    for row in (0, 5, 23):
        np.testing.assert_array_equal(corpus.features["vision"].of(row)[0], [row + 1.0] * 2)
    assert "'d1_0' first" in notes(corpus) and "2 of 24" in notes(corpus)


def test_an_empty_array_is_no_step(folder):
    arrays = {f"{i}.npy": np.ones((0 if i == 7 else 2, 3)) for i in range(N)}
    corpus = load_corpus(with_files(folder, [f"vis/{i}.npy" for i in range(N)], arrays))
    assert list(np.flatnonzero(corpus.features["vision"].lengths == 0)) == [7]
    assert "'d1_3' first" in notes(corpus)


def test_a_file_that_is_not_there_is_named_with_its_row(folder):
    arrays = {f"{i}.npy": np.ones((2, 3)) for i in range(N) if i != 5}
    with_files(folder, [f"vis/{i}.npy" for i in range(N)], arrays)
    refused(folder, "`vision` of row 6", "vis/5.npy")


def test_features_of_other_kinds_are_noted_not_lost_in_silence(folder):
    table = rows().assign(vision=[f"vis/{i}.pt" for i in range(N)])
    (folder / "audio.npz").write_bytes(b"x")
    corpus = load_corpus(written(folder, table))
    assert "`vision`" in notes(corpus) and "audio.npz" in notes(corpus)
    np.save(folder / "loud.npy", vectors())
    (folder / "loud.npy").rename(folder / "LOUD.NPY")
    assert "LOUD" in load_corpus(folder).modalities


def test_lists_of_a_parquet_table_are_features(folder):
    table = rows().assign(
        audio=[None if i == 3 else [[i + 0.5, 1.0]] * (i % 2 + 1) for i in range(N)]
    )
    table.to_parquet(folder / "labels.parquet")
    corpus = load_corpus(folder)
    assert corpus.features["audio"].lengths[3] == 0
    np.testing.assert_array_equal(corpus.features["audio"].of(5), [[5.5, 1.0]] * 2)


@pytest.mark.parametrize(
    ("cell", "seconds"), [("0:00:07,250", 7.25), ("00:07.25", 7.25), ("7,25", 7.25), ("7.25", 7.25)]
)
def test_times_of_all_kinds_are_seconds(folder, cell, seconds):
    corpus = load_corpus(written(folder, rows().assign(StartTime=cell, End="0:00:09")))
    assert (corpus.utterances["start"] == seconds).all() and (corpus.utterances["end"] == 9).all()
    corpus = load_corpus(written(folder, rows().assign(StartTime=cell, End="0:00:02")))
    assert "24 utterances end before" in notes(corpus)
    written(folder, rows().assign(StartTime="soon"))
    refused(folder, "`StartTime` of row 1", "'soon'")


@pytest.mark.parametrize("form", ["[{}, {}]", "{} {}", "{}.0,{}.0"])
def test_one_hot_speakers_are_numbers_of_their_dialogue(folder, form):
    cells = [form.format(*np.eye(2, dtype=int)[i % 2]) for i in range(N)]
    corpus = load_corpus(written(folder, rows().assign(speaker=cells)))
    assert corpus.utterances["speaker"].nunique() == 12 and "recur" in notes(corpus)


def objects():
    array = np.empty(N, object)
    for i in range(N):
        array[i] = np.ones((i % 3 + 1, 2))
    return array


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (objects(), ("objects", "text_lengths.npy")),
        (np.array([{"a": 1}] * N, object), ("objects",)),
        (np.ones((N, 2), complex), ("no real numbers",)),
        (np.array(["a"] * N), ("no real numbers",)),
        (gzip.compress(b"x", mtime=0), ("gzip",)),
        (b"PK\x03\x04x", ("zip",)),
        (pickle.dumps(np.ones(3)), ("pickle",)),
        (b"1,2,3\n", ("no .npy file",)),
        (vectors(N - 1), (f"{N - 1} entries for {N} utterances",)),
    ],
)
def test_arrays_that_cannot_be_read_say_what_they_are(folder, content, words):
    written(folder, rows())
    if isinstance(content, bytes):
        (folder / "text.npy").write_bytes(content)
    else:
        np.save(folder / "text.npy", content, allow_pickle=True)
    refused(folder, "text.npy", *words)


@pytest.mark.parametrize(
    ("name", "content", "word"),
    [
        ("utterances.csv", gzip.compress(b"id,label\n", mtime=0), "gzip"),
        ("utterances.csv", b"PK\x03\x04", "zip"),
        ("utterances.csv.gz", gzip.compress(b"id,label\n", mtime=0), "unpack"),
        ("utterances.xlsx", b"PK\x03\x04", "CSV"),
        ("utterances.csv", b"version https://git-lfs.github.com/spec/v1\n", "Git LFS"),
        ("utterances.csv", "id,label\nä_1,1\n".encode("latin-1"), "Windows-1252"),
        ("utterances.csv", b"name,score\na,1\n", "`name`, `score`"),
        ("utterances.csv", b"id,label\na_1,1\n,2\n", "`id` of row 2"),
    ],
)
def test_tables_that_cannot_be_read_say_what_they_are(folder, name, content, word):
    (folder / name).write_bytes(content)
    refused(folder, name if name != "utterances.csv" else "mine", word)
