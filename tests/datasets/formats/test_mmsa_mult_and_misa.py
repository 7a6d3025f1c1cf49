"""What pickles of MMSA, MulT and MISA lack, hold twice or call otherwise is noted or refused."""

import json

import numpy as np
import pytest

from mmmie.datasets import load_corpus
from mmmie.errors import InputError
from tests.datasets import layouts
from tests.datasets.python_2 import write_python_2

LEVELS = {"text": "sequence", "audio": "sequence", "vision": "sequence"}
FORMATS = {"mmsa": layouts.mmsa, "mult": layouts.mult, "segments": layouts.segments}


@pytest.fixture
def corpus(make_corpus):
    made = make_corpus(levels=LEVELS, splits=("train", "valid", "test"), conversations=6)
    made.utterances["label"] = made.utterances["label"].astype(np.float32).astype(float)
    return made


def opened(value, tmp_path):
    return load_corpus(layouts.write_pickle(value, tmp_path / "a.pkl"))


def noted(read, *words):
    return any(all(word in note for word in words) for note in read.notes)


@pytest.mark.parametrize("name", FORMATS)
def test_sound_files_have_no_notes_but_of_what_is_left_out(corpus, tmp_path, name):
    read = opened(FORMATS[name](corpus), tmp_path)
    assert [note for note in read.notes if "vocabulary" not in note] == []


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("protocol", [1, 2])
def test_python_2(corpus, tmp_path, name, protocol):
    wanted = opened(FORMATS[name](corpus), tmp_path)
    file = write_python_2(FORMATS[name](corpus), tmp_path / "b.pkl", protocol)
    read = load_corpus(file)
    assert read.fingerprint == wanted.fingerprint and read.notes == wanted.notes
    assert list(read.utterances) == list(wanted.utterances)


@pytest.mark.parametrize("name", FORMATS)
def test_lists_as_json_has_them(corpus, tmp_path, name):
    def plain(x):
        return x.decode() if isinstance(x, bytes) else x.tolist()

    value = FORMATS[name](corpus)
    if name == "mmsa":
        for part in value.values():
            part["audio"][np.isinf(part["audio"])] = 0
    if name == "mult":
        for part in value.values():
            part["id"] = [[x.decode() for x in row] for row in part["id"]]
    read = opened(json.loads(json.dumps(value, default=plain)), tmp_path)
    wanted = opened(value, tmp_path)
    assert read.fingerprint == wanted.fingerprint


@pytest.mark.parametrize("name", ["mmsa", "mult"])
@pytest.mark.parametrize("objects", [False, True])
def test_ragged_lists_of_arrays(corpus, tmp_path, name, objects):
    value = FORMATS[name](corpus)
    wanted = opened(value, tmp_path)
    for split, rows in layouts.rows_of(corpus).items():
        for modality in LEVELS:
            own = [corpus.features[modality].of(row) for row in rows]
            if objects:
                array = np.empty(len(own), object)
                array[:] = own
                own = array
            value[split][modality] = own
    assert opened(value, tmp_path).fingerprint == wanted.fingerprint


@pytest.mark.parametrize("nothing", [None, [], np.zeros((0, 4))])
@pytest.mark.parametrize("name", FORMATS)
def test_an_utterance_without_video_has_none(corpus, tmp_path, name, nothing):
    value = FORMATS[name](corpus)
    if name == "segments":
        (ids, _, audio, said), label, segment = value["dev"][1]
        value["dev"][1] = ((ids, nothing, audio, said), label, segment)
    else:
        value["valid"]["vision"] = [*value["valid"]["vision"]]
        value["valid"]["vision"][1] = nothing
    read = opened(value, tmp_path)
    absent = np.flatnonzero(read.features["vision"].lengths == 0)
    assert list(absent) == [read.rows("valid")[1]]
    who = read.utterances["id"].iloc[absent[0]]
    assert noted(read, f"1 of {len(read)}", "vision", repr(who))


def test_padding_alone_and_a_length_of_0_are_no_step(corpus, tmp_path):
    value = layouts.mmsa(corpus)
    value["train"]["vision_lengths"][2] = 0
    value["train"]["audio_lengths"][3] += 100
    read = opened(value, tmp_path)
    assert read.features["vision"].lengths[2] == 0 and noted(read, "1 of 30", "vision")
    assert noted(read, "`train` `audio`", "number 3")
    value = layouts.mult(corpus)
    value["test"]["audio"][0] = 0
    read = opened(value, tmp_path)
    assert read.features["audio"].lengths[read.rows("test")[0]] == 0


