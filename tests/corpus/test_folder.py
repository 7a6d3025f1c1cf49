"""Corpus folders: what is written is read again, and every fault gets one line."""

import json

import numpy as np
import pytest

from mmmie.corpus import Features
from mmmie.corpus.folder import open_corpus_folder, save_corpus_folder
from mmmie.errors import InputError


def write(corpus, folder):
    """Write whatever it is, faults included."""
    save_corpus_folder(corpus, folder)
    return folder


def fault_of(folder):
    with pytest.raises(InputError) as caught:
        open_corpus_folder(folder)
    message = str(caught.value)
    assert "\n" not in message and str(folder) in message
    return message


@pytest.mark.parametrize("classes", [None, ("low", "high")])
def test_round_trip(make_corpus, tmp_path, classes):
    corpus = make_corpus(classes=classes)
    corpus.utterances.loc[0, "transcript"] = "null"
    corpus.utterances.loc[1, "transcript"] = 'a "quoted", line\nwith a break'
    corpus.utterances.loc[2, "speaker"] = None
    corpus.utterances["flag"] = np.arange(len(corpus)) % 2
    back = open_corpus_folder(write(corpus, tmp_path / "c"))
    assert back.label == corpus.label and back.modalities == corpus.modalities
    assert list(back.utterances["transcript"]) == list(corpus.utterances["transcript"])
    assert back.utterances["speaker"][2] is None
    assert back.utterances["flag"].dtype.kind == "i"
    assert np.array_equal(back.targets, corpus.targets)
    assert back.fingerprint == corpus.fingerprint
    for name, features in corpus.features.items():
        assert np.array_equal(back.features[name].values, features.values)
        if features.offsets is not None:
            assert np.array_equal(back.features[name].offsets, features.offsets)


def test_features_are_memory_mapped(make_corpus, tmp_path):
    back = open_corpus_folder(write(make_corpus(), tmp_path / "c"))
    assert isinstance(back.features["audio"].values, np.memmap)


def test_parquet_reads_like_csv(make_corpus, tmp_path):
    corpus = make_corpus()
    corpus.utterances.loc[2, "speaker"] = None
    folder = write(corpus, tmp_path / "c")
    corpus.utterances.to_parquet(folder / "utterances.parquet")
    (folder / "utterances.csv").unlink()
    back = open_corpus_folder(folder)
    assert back.fingerprint == corpus.fingerprint
    assert back.utterances["speaker"][2] is None


@pytest.mark.parametrize("table", ["csv", "parquet"])
def test_times_that_are_not_given_are_nan_and_never_text(make_corpus, tmp_path, table):
    corpus = make_corpus()
    corpus.utterances["start"] = ""
    corpus.utterances["end"] = ["", *(f"{i}.5" for i in range(1, len(corpus)))]
    folder = write(corpus, tmp_path / "c")
    if table == "parquet":
        corpus.utterances.to_parquet(folder / "utterances.parquet")
        (folder / "utterances.csv").unlink()
    back = open_corpus_folder(folder).utterances
    assert back["start"].dtype == back["end"].dtype == np.float64
    assert back["start"].isna().all() and back["end"].isna().sum() == 1 and back["end"][4] == 4.5


def set_cell(column, value, row=3):
    def change(corpus):
        corpus.utterances[column] = corpus.utterances[column].astype(object)
        corpus.utterances.loc[row, column] = value

    return change


def set_time(name, value):
    def change(corpus):
        corpus.utterances[name] = [value, *range(1, len(corpus))]

    return change


def gap(corpus):
    corpus.utterances.loc[4, "position"] = 9


def torn(corpus):
    corpus.utterances.loc[0, "split"] = "valid"


def nan_feature(corpus):
    corpus.features["text"].values[4, 1] = np.nan


def infinite_feature(corpus):
    corpus.features["audio"].values[7, 2] = -np.inf


def short_features(corpus):
    corpus.features["audio"] = Features(corpus.features["audio"].values[:-1])


