"""A checkpoint on a corpus that is not its own, from the command line."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from mmmie import load_checkpoint
from mmmie.cli import main
from mmmie.corpus.folder import save_corpus_folder
from mmmie.errors import InputError
from tests.analysis.untrained import untrained_checkpoint

pytestmark = pytest.mark.slow

CLASSES = ("negative", "neutral", "positive")
USES = (
    ("evaluate",),
    ("probe",),
    ("identity",),
    ("explain", "--utterance", "c0_0"),
)


def run(capsys, *arguments, code=0):
    with pytest.raises(SystemExit) as ended:
        main([str(a) for a in arguments])
    captured = capsys.readouterr()
    assert ended.value.code == code, captured.err
    return captured


@pytest.fixture
def kept(tmp_path):
    def keep(corpus, name):
        save_corpus_folder(corpus, tmp_path / name)
        return tmp_path / name

    return keep


@pytest.fixture
def numbers(make_corpus, tmp_path):
    return untrained_checkpoint(make_corpus(), tmp_path / "numbers").info.folder


@pytest.fixture
def classes(make_corpus, tmp_path):
    return untrained_checkpoint(make_corpus(classes=CLASSES), tmp_path / "classes").info.folder


@pytest.mark.parametrize("use", USES, ids=lambda use: use[0])
@pytest.mark.parametrize("span", [(1.0, 5.0), (-1.0, 1.0)])
def test_another_scale_is_refused_wherever_labels_count(
    capsys, numbers, kept, make_corpus, use, span
):
    folder = kept(make_corpus(label_range=span), "other")
    command, *rest = use
    said = run(capsys, command, numbers, "--data", folder, *rest, "--json", code=2)
    assert said.out == "" and said.err.count("\n") == 1
    assert f"[{span[0]:g}, {span[1]:g}]" in said.err and "[-3, 3]" in said.err
    assert str(folder) in said.err
    with pytest.raises(InputError, match=r"\[-3, 3\]"):
        load_checkpoint(numbers).corpus(folder)


def test_predictions_need_no_labels_so_theirs_are_only_told_apart(
    capsys, numbers, kept, make_corpus, tmp_path
):
    corpus = make_corpus(label_range=(1.0, 5.0))
    out = tmp_path / "p.csv"
    said = run(capsys, "predict", numbers, "--data", kept(corpus, "five"), "--out", out)
    assert "[1, 5]" in said.err and "[-3, 3]" in said.err
    table = pd.read_csv(out)
    assert table["label"].tolist() == pytest.approx(corpus.utterances["label"].tolist())
    run(capsys, "predict", numbers, "--data", kept(make_corpus(), "own"), "--out", out)
    assert table["prediction"].tolist() == pytest.approx(pd.read_csv(out)["prediction"].tolist())


@pytest.mark.parametrize("use", USES[:3], ids=lambda use: use[0])
def test_classes_in_another_order_and_case_give_the_same_report(
    capsys, classes, kept, make_corpus, use
):
    own = make_corpus(classes=CLASSES)
    written = {"negative": "NEGATIVE", "neutral": "neutral", "positive": "Positive"}
    other = replace(
        own,
        label=replace(own.label, classes=("Positive", "NEGATIVE", "neutral")),
        utterances=own.utterances.assign(label=own.utterances["label"].map(written)),
    )
    said = [
        run(capsys, use[0], classes, "--data", kept(corpus, name), "--json")
        for corpus, name in ((own, "own"), (other, "other"))
    ]
    assert json.loads(said[0].out) == json.loads(said[1].out)
    assert said[0].err == "" and "'NEGATIVE'" in said[1].err and "'Positive'" in said[1].err


def test_fewer_classes_are_measured_with_those_of_the_model(capsys, classes, kept, make_corpus):
    own = make_corpus(classes=CLASSES)
    table = own.utterances.replace({"label": {"neutral": "positive"}})
    label = replace(own.label, classes=("negative", "positive"))
    few = replace(own, label=label, utterances=table)
    said = run(capsys, "evaluate", classes, "--data", kept(few, "few"), "--json")
    report = json.loads(said.out)
    assert list(report["per_class"]) == list(CLASSES) and "neutral" in said.err
    assert report["per_class"]["neutral"]["n"] == 0
    assert sum(entry["n"] for entry in report["per_class"].values()) == report["n"]


@pytest.mark.parametrize("shape", [(2, 4), (2, 1, 4)])
def test_clips_of_one_step_are_predicted_by_a_model_of_sequences(
    capsys, make_corpus, tmp_path, shape
):
    checkpoint = untrained_checkpoint(make_corpus(), tmp_path / "model")
    assert checkpoint.info.modalities["text"].level == "sequence"
    new = tmp_path / "new"
    new.mkdir()
    random = np.random.default_rng(0)
    pd.DataFrame({"id": ["n_0", "n_1"]}).to_csv(new / "utterances.csv", index=False)
    np.save(new / "audio.npy", random.normal(size=(2, 4)).astype(np.float32))
    np.save(new / "text.npy", random.normal(size=shape).astype(np.float32))
    out = tmp_path / "p.csv"
    said = run(capsys, "predict", checkpoint.info.folder, "--data", new, "--out", out)
    assert pd.read_csv(out)["prediction"].notna().sum() == 2
    assert ("`text`" in said.err) == (len(shape) == 2) and "`audio`" not in said.err


@pytest.mark.parametrize("given", [[10, 20, 30, 7], [3, 2, 1, 1], [0.5, 1.5, 2.5, 9.0]])
def test_positions_ids_and_speakers_come_back_as_they_were_given(capsys, numbers, tmp_path, given):
    new = tmp_path / "new"
    new.mkdir()
    table = pd.DataFrame(
        {
            "id": ["z9", "a", "m", "b"],
            "conversation": ["c", "c", "c", "d"],
            "position": given,
            "speaker": ["Ann", "", "Bo", "1"],
        }
    )
    table.to_csv(new / "utterances.csv", index=False)
    for name in ("audio", "text"):
        np.save(new / f"{name}.npy", np.ones((4, 4), np.float32))
    run(capsys, "data", "convert", new, tmp_path / "folder")
    for data in (new, tmp_path / "folder"):
        run(capsys, "predict", numbers, "--data", data, "--out", tmp_path / "p.csv")
        found = pd.read_csv(tmp_path / "p.csv", dtype=str, keep_default_na=False)
        assert list(found["position"]) == [str(position) for position in given]
        for column in ("id", "conversation", "speaker"):
            assert list(found[column]) == list(table[column])


def test_the_range_that_was_said_in_training_is_not_that_of_another_corpus(
    capsys, numbers, make_corpus, tmp_path
):
    file = numbers / "config.json"
    raw = json.loads(file.read_text("utf-8"))
    raw["config"]["label"] = "kind=regression,range=-3:3,name=label"
    file.write_text(json.dumps(raw), "utf-8")
    new = tmp_path / "new"
    new.mkdir()
    corpus = make_corpus(
        label_range=(-1.0, 1.0), levels={"text": "utterance", "audio": "utterance"}
    )
    table = corpus.utterances.assign(label=corpus.utterances["label"].clip(-1, 1))
    table.to_csv(new / "utterances.csv", index=False)
    for name in ("audio", "text"):
        np.save(new / f"{name}.npy", corpus.features[name].values)
    said = run(capsys, "evaluate", numbers, "--data", new, code=2)
    assert "[-1, 1]" in said.err and "--label range=-3:3" in said.err
    said = run(capsys, "evaluate", numbers, "--data", new, "--label", "range=-3:3", "--json")
    assert json.loads(said.out)["n"] == 20
