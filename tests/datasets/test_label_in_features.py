"""What is the label, the split or an id under another name is no modality."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from mmmie.datasets import load_corpus
from mmmie.datasets.label_in_features import named_as_label
from tests.datasets import layouts

N, TURNS = 60, 5
RANDOM = np.random.default_rng(0)
LABELS = np.round(RANDOM.uniform(-3, 3, N) * 3) / 3
CLASSES = np.arange(N) * 7 % 4
SPLITS = np.repeat(["train", "train", "valid", "test"], N // 4)
NAMES = np.array(["joy", "anger", "fear", "calm"])


def onehot(codes):
    return np.eye(int(np.max(codes)) + 1)[np.asarray(codes, int)]


def table(folder, arrays, labels=LABELS):
    rows = {
        "conversation": [f"c{i // TURNS}" for i in range(N)],
        "position": [i % TURNS for i in range(N)],
        "split": SPLITS,
        "label": labels,
    }
    pd.DataFrame(rows).to_csv(folder / "utterances.csv", index=False)
    np.save(folder / "audio.npy", RANDOM.normal(size=(N, 3)).astype(np.float32))
    for name, values in arrays.items():
        np.save(folder / f"{name}.npy", np.asarray(values, np.float32))
    return load_corpus(folder)


@pytest.mark.parametrize(
    "name",
    ["labels", "train_label", "y", "y_train", "target", "word_onehot", "one-hot", "labelsTest",
     "split", "utterance_id", "Label2"],
)  # fmt: skip
def test_names_that_say_label(tmp_path, name):
    read = table(tmp_path, {name: RANDOM.normal(size=N)})  # not even of the shape of features
    assert list(read.modalities) == ["audio"]
    assert [note for note in read.notes if name in note]


@pytest.mark.parametrize("name", ["audio", "gaze_y", "emotion2vec", "labelled", "text", "body",
                                  "hybrid", "valid", "y_axis_motion"])  # fmt: skip
def test_names_of_features(name):
    assert not named_as_label(name)


@pytest.mark.parametrize(
    "values",
    [
        LABELS[:, None],
        -2 * LABELS[:, None] + 7,
        np.stack([LABELS, LABELS / 3], 1),
        onehot(np.sign(LABELS) + 1),
        onehot(np.rint(LABELS) + 3),
        np.rint(LABELS)[:, None],
        np.repeat(LABELS, 6).reshape(N, 6, 1),
    ],
    ids=["it", "scaled", "twice", "signs", "seven", "rounded", "steps"],
)
def test_values_that_tell_a_number(tmp_path, values):
    read = table(tmp_path, {"extra": values})
    assert list(read.modalities) == ["audio"]
    assert len([note for note in read.notes if "`extra`" in note]) == 1


@pytest.mark.parametrize(
    "values",
    [
        onehot(CLASSES),
        CLASSES[:, None],
        onehot(CLASSES % 2),
        np.array([5, 1, 9, 2])[CLASSES][:, None],
    ],
    ids=["onehot", "codes", "coarse", "other codes"],
)  # fmt: skip
def test_values_that_tell_a_class(tmp_path, values):
    read = table(tmp_path, {"extra": values}, NAMES[CLASSES])
    assert read.label.kind == "classification" and list(read.modalities) == ["audio"]
    assert len([note for note in read.notes if "`extra`" in note]) == 1


@pytest.mark.parametrize(
    "values",
    [onehot(pd.factorize(SPLITS)[0]), np.arange(N)[:, None], np.arange(N)[:, None] // TURNS + 4],
    ids=["split", "row", "conversation"],
)
def test_values_that_tell_the_split_or_the_utterance(tmp_path, values):
    read = table(tmp_path, {"extra": values})
    assert list(read.modalities) == ["audio"] and "`extra`" in " ".join(read.notes)


@pytest.mark.parametrize("labels", [LABELS, NAMES[CLASSES]], ids=["number", "classes"])
def test_one_channel_that_is_the_label_goes_alone(tmp_path, labels):
    values = RANDOM.normal(size=(N, 5)).astype(np.float32)
    values[:, 3] = labels if labels is LABELS else CLASSES == 2
    read = table(tmp_path, {"extra": values}, labels)
    assert read.modalities["extra"].dim == 4
    np.testing.assert_array_equal(read.features["extra"].values, np.delete(values, 3, axis=1))
    assert "Channel 3 of `extra`" in " ".join(read.notes)


@pytest.mark.parametrize("labels", [LABELS, NAMES[CLASSES]], ids=["number", "classes"])
def test_features_that_only_go_along_with_the_label_stay(tmp_path, labels):
    told = LABELS if labels is LABELS else CLASSES
    arrays = {
        "near": (told + 0.05 * RANDOM.normal(size=N))[:, None],
        "speaker": onehot(np.arange(N) // 3 % 2),
        "coarse": (RANDOM.uniform(size=(N, 2)) > 0.5).astype(float),
        "long": RANDOM.normal(size=(N, 4, 3)),
        "silent": np.ones((N, 2)),
    }
    read = table(tmp_path, arrays, labels)
    assert set(read.modalities) == {"audio", *arrays}
    assert not [note for note in read.notes if "used" in note]


def test_lists_of_a_dataset_and_columns_of_files_are_looked_at_too(make_corpus, tmp_path):
    corpus = make_corpus(levels={"audio": "utterance"}, splits=("train", "valid", "test"))
    data = tmp_path / "clone" / "data"
    data.mkdir(parents=True)
    for split in corpus.splits:
        own = corpus.select(corpus.rows(split)).utterances.drop(columns="split")
        noise = RANDOM.normal(size=(len(own), 2))
        own["audio"], own["multi_hot"] = noise.tolist(), [[x, -x] for x in own["label"]]
        own["labels_onehot"] = noise.tolist()  # its name is enough
        own.to_parquet(data / f"{layouts.DEV[split]}-00000-of-00001.parquet")
    read = load_corpus(tmp_path / "clone")
    assert list(read.modalities) == ["audio"] and len(read.notes) == 2, json.dumps(read.notes)


def test_labels_of_nothing_but_labels_are_no_features(tmp_path):
    with pytest.raises(ValueError, match="no features of any modality"):
        rows = {"id": [f"a_{i}" for i in range(12)], "label": np.linspace(-1, 1, 12)}
        pd.DataFrame(rows).to_csv(tmp_path / "utterances.csv", index=False)
        np.save(tmp_path / "y.npy", np.ones((12, 1)))
        load_corpus(tmp_path)