def falling_offsets(corpus):
    offsets = corpus.features["text"].offsets.copy()
    offsets[3] = offsets[5]
    corpus.features["text"] = Features(corpus.features["text"].values, offsets)


def wrong_type(corpus):
    values = corpus.features["audio"].values.astype(np.float64)
    corpus.features["audio"] = Features(values)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (set_cell("id", "c0_0"), ("utterances.csv", "`id`", "'c0_0'", "twice")),
        (set_cell("id", ""), ("utterances.csv", "`id`", "row 4")),
        (set_cell("split", "dev"), ("utterances.csv", "`split`", "'dev'", "train, valid or test")),
        (set_cell("label", "nan"), ("utterances.csv", "`label`", "c0_3", "finite")),
        (set_cell("label", "inf"), ("utterances.csv", "`label`", "c0_3", "finite")),
        (set_cell("label", "good"), ("utterances.csv", "`label`", "'good'")),
        (set_cell("label", 3.5), ("utterances.csv", "`label`", "3.5", "[-3, 3]")),
        (set_cell("position", "x"), ("utterances.csv", "`position`", "'x'")),
        (set_cell("position", 1), ("utterances.csv", "`position`", "repeats", "'c0'")),
        (set_cell("conversation", ""), ("utterances.csv", "`conversation`", "c0_3")),
        (set_time("start", "soon"), ("utterances.csv", "`start`", "c0_0", "'soon'", "seconds")),
        (set_time("end", "inf"), ("utterances.csv", "`end`", "c0_0", "inf", "leave the cell")),
        (gap, ("utterances.csv", "`position`", "gap after 3", "'c0'")),
        (torn, ("utterances.csv", "`split`", "'c0'", "valid and train")),
        (nan_feature, ("features.safetensors", "`text`", "nan", "channel 1")),
        (infinite_feature, ("features.safetensors", "`audio`", "'c1_2'", "-inf", "channel 2")),
        (short_features, ("features.safetensors", "`audio`", "59 rows for 60")),
        (falling_offsets, ("features.safetensors", "`text.offsets`", "rise")),
        (wrong_type, ("features.safetensors", "`audio`", "float64", "float16 or float32")),
    ],
)
def test_one_line_for_every_fault(make_corpus, tmp_path, change, words):
    corpus = make_corpus()
    change(corpus)
    message = fault_of(write(corpus, tmp_path / "c"))
    for word in words:
        assert word in message, message


def test_all_faults_are_listed(make_corpus, tmp_path):
    corpus = make_corpus()
    gap(corpus)
    nan_feature(corpus)
    set_cell("split", "dev")(corpus)
    with pytest.raises(InputError) as caught:
        open_corpus_folder(write(corpus, tmp_path / "c"))
    assert len(caught.value.faults) >= 3


def edit(folder, key, value):
    file = folder / "corpus.json"
    raw = json.loads(file.read_text())
    target = raw
    *parents, last = key.split(".")
    for part in parents:
        target = target[part]
    if value is None:
        del target[last]
    else:
        target[last] = value
    file.write_text(json.dumps(raw))


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("format", "other/1", ("`format`", "mmmie-corpus/1")),
        ("name", None, ("`name`",)),
        ("label", None, ("`label`",)),
        ("label.kind", "ranking", ("`label.kind`", "regression or classification")),
        ("label.range", [3, -3], ("`label.range`",)),
        ("modalities", {}, ("`modalities`",)),
        ("modalities.audio.dim", 0, ("`modalities.audio.dim`",)),
        ("modalities.audio.dim", 5, ("features.safetensors", "`audio`", "(60, 4)", "(rows, 5)")),
        ("modalities.audio.level", "word", ("`modalities.audio.level`",)),
        ("modalities.audio.channels", ["a"], ("`modalities.audio.channels`", "4 names")),
        ("modalities.smell", {"dim": 2, "level": "utterance"}, ("`smell`", "missing")),
    ],
)
def test_faults_of_the_description(make_corpus, tmp_path, key, value, words):
    folder = write(make_corpus(), tmp_path / "c")
    edit(folder, key, value)
    message = fault_of(folder)
    for word in words:
        assert word in message, message


