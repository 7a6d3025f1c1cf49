"""The command line: its contract, and one line for bad input."""

import json
import shutil
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from safetensors.numpy import load_file

from mmmie import load_checkpoint, load_config, load_corpus, train
from mmmie.cli import main
from mmmie.cli.tables import print_corpus
from mmmie.corpus.folder import save_corpus_folder

pytestmark = pytest.mark.slow

SMALL = [
    "--set",
    "model.dim=16",
    "--set",
    "model.heads=2",
    "--set",
    "model.invariant_dim=4",
    "--set",
    "training.mi_check_every=0",
    "--quiet",
]


def run(capsys, *arguments, code=0):
    with pytest.raises(SystemExit) as ended:
        main([str(a) for a in arguments])
    captured = capsys.readouterr()
    assert ended.value.code == code, captured.err
    return captured.out if code == 0 else captured.err


def refuse(capsys, *arguments):
    line = run(capsys, *arguments, code=2)
    assert line.startswith("mmmie: ") and line.count("\n") == 1 and "Traceback" not in line
    return line


@pytest.fixture(scope="module")
def folder(make_corpus, tmp_path_factory):
    path = tmp_path_factory.mktemp("data") / "corpus"
    save_corpus_folder(make_corpus(conversations=24), path)
    return path


@pytest.fixture(scope="module")
def finished(folder, tmp_path_factory):
    """A run of two epochs."""
    out = tmp_path_factory.mktemp("trained") / "run"
    given = ["--data", str(folder), "--out", str(out), "--epochs", "2", "--seed", "3"]
    with pytest.raises(SystemExit) as ended:
        main(["train", *given, *SMALL])
    assert ended.value.code == 0
    return out


@pytest.fixture
def trained(finished, tmp_path):
    """A copy of it, which a test may change."""
    return shutil.copytree(finished, tmp_path / "run")


def test_train_evaluate_predict_identity_probe(capsys, folder, trained, tmp_path):
    metrics = json.loads(run(capsys, "evaluate", trained, "--json"))
    assert set(metrics) >= {
        "n",
        "mae",
        "corr",
        "acc7",
        "acc5",
        "acc2_nonneg",
        "f1_nonneg",
        "acc2_nonzero",
        "f1_nonzero",
    }
    assert (
        json.loads(run(capsys, "evaluate", trained / "best", "--data", folder, "--json")) == metrics
    )

    file = tmp_path / "p.csv"
    run(capsys, "predict", trained, "--data", folder, "--out", file)
    table = pd.read_csv(file)
    assert list(table) == [
        "id",
        "conversation",
        "position",
        "speaker",
        "split",
        "label",
        "prediction",
    ]
    assert list(table) == list(load_checkpoint(trained).predict(load_corpus(folder)))
    assert len(table) == 120 and table["prediction"].notna().all()

    effect = json.loads(run(capsys, "identity", trained, "--json"))
    assert effect["trained"]["mae"] == pytest.approx(metrics["mae"])
    assert list(effect["interventions"]) == [
        "off",
        "no_role",
        "no_speaker",
        "no_modality",
        "swap_speaker",
        "shuffle_roles",
        "no_context",
    ]
    assert all("mean_abs_shift" in e and "mae" in e for e in effect["interventions"].values())
    assert all(
        set(e["error_change"]) == {"value", "low", "high"} and "total_variation" in e["attention"]
        for e in effect["interventions"].values()
    )

    probes = json.loads(run(capsys, "probe", trained, "--json"))
    assert set(probes["codes"]) == {"invariant", "specific"}
    assert set(probes["codes"]["invariant"]["text"]) == {"modality_accuracy", "label_r2", "latents"}
    assert set(probes["retrieval"]["text-audio"]) == {"recall_at_1", "recall_at_10", "chance_at_1"}
    assert set(probes["readings"]) == {"means", "samples"}
    assert set(probes["readings"]["samples"]) == {"linear", "speaker_accuracy", "cka"}
    assert {entry["verdict"] for entry in probes["leakage"]} <= {
        "holds",
        "fails",
        "undecided",
        "no claim",
    }
    both = json.loads(run(capsys, "probe", trained, "--nonlinear", "--json"))
    assert both["codes"] == probes["codes"]
    assert "nonlinear" in both["readings"]["means"]

    missing = json.loads(run(capsys, "robustness", trained, "--json"))
    assert missing["subsets"]["text+audio"]["mae"] == pytest.approx(metrics["mae"])
    assert missing["rates"][-1]["rate"] == 0.7
    for command in ("evaluate", "identity", "probe", "robustness"):
        shown = run(capsys, command, trained)
        assert 8 <= shown.count("\n") <= 60 and max(map(len, shown.split("\n"))) < 160
        assert "verdict" in shown or command != "probe"