def test_sequences_of_one_step_stay_sequences(corpus, tmp_path):
    value = layouts.mult(corpus)
    for part in value.values():
        part["audio"] = part["audio"][:, -1:]
    read = opened(value, tmp_path)
    assert read.modalities["audio"].level == "sequence"
    assert (read.features["audio"].lengths == 1).all()


def test_a_column_that_one_split_lacks_stays_in_the_others(corpus, tmp_path):
    value = layouts.mmsa(corpus, sims=True)
    for key in ("raw_text", "annotations", "regression_labels_A"):
        del value["test"][key]
    read = opened(value, tmp_path)
    test = (read.utterances["split"] == "test").to_numpy()
    assert (read.utterances["transcript"] != "").to_numpy().tolist() == (~test).tolist()
    assert (read.utterances["annotation"] != "").to_numpy().tolist() == (~test).tolist()
    assert read.utterances["label_audio"].isna().to_numpy().tolist() == test.tolist()
    for key in ("`raw_text`", "`annotations`", "`regression_labels_A`"):
        assert noted(read, key, "test", "10 utterances")


def test_labels_that_are_missing_are_named(corpus, tmp_path):
    value = layouts.mmsa(corpus)
    for part in value.values():
        del part["regression_labels"], part["classification_labels"]
    with pytest.raises(InputError, match="no labels; add `regression_labels`"):
        opened(value, tmp_path)
    value = layouts.mmsa(corpus)
    del value["test"]["regression_labels"]
    with pytest.raises(InputError, match="`test` has no `regression_labels`"):
        opened(value, tmp_path)


@pytest.mark.parametrize("name", FORMATS)
def test_two_names_of_one_split(corpus, tmp_path, name):
    value = FORMATS[name](corpus)
    value["val"] = value.get("valid", value.get("dev"))
    with pytest.raises(InputError, match="holds both"):
        opened(value, tmp_path)
    assert len(opened({k.title(): v for k, v in FORMATS[name](corpus).items()}, tmp_path)) == 30


def seven(labels):
    return np.concatenate([labels.reshape(-1, 1), np.arange(6.0) + 0 * labels.reshape(-1, 1)], 1)


@pytest.mark.parametrize("name", FORMATS)
def test_seven_columns_are_sentiment_and_six_emotions(corpus, tmp_path, name):
    value = FORMATS[name](corpus)
    if name == "segments":
        value = layouts.segments(corpus, seven=True)
    for part in value.values() if name != "segments" else ():
        key = "labels" if name == "mult" else "regression_labels"
        part[key] = seven(part[key])
        part[key] = part[key][:, None] if name == "mult" else part[key]
    read = opened(value, tmp_path)
    assert read.label.kind == "regression" and read.label.range == corpus.label.range
    emotions = ["happiness", "sadness", "anger", "surprise", "disgust", "fear"]
    held = read.utterances[[f"emotion_{emotion}" for emotion in emotions]].to_numpy()
    assert (held == (0.5 if name == "segments" else np.arange(6))).all()
    assert noted(read, "seven columns")


@pytest.mark.parametrize("pairs", [True, False])
def test_none_and_several_of_the_emotions(corpus, tmp_path, pairs):
    value = layouts.mult(corpus, ids=None)
    for part in value.values():
        yes = np.eye(4, dtype=int)[np.arange(len(part["labels"])) % 4]
        part["labels"] = np.stack([1 - yes, yes], 2) if pairs else yes
    assert not noted(opened(value, tmp_path), "emotions")
    labels = value["train"]["labels"]
    labels[1:3] = [1, 0] if pairs else 0
    labels[5:6] = [0, 1] if pairs else 1
    read = opened(value, tmp_path)
    assert list(read.utterances["label"][:6]) == [
        *("neutral", "none", "none", "angry", "neutral", "neutral")
    ]
    assert read.label.classes == ("neutral", "happy", "sad", "angry", "none")
    assert noted(read, "2 of 30", "none", "'train-1'") and noted(read, "1 of 30", "several")
    assert read.utterances["emotion_sad"][:6].tolist() == [0, 0, 0, 0, 0, 1]


def test_a_list_alone_that_names_no_split(corpus, tmp_path):
    part = layouts.segments(corpus)["train"]
    read = opened(part, tmp_path)
    assert read.splits == ["train"] and noted(read, "names no split")
    read = load_corpus(layouts.write_pickle(part, tmp_path / "Test.pkl"))
    assert read.splits == ["test"] and not noted(read, "names no split")


def test_words_that_are_numbers_in_a_list_are_no_transcript(corpus, tmp_path):
    value = {
        split: [(([3, 5], *f[1:3]), label, name) for f, label, name in part]
        for split, part in layouts.segments(corpus).items()
    }
    read = opened(value, tmp_path)
    assert "transcript" not in read.utterances and noted(read, "vocabulary")
