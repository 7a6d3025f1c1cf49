"""Predictions need no labels, splits or all modalities; whatever needs labels says so."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
import torch

from mmmie import load_checkpoint, load_corpus, train
from mmmie.analysis.checkpoint import completed, missing_modalities
from mmmie.analysis.codes.probes import probe_report
from mmmie.corpus import NO_LABEL, Modality
from mmmie.corpus.folder import save_corpus_folder
from mmmie.datasets import convert_corpus
from mmmie.errors import InputError
from mmmie.model.config import ModelSettings
from mmmie.model.mmmie import MMMIE
from mmmie.training.checkpoint_files import CheckpointInfo, write_checkpoint
from mmmie.training.config import Config

pytestmark = pytest.mark.slow

CLASSES = ("no", "maybe", "yes")


@pytest.fixture(params=[None, CLASSES], ids=["numbers", "classes"])
def corpus(request, make_corpus):
    return make_corpus(classes=request.param, levels={"text": "sequence", "audio": "utterance"})


@pytest.fixture
def checkpoint(corpus, tmp_path):
    torch.manual_seed(0)
    config = Config(model=ModelSettings(dim=8, heads=2, invariant_dim=3))
    (tmp_path / "model").mkdir()
    held = {"name": "small", "path": None, "fingerprint": corpus.fingerprint}
    model = MMMIE(corpus.modalities, corpus.label, config.model)
    write_checkpoint(
        tmp_path / "model",
        model,
        CheckpointInfo(
            tmp_path, config, corpus.label, corpus.modalities, held, {}, 1, {}, facts={}
        ),
    )
    return load_checkpoint(tmp_path / "model")


def saved(corpus, folder, change, describe=lambda raw: raw):
    """A corpus folder with a changed table."""
    save_corpus_folder(corpus, folder)
    change(corpus.utterances).to_csv(folder / "utterances.csv", index=False)
    file = folder / "corpus.json"
    file.write_text(json.dumps(describe(json.loads(file.read_text()))))
    return folder


def without_label(raw):
    return {key: value for key, value in raw.items() if key != "label"}


@pytest.mark.parametrize(
    ("change", "labelled", "describe"),
    [
        (lambda t: t.drop(columns=["label", "split"]), 0, without_label),
        (lambda t: t.drop(columns="label"), 0, lambda raw: raw),
        (lambda t: t.assign(label="", split=""), 0, lambda raw: raw),
        (lambda t: t.assign(label=t["label"].where(t["position"] > 0, "")), 48, lambda raw: raw),
    ],
    ids=["nothing known", "no label", "all empty", "some empty"],
)
def test_the_same_is_predicted_without_labels_and_splits(
    corpus, checkpoint, tmp_path, change, labelled, describe
):
    expected = checkpoint.predict(corpus)
    folder = saved(corpus, tmp_path / "new", change, describe)
    with pytest.raises(InputError, match=r"only `mmmie predict` can use it|label") as caught:
        load_corpus(folder)
    assert str(folder) in str(caught.value) and "\n" not in str(caught.value)
    table = checkpoint.predict(checkpoint.corpus(folder, unlabelled=True))
    assert list(table) == list(expected)
    assert list(table["id"]) == list(expected["id"])
    if corpus.label.classes:
        assert list(table["prediction"]) == list(expected["prediction"])
    else:
        said = table["prediction"].to_numpy(float)
        assert said == pytest.approx(expected["prediction"].to_numpy(float), abs=1e-5)
        assert np.ptp(said) > 1e-3
    assert table["label"].notna().sum() == labelled
    assert set(table["split"]) <= {"train", "valid", ""}


def test_what_needs_labels_refuses_in_one_line(corpus, checkpoint, tmp_path):
    folder = saved(corpus, tmp_path / "new", lambda t: t.assign(label=""))
    opened = load_corpus(folder, unlabelled=True)
    for use in (
        lambda: checkpoint.evaluate(opened, "valid"),
        lambda: probe_report(opened, checkpoint.outputs(opened, "valid")),
        lambda: train(opened, tmp_path / "run"),
        lambda: train(str(folder), tmp_path / "run"),
        lambda: checkpoint.corpus(folder),
    ):
        with pytest.raises(InputError) as caught:
            use()
        line = str(caught.value)
        assert str(folder) in line and "\n" not in line
        assert "has no labels; only `mmmie predict` can use it" in line
    assert not (tmp_path / "run").exists()


def test_some_empty_labels_are_counted_and_the_first_is_named(corpus, tmp_path):
    folder = saved(
        corpus, tmp_path / "new", lambda t: t.assign(label=t["label"].where(t["id"] != "c2_3", ""))
    )
    with pytest.raises(InputError, match="1 of 60 utterances have no `label`, 'c2_3' first"):
        load_corpus(folder)


def test_a_missing_modality_is_predicted_as_the_model_predicts_without_it(
    corpus, checkpoint, tmp_path
):
    save_corpus_folder(corpus.with_modalities(["text"]), tmp_path / "new")
    opened = checkpoint.corpus(tmp_path / "new", unlabelled=True)
    assert missing_modalities(checkpoint.info, opened) == ["audio"]
    said = checkpoint.predict(opened)["prediction"].tolist()
    whole = checkpoint.predict(corpus)["prediction"].tolist()
    assert said != whole
    # whatever stands in the place of the missing modality, the model does not see it
    other = completed(checkpoint.info, opened)
    other.features["audio"].values[:] = 1e3
    from mmmie.analysis.checkpoint import predict_rows

    assert predict_rows(checkpoint, other, ["audio"])[0] == pytest.approx(said)


@pytest.mark.parametrize(
    ("modalities", "words"),
    [
        ({"smell": Modality("smell", 4, "utterance")}, "modality `text` is missing"),
        ({"text": Modality("text", 5, "sequence")}, "`modalities.text.dim` is 5"),
    ],
)
def test_a_corpus_that_no_part_of_the_model_fits_is_refused(corpus, checkpoint, modalities, words):
    corpus.modalities = modalities
    with pytest.raises(InputError, match=words):
        completed(checkpoint.info, corpus)


def test_labels_of_another_kind_are_refused_and_some_of_the_classes_are_not(
    corpus, checkpoint, make_corpus
):
    other = make_corpus(classes=("good", "bad"), levels={"text": "sequence"})
    with pytest.raises(InputError, match="`label` is classification"):
        completed(checkpoint.info, other)
    if corpus.label.classes:
        few = make_corpus(classes=CLASSES[:2], levels={"text": "sequence"})
        assert completed(checkpoint.info, few).label == corpus.label


def test_a_table_with_arrays_needs_no_label_or_split(corpus, checkpoint, tmp_path):
    (tmp_path / "table").mkdir()
    table = corpus.utterances.drop(columns=["label", "split"])
    table.to_csv(tmp_path / "table" / "utterances.csv", index=False)
    np.save(tmp_path / "table" / "audio.npy", corpus.features["audio"].values)
    opened = checkpoint.corpus(tmp_path / "table", unlabelled=True)
    assert opened.label == NO_LABEL and not opened.labelled.any() and opened.splits == []
    assert len(checkpoint.predict(opened)) == 60
    with pytest.raises(InputError, match="has no labels; only"):
        load_corpus(tmp_path / "table")
    convert_corpus(tmp_path / "table", tmp_path / "folder")
    back = load_corpus(tmp_path / "folder", unlabelled=True)
    assert back.label == NO_LABEL and back.splits == []
    again = tmp_path / "again"
    convert_corpus(tmp_path / "folder", again)
    read = [pd.read_csv(f / "utterances.csv") for f in (tmp_path / "folder", again)]
    pd.testing.assert_frame_equal(*read)