def test_classification(capsys, make_corpus, tmp_path):
    data, out = tmp_path / "c", tmp_path / "run"
    save_corpus_folder(make_corpus(conversations=24, classes=("no", "maybe", "yes")), data)
    run(capsys, "train", "--data", data, "--out", out, "--epochs", 1, *SMALL)
    metrics = json.loads(run(capsys, "evaluate", out, "--json"))
    assert list(metrics) == ["n", "accuracy", "f1_weighted", "f1_macro", "ece", "per_class"]
    assert run(capsys, "evaluate", out).split("\n")[9:12][0].startswith("no ")
    file, codes = tmp_path / "p.csv", tmp_path / "codes.safetensors"
    run(capsys, "predict", out, "--data", data, "--out", file, "--codes", codes)
    table = pd.read_csv(file)
    assert set(table["prediction"]) <= {"no", "maybe", "yes"}
    shares = table[["p_no", "p_maybe", "p_yes"]]
    assert shares.sum(axis=1).to_numpy() == pytest.approx(1, abs=1e-6)
    assert (shares.idxmax(axis=1) == "p_" + table["prediction"]).all()
    valid = table["split"] == "valid"
    right = table["prediction"] == table["label"]
    assert right[valid].mean() == pytest.approx(metrics["accuracy"])
    outputs = load_checkpoint(out).outputs(load_corpus(data), "valid")
    kept = load_file(codes)
    assert set(kept) == {"shared.text", "shared.audio", "own.text", "own.audio", "fused"}
    for ours, stored in (("shared", "invariant"), ("own", "specific")):
        found = kept[f"{ours}.text"][outputs.rows]
        assert found == pytest.approx(outputs.spaces[f"{stored}.text"], abs=1e-6)
    assert kept["fused"][outputs.rows] == pytest.approx(outputs.spaces["fused"], abs=1e-6)
    line = refuse(
        capsys, "predict", out, "--out", tmp_path / "q.csv", "--codes", tmp_path / "q.csv"
    )
    assert "--codes" in line and not (tmp_path / "q.csv").exists()


def test_a_conversation_without_labels_or_audio_is_predicted(capsys, folder, trained, tmp_path):
    new = tmp_path / "new"
    new.mkdir()
    table = pd.read_csv(folder / "utterances.csv")[:10]
    table.drop(columns=["label", "split"]).to_csv(new / "utterances.csv", index=False)
    np.save(new / "audio.npy", np.zeros((10, 4), np.float32))
    with pytest.raises(SystemExit) as ended:
        main(["predict", str(trained), "--data", str(new), "--out", str(tmp_path / "p.csv")])
    said = capsys.readouterr()
    assert ended.value.code == 0 and said.out.startswith("10 predictions")
    assert said.err == f"mmmie: {new} has no text; predicted without\n"
    found = pd.read_csv(tmp_path / "p.csv")
    assert found["prediction"].notna().all()
    assert found["label"].isna().all() and found["split"].isna().all()
    info = json.loads(run(capsys, "data", "info", new, "--json"))
    assert (info["utterances"], info["labelled"], info["label"]) == (10, 0, None)
    for command in ("evaluate", "probe", "identity"):
        line = refuse(capsys, command, trained, "--data", new)
        assert "has no labels; only `mmmie predict` can use it" in line
    line = refuse(capsys, "train", "--data", new, "--out", tmp_path / "no")
    assert "has no labels" in line and not (tmp_path / "no").exists()