def test_broken_json_and_no_folder(make_corpus, tmp_path):
    assert "no such folder" in fault_of(tmp_path / "nowhere")
    folder = write(make_corpus(), tmp_path / "c")
    (folder / "corpus.json").write_text("{")
    assert "corpus.json: is not readable JSON" in fault_of(folder)


@pytest.mark.parametrize("name", ["corpus.json", "utterances.csv", "features.safetensors"])
def test_missing_files(make_corpus, tmp_path, name):
    folder = write(make_corpus(), tmp_path / "c")
    (folder / name).unlink()
    assert f"{name}: is missing" in fault_of(folder)


@pytest.mark.parametrize("keep", [0, 5, 60, 0.5, 0.999])
def test_truncated_features(make_corpus, tmp_path, keep):
    folder = write(make_corpus(), tmp_path / "c")
    file = folder / "features.safetensors"
    data = file.read_bytes()
    file.write_bytes(data[: keep if isinstance(keep, int) else int(len(data) * keep)])
    assert "features.safetensors: is truncated" in fault_of(folder)


def test_a_missing_column(make_corpus, tmp_path):
    folder = write(make_corpus(), tmp_path / "c")
    file = folder / "utterances.csv"
    file.write_text(file.read_text().replace("position", "place", 1))
    assert "`position` is missing" in fault_of(folder)


def test_save_refuses_a_folder_that_holds_something(make_corpus, tmp_path):
    folder = write(make_corpus(), tmp_path / "c")
    with pytest.raises(InputError, match="not empty"):
        save_corpus_folder(make_corpus(), folder)


def test_real_corpora_open(mosi, meld):
    assert len(open_corpus_folder(mosi)) == 1794
    corpus = open_corpus_folder(meld)
    assert len(corpus) == 11098 and corpus.has_speakers


def test_a_fault_in_one_file_does_not_hide_those_of_the_others(make_corpus, tmp_path):
    corpus = make_corpus()
    nan_feature(corpus)
    corpus.features["text"].values[9] = np.inf
    set_cell("split", "dev")(corpus)
    set_cell("split", "dev", row=8)(corpus)
    folder = write(corpus, tmp_path / "c")
    edit(folder, "name", None)
    edit(folder, "label.kind", "ranking")
    edit(folder, "modalities.audio.dim", 0)
    with pytest.raises(InputError) as caught:
        open_corpus_folder(folder)
    found = caught.value.faults
    for words in ("`name`", "`label.kind`", "`modalities.audio.dim`", "(2 rows like this)"):
        assert any(words in fault for fault in found), words
    assert any("`split`" in f and "2 rows" in f for f in found)
    assert any("`text`" in f and "nan" in f and "2 rows" in f for f in found)


def test_all_missing_files_and_columns_are_listed(make_corpus, tmp_path):
    folder = write(make_corpus(), tmp_path / "c")
    for name in ("corpus.json", "features.safetensors"):
        (folder / name).unlink()
    file = folder / "utterances.csv"
    header, rest = file.read_text().split("\n", 1)
    file.write_text(f"{header.replace('position', 'place').replace('split', 'part')}\n{rest}")
    with pytest.raises(InputError) as caught:
        open_corpus_folder(folder)
    said = "\n".join(caught.value.faults)
    for words in ("corpus.json: is missing", "features.safetensors: is missing", "`position`",
                  "`split`"):  # fmt: skip
        assert words in said
    assert len(caught.value.faults) == 4


@pytest.mark.parametrize("name", ["", " ", "audio.offsets"])
def test_names_that_a_modality_cannot_have_are_refused(make_corpus, tmp_path, name):
    folder = write(make_corpus(levels={name: "utterance"}), tmp_path / "c")
    with pytest.raises(InputError) as caught:
        open_corpus_folder(folder)
    assert repr(name) in str(caught.value) and str(folder) in str(caught.value)
