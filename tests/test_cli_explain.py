"""``mmmie explain``: its numbers add up, and bad input is one line."""

import json

import pytest

from mmmie.cli import main
from mmmie.corpus.folder import save_corpus_folder
from mmmie.training.config import load_config
from mmmie.training.run import train

pytestmark = pytest.mark.slow

SMALL = ["model.dim=8", "model.heads=2", "model.invariant_dim=4", "training.epochs=1"]


def run(capsys, *arguments, code=0):
    with pytest.raises(SystemExit) as ended:
        main([str(a) for a in arguments])
    captured = capsys.readouterr()
    assert ended.value.code == code, captured.err
    return captured.out if code == 0 else captured.err


@pytest.fixture
def trained(make_corpus, tmp_path):
    def make(**corpus):
        data = tmp_path / "corpus"
        save_corpus_folder(make_corpus(conversations=24, **corpus), data)
        train(data, tmp_path / "run", load_config(overrides=SMALL), device="cpu")
        return tmp_path / "run"

    return make


def test_the_report_adds_up(capsys, trained):
    path = trained()
    report = json.loads(run(capsys, "explain", path, "--utterance", "c2_2", "--json"))
    prediction = report["prediction"]
    modalities, context = report["modalities"], report["context"]
    assert list(modalities["values"]) == ["text", "audio"]
    assert modalities["start"] + sum(modalities["values"].values()) == pytest.approx(prediction)
    assert list(context["values"]) == ["-2", "-1", "1", "2"]
    assert context["values"]["-1"]["id"] == "c2_1"
    gains = sum(turn["value"] for turn in context["values"].values())
    assert context["start"] + gains == pytest.approx(prediction, abs=1e-5)
    assert report["class"] is None and report["utterance"] == "c2_2"
    assert report["split"]["name"] == "valid" and report["split"]["n"] == 40
    assert set(report["split"]["mean_absolute"]["text"]) == {"value", "low", "high"}
    channels = report["channels"]
    if channels is not None:  # None where Captum is not installed
        total = sum(sum(values.values()) for values in channels["values"].values())
        assert channels["start"] + total - channels["gap"] == pytest.approx(prediction, abs=1e-5)
    shown = run(capsys, "explain", path, "--utterance", "c2_2")
    assert "c2_1" in shown and shown.count("\n") <= 60


def test_a_class_can_be_chosen(capsys, trained):
    path = trained(classes=("no", "yes"), speakers=False)
    reports = [
        json.loads(run(capsys, "explain", path, "--utterance", "c2_2", "--class", name, "--json"))
        for name in ("no", "yes")
    ]
    assert [r["class"] for r in reports] == ["no", "yes"]
    assert sum(r["prediction"] for r in reports) == pytest.approx(1, abs=1e-5)
    assert reports[0]["context"]["values"]["-1"]["speaker"] is None
    line = run(capsys, "explain", path, "--utterance", "c2_2", "--class", "perhaps", code=2)
    assert line.count("\n") == 1 and "choose one of no, yes" in line


def test_an_unknown_utterance_is_refused_in_one_line(capsys, trained):
    line = run(capsys, "explain", trained(), "--utterance", "c99_0", code=2)
    assert line.startswith("mmmie: ") and line.count("\n") == 1 and "'c99_0'" in line