def test_resume_continues_extends_or_starts(capsys, folder, trained, tmp_path):
    again = ("train", "--out", trained, "--resume")
    assert "finished after epoch 2" in run(capsys, *again, "--quiet")
    assert "finished after epoch 2" in run(capsys, *again, "--seed", 3, *SMALL)
    others = {
        "training.seed": ["--seed", 1],
        "model.dim": ["--set", "model.dim=8"],
        "training.epochs": ["--epochs", 1],
        "training.patience": ["--patience", 3],
    }
    for key, other in others.items():
        assert key in refuse(capsys, *again, *other)
    longer = run(capsys, *again, "--epochs", 3, "--patience", 9, "--quiet")
    assert "finished after epoch 3" in longer
    assert load_config(trained / "config.toml").training.epochs == 3
    (tmp_path / "more.toml").write_text("[training]\nepochs = 4\n")
    assert "finished after epoch 4" in run(
        capsys, *again, "--config", tmp_path / "more.toml", "--quiet"
    )
    new = ("train", "--out", tmp_path / "new", "--data", folder, "--resume", "--epochs", 1, *SMALL)
    for _ in range(2):
        assert "finished after epoch 1" in run(capsys, *new)


def test_a_checkpoint_is_fine_tuned(capsys, folder, trained, tmp_path):
    """The model settings are the checkpoint's; others are refused by name."""
    tuned = ("train", "--data", folder, "--epochs", 1, "--init", trained, "--quiet")
    run(capsys, *tuned, "--out", tmp_path / "tuned")
    config = load_config(tmp_path / "tuned" / "config.toml")
    assert config.model.dim == 16 and config.init == str(trained)
    before = json.loads(run(capsys, "evaluate", trained, "--json"))
    run(capsys, *tuned, "--out", tmp_path / "still", "--set", "training.learning_rate=1e-12")
    after = json.loads(run(capsys, "evaluate", tmp_path / "still", "--json"))
    assert after["mae"] == pytest.approx(before["mae"], abs=1e-5)
    line = refuse(capsys, *tuned, "--out", tmp_path / "no", "--set", "model.dim=32")
    assert "model.dim" in line and "16" in line and not (tmp_path / "no").exists()
    assert "nowhere" in refuse(
        capsys, "train", "--data", folder, "--init", tmp_path / "nowhere", "--out", tmp_path / "no"
    )


def test_a_label_range_that_defines_no_seven_classes_gives_null(capsys, make_corpus, tmp_path):
    data, out = tmp_path / "c", tmp_path / "run"
    save_corpus_folder(make_corpus(conversations=24, label_range=(1, 5)), data)
    run(capsys, "train", "--data", data, "--out", out, "--epochs", 1, *SMALL)
    metrics = json.loads(run(capsys, "evaluate", out, "--json"))
    assert metrics["acc7"] is None and metrics["acc5"] is not None


def test_mi_of_two_arrays(capsys, tmp_path):
    random = np.random.default_rng(0)
    x = random.normal(size=(200, 2))
    np.save(tmp_path / "x.npy", x)
    np.save(tmp_path / "y.npy", x + 0.5 * random.normal(size=x.shape))
    out = run(
        capsys,
        "mi",
        tmp_path / "x.npy",
        tmp_path / "y.npy",
        "--estimator",
        "infonce",
        "--json",
        "--steps",
        200,
    )
    result = json.loads(out)
    keys = {"estimator", "nats", "std", "bound", "ceiling", "doubt", "n", "seconds"}
    assert set(result) == keys
    assert result["bound"] == "lower" and result["nats"] > 0.3 and result["n"] == 200


def test_mi_holds_out_whole_groups(capsys, tmp_path):
    random = np.random.default_rng(0)
    group = np.repeat(np.arange(60), 10)
    for name in ("x", "y"):  # they tell nothing but which group they are from
        rows = random.normal(size=(60, 3))[group] + 0.3 * random.normal(size=(600, 3))
        np.save(tmp_path / f"{name}.npy", rows)
    np.save(tmp_path / "g.npy", np.array([f"talk-{number}" for number in group]))
    np.save(tmp_path / "short.npy", group[:30])
    mi = ["mi", tmp_path / "x.npy", tmp_path / "y.npy", "--estimator", "ksg", "--json"]
    alone = json.loads(run(capsys, *mi))
    found = json.loads(run(capsys, *mi, "--groups", tmp_path / "g.npy"))
    assert alone["nats"] > found["nats"] + 0.3
    assert "groups have 30 rows" in refuse(capsys, *mi, "--groups", tmp_path / "short.npy")
    (tmp_path / "x.csv").write_text("1,2\n3,4\n")
    said = refuse(capsys, "mi", tmp_path / "x.csv", tmp_path / "y.npy", "--estimator", "ksg")
    assert "x.csv" in said and "text file" in said and "pickle" not in said


def test_decompose_of_features_and_of_codes(capsys, folder, trained):
    parts = ["redundant", "unique_text", "unique_audio", "synergistic", "co_information", "total"]
    for source in (folder, trained):
        report = json.loads(run(capsys, "decompose", source, "--json"))
        assert report["unit"] == "nats" and list(report["pairs"]) == ["text-audio"]
        pair = report["pairs"]["text-audio"]
        assert all(pair[part] >= 0 or part == "co_information" for part in parts)
        assert all(pair[f"{part}_std"] >= 0 for part in parts)
        assert sum(pair[part] for part in parts[:4]) == pytest.approx(pair["total"])
        assert pair["redundant"] - pair["synergistic"] == pytest.approx(pair["co_information"])
        assert (pair["n"], pair["groups"]) == (40, 8)  # those of valid
    assert str(folder) in refuse(capsys, "decompose", folder, "--data", folder)


def test_data_info_and_convert(capsys, folder, tmp_path):
    info = json.loads(run(capsys, "data", "info", folder, "--json"))
    assert info["utterances"] == 120 and info["modalities"]["text"]["level"] == "sequence"
    run(capsys, "data", "convert", folder, tmp_path / "copy")
    assert json.loads(run(capsys, "data", "info", tmp_path / "copy", "--json")) == info


def test_data_convert_to_mmsa_and_back(capsys, make_corpus, tmp_path):
    levels = dict.fromkeys(("text", "audio", "vision"), "sequence")
    save_corpus_folder(make_corpus(levels=levels), tmp_path / "a")
    run(capsys, "data", "convert", tmp_path / "a", tmp_path / "b.pkl", "--to", "mmsa")
    info = json.loads(run(capsys, "data", "info", tmp_path / "b.pkl", "--json"))
    assert info["format"] == "MMSA pickle" and info["utterances"] == 60
    assert "60 utterances" in run(capsys, "data", "convert", tmp_path / "b.pkl", tmp_path / "c")
    for name in ("corpus.json", "utterances.csv"):
        assert (tmp_path / "a" / name).read_text() == (tmp_path / "c" / name).read_text()
    with pytest.raises(SystemExit):
        main(["data", "convert", str(tmp_path / "a"), str(tmp_path / "e.pkl"), "--to", "mmsa"])
    said = capsys.readouterr().err
    assert "`test`" in said and "MMSA" in said and "`train`" not in said
    line = refuse(capsys, "data", "convert", tmp_path / "b.pkl", tmp_path / "c")
    assert "exists and is not empty" in line
    (tmp_path / "d.pkl").write_bytes(b"cos\nsystem\n(S'true'\ntR.")
    assert "names `os.system`" in refuse(
        capsys, "data", "convert", tmp_path / "d.pkl", tmp_path / "e"
    )
    assert not (tmp_path / "e").exists()


def test_a_foreign_corpus_trains_and_its_ids_are_no_formulas(capsys, make_corpus, tmp_path):
    corpus = make_corpus(conversations=24, levels={"audio": "utterance"})
    corpus.utterances.loc[0, "id"] = "=1+1"
    corpus.utterances.to_csv(tmp_path / "labels.csv", index=False)
    np.save(tmp_path / "audio.npy", corpus.features["audio"].values)
    out = tmp_path / "run"
    run(capsys, "train", "--data", tmp_path, "--out", out, "--epochs", 1, *SMALL)
    run(capsys, "predict", out, "--out", tmp_path / "p.csv")
    assert pd.read_csv(tmp_path / "p.csv")["id"][0] == "'=1+1"


def test_jobs_list(capsys, trained):
    entries = json.loads(run(capsys, "jobs", "list", trained.parent, "--json"))
    assert [(e["state"], e["epoch"]) for e in entries] == [("finished", 2)]
    (entry,) = entries
    metrics = json.loads(run(capsys, "evaluate", trained, "--json"))
    assert (entry["corpus"], entry["seed"], entry["metric"]) == ("small", 3, "mae")
    assert entry["value"] == pytest.approx(metrics["mae"], abs=1e-6) and entry["seconds"] > 0
    assert entry["changed"]["model.dim"] == 16 and "training.seed" not in entry["changed"]
    run(capsys, "jobs", "tag", trained, "baseline", "<b>&", "baseline")
    run(capsys, "jobs", "note", trained, "seen twice")
    run(capsys, "jobs", "tag", trained, "baseline", "--remove")
    by_corr = ("jobs", "list", trained.parent, "--metric", "corr", "--json")
    (entry,) = json.loads(run(capsys, *by_corr, "--tag", "<b>&"))
    assert entry["tags"] == ["<b>&"] and entry["notes"] == "seen twice"
    assert entry["value"] == pytest.approx(metrics["corr"], abs=1e-5)
    assert json.loads(run(capsys, *by_corr, "--tag", "baseline")) == []
    assert "40" in refuse(capsys, "jobs", "tag", trained, "x" * 41)
    assert "--metric" in refuse(capsys, "jobs", "list", trained.parent, "--metric", "joy")


def test_bad_input_is_one_line_with_status_2(capsys, folder, trained, tmp_path):
    out = tmp_path / "new"
    cases = [
        (["train", "--data", tmp_path / "no", "--out", out], "no such folder"),
        (["train", "--data", folder, "--out", trained], "not empty"),
        (["train", "--data", folder, "--out", out, "--set", "model.dims=3"], "`model.dims`"),
        (["train", "--data", folder, "--out", out, "--config", tmp_path / "no"], "no such file"),
        (["train", "--data", folder, "--out", out, "--device", "tpu"], "--device tpu"),
        (["train", "--data", folder, "--out", out, "--epochs", "many"], "many"),
        (["train", "--out", out], "--data"),
        (["train", "--out", out, "--resume"], "--data"),
        (["evaluate", tmp_path / "no"], "no such checkpoint"),
        (["evaluate", trained, "--split", "test"], "split `test`"),
        (["evaluate", trained, "--split", "dev"], "split `dev`"),
        (["evaluate", trained, "--data", "demo"], "`modalities.text.dim`"),
        (["predict", trained, "--out", tmp_path / "no" / "p.csv"], "its folder does not exist"),
        (["decompose", tmp_path / "no"], "no such folder"),
        (["decompose", trained, "--split", "dev"], "split `dev`"),
        (["mi", tmp_path / "x.npy", tmp_path / "x.npy", "--estimator", "infonce"], "x.npy"),
        (["jobs", "pause", tmp_path], "no run folder"),
        (["jobs", "list", tmp_path / "no"], "no such folder"),
        (["dance"], "dance"),
        (["data", "info", tmp_path / "no"], "no such folder"),
    ]
    for arguments, words in cases:
        assert words in refuse(capsys, *arguments)
    assert not out.exists()


def test_help_loads_nothing_heavy_and_evaluating_only_what_it_needs():
    code = (
        "import sys, mmmie, mmmie.cli\n"
        "heavy = ('torch', 'umap', 'sklearn', 'streamlit', 'pandas')\n"
        "print([name for name in heavy if name in sys.modules])\n"
        "import mmmie.analysis.checkpoint, mmmie.analysis.outputs, mmmie.model.inference\n"
        "import mmmie.datasets.demo.generate, mmmie.metrics\n"
        "heavy = ('accelerate', 'captum', 'plotly', 'sklearn', 'scipy.stats', 'streamlit',\n"
        "         'transformers', 'umap', 'mmmie.training.trainer')\n"
        "print([name for name in heavy if name in sys.modules])\n"
        # what runs in processes of its own, which load nothing before it
        "import mmmie.analysis.bounds.estimator_lab, mmmie.analysis.bounds.fresh_critic\n"
        "import mmmie.analysis.bounds.side_by_side, mmmie.analysis.codes.projections\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split("\n") == ["[]", "[]", ""]


def test_the_module_is_the_command():
    done = subprocess.run(
        [sys.executable, "-m", "mmmie", "jobs", "list", "/nowhere"], capture_output=True, text=True
    )
    assert done.returncode == 2 and done.stderr.count("\n") == 1 and not done.stdout


@pytest.fixture
def guessed(tmp_path):
    """A table whose labels are class ids, and an array of labels beside it."""
    folder = tmp_path / "guessed"
    folder.mkdir()
    rows = {"id": [f"c{i // 5}_{i % 5}" for i in range(120)], "mood": [i % 4 for i in range(120)]}
    table = pd.DataFrame(rows).rename(columns={"mood": "label"})
    table["split"] = ["train"] * 80 + ["valid"] * 40
    table.to_csv(folder / "utterances.csv", index=False)
    np.save(folder / "audio.npy", np.random.default_rng(0).normal(size=(120, 3)))
    np.save(folder / "labels.npy", table["label"].to_numpy(float))
    return folder


def test_notes_are_printed_before_training_and_by_data_info(capsys, guessed, tmp_path):
    info = json.loads(run(capsys, "data", "info", guessed, "--json"))
    assert len(info["notes"]) == 2 and list(info["modalities"]) == ["audio"]
    lines = run(capsys, "data", "info", guessed).splitlines()
    assert lines[-3:] == ["notes", *(f"- {note}" for note in info["notes"])]
    print_corpus({**info, "notes": [f"note {i}" for i in range(23)]})
    *shown, left_out = capsys.readouterr().out.splitlines()
    assert shown[-21:] == ["notes", *(f"- note {i}" for i in range(20))] and " 3 " in left_out
    with pytest.raises(SystemExit):
        main(
            ["train", "--data", str(guessed), "--out", str(tmp_path / "r"), "--epochs", "1", *SMALL]
        )
    said = [line for line in capsys.readouterr().err.splitlines() if "2 notes" in line]
    assert len(said) == 1 and all(note in said[0] for note in info["notes"])


def test_a_label_that_was_said_is_used_everywhere(capsys, guessed, tmp_path):
    out, said = tmp_path / "run", "kind=regression,range=0:3,name=mood"
    assert json.loads(run(capsys, "data", "info", guessed, "--json"))["label"]["classes"]
    info = json.loads(run(capsys, "data", "info", guessed, "--label", said, "--json"))
    assert info["label"] == {"name": "mood", "kind": "regression", "range": [0, 3]}
    run(capsys, "train", "--data", guessed, "--label", said, "--out", out, "--epochs", 1, *SMALL)
    own = json.loads(run(capsys, "evaluate", out, "--json"))
    assert "mae" in own  # the run remembers what was said
    given = ("evaluate", out, "--data", guessed, "--json")
    assert (
        json.loads(run(capsys, *given)) == json.loads(run(capsys, *given, "--label", said)) == own
    )
    run(capsys, "predict", out, "--data", guessed, "--label", said, "--out", tmp_path / "p.csv")
    assert pd.read_csv(tmp_path / "p.csv")["label"].max() == 3
    # two of the labels alone would be classes: the model's kind settles what is a guess
    table = pd.read_csv(guessed / "utterances.csv")
    table.assign(label=table["label"] % 2 * 3).to_csv(guessed / "utterances.csv", index=False)
    plain = load_checkpoint(out)
    plain.info.config.label = ""
    assert plain.corpus(guessed).label.kind == "regression"
    table.to_csv(guessed / "utterances.csv", index=False)
    run(capsys, "data", "convert", guessed, tmp_path / "c", "--label", "classes=a:b:c:d")
    info = json.loads(run(capsys, "data", "info", tmp_path / "c", "--json"))
    assert info["label"]["classes"] == ["a", "b", "c", "d"]
    refuse(capsys, "evaluate", out, "--label", "kind=classification")
    for wrong in ("kind=x", "range=0:2", "size=3", "classes=a:b"):
        new = tmp_path / "new"
        for command in (("data", "info", guessed), ("data", "convert", guessed, new),
                        ("train", "--data", guessed, "--out", new)):  # fmt: skip
            assert wrong in refuse(capsys, *command, "--label", wrong) or wrong[-1] in "2b"
        assert not new.exists()


def test_a_corpus_that_was_opened_with_a_label_keeps_it_in_its_run(guessed, tmp_path):
    corpus = load_corpus(guessed, label="range=0:3")
    config = load_config(overrides=["training.epochs=1", *SMALL[1:-1:2]])
    run_folder = train(corpus, tmp_path / "run", config)
    again = load_checkpoint(run_folder.path).corpus()
    assert again.label.range == (0, 3) and again.label == corpus.label
