"""The training loop: it learns, repeats itself, resumes exactly, and says what broke."""

import math

import numpy as np
import pytest
import torch

from mmmie.errors import InputError
from mmmie.training.callbacks import Callback
from mmmie.training.config import load_config
from mmmie.training.run import train
from mmmie.training.run_folder import RunFolder, read_metrics
from mmmie.training.trainer import Trainer, TrainingError

pytestmark = pytest.mark.slow

SMALL = [
    "training.batch_size=16",
    "training.mi_check_every=0",
    "model.dim=16",
    "model.heads=2",
    "model.invariant_dim=4",
    "model.context.past=2",
]


def config(*overrides, epochs=2):
    return load_config(overrides=[*SMALL, f"training.epochs={epochs}", *overrides])


def weights(run, which="last"):
    from safetensors.torch import load_file

    return load_file(str(RunFolder(run).path / which / "model.safetensors"))


class StopAfter(Callback):
    """Ends the training in the middle of an epoch."""

    def __init__(self, epoch, step):
        self.at = (epoch, step)

    def on_batch(self, trainer, step, steps):
        if (trainer.epoch, step) == self.at:
            trainer.stop_reason = "stop"


@pytest.mark.parametrize("classes", [None, ("low", "middle", "high")])
def test_it_learns_what_the_features_tell(make_corpus, classes):
    corpus = make_corpus(conversations=40, classes=classes)
    trainer = Trainer(corpus, config(epochs=8), "cpu")
    before = trainer.validate()[0]
    trainer.fit()
    after = trainer.best_metrics
    if classes:
        assert after["f1_weighted"] > max(0.7, before["f1_weighted"] + 0.2)
    else:
        assert after["mae"] < 0.6 * before["mae"] and after["corr"] > 0.8


def test_the_same_seed_gives_the_same_weights(make_corpus):
    found = []
    for seed in (0, 0, 1):
        trainer = Trainer(make_corpus(), config(f"training.seed={seed}", epochs=1), "cpu")
        trainer.fit()
        found.append(trainer.model.state_dict())
    a, b, c = found
    assert all(torch.equal(a[k], b[k]) for k in a)
    assert not all(torch.equal(a[k], c[k]) for k in a)


def test_a_resumed_run_ends_with_the_weights_of_an_uninterrupted_one(make_corpus, tmp_path):
    settings = config("training.mi_check_every=50", epochs=3)
    whole = train(make_corpus(), tmp_path / "whole", settings.model_copy(deep=True), device="cpu")
    first = read_metrics(whole.path)
    assert "mi/check/text-audio" in first[-1]
    for stop in ((0, 1), (2, 2)):
        part = tmp_path / str(stop)
        stopped = train(make_corpus(), part, settings, device="cpu", callbacks=[StopAfter(*stop)])
        assert stopped.read_status().state == "stopped"
        assert len(read_metrics(part)) == stop[0]
        resumed = train(make_corpus(), part, device="cpu", resume=True)
        assert resumed.read_status().state == "finished"
        for which in ("last", "best"):
            a, b = weights(whole.path, which), weights(part, which)
            assert all(torch.equal(a[k], b[k]) for k in a)
        second = read_metrics(part)
        assert [{**m, "seconds": 0} for m in first] == [{**m, "seconds": 0} for m in second]


def test_an_extended_run_follows_the_schedule_of_the_new_length(make_corpus, tmp_path):
    """Two epochs of three, then on to six: at once, or with a stop on the way."""
    rates = {"at once": [], "stopped": [], "whole": []}

    class Rates(Callback):
        def __init__(self, name):
            self.name = name

        def on_batch(self, trainer, step, steps):
            rates[self.name].append(trainer.optimiser.param_groups[0]["lr"])

    patient = "training.patience=99"
    for name in ("at once", "stopped"):
        out, short = tmp_path / name, config(patient, epochs=3)
        train(make_corpus(), out, short, device="cpu", callbacks=[StopAfter(2, 1)])
        asked = load_config(RunFolder(out).config, ["training.epochs=6"])
        stops = [StopAfter(4, 1)] if name == "stopped" else []
        watch = [Rates(name), *stops]
        train(make_corpus(), out, asked, device="cpu", resume=True, callbacks=watch)
    train(make_corpus(), tmp_path / "stopped", device="cpu", resume=True)
    a, b = weights(tmp_path / "at once"), weights(tmp_path / "stopped")
    assert all(torch.equal(a[k], b[k]) for k in a)
    assert [line["epoch"] for line in read_metrics(tmp_path / "at once")] == [1, 2, 3, 4, 5, 6]
    long = config(patient, epochs=6)
    train(make_corpus(), tmp_path / "whole", long, device="cpu", callbacks=[Rates("whole")])
    left = len(rates["at once"])
    assert left == len(rates["whole"]) * 4 // 6
    assert rates["at once"] == pytest.approx(rates["whole"][-left:], rel=1e-9)
    assert "extended to 6 epochs" in RunFolder(tmp_path / "at once").log.read_text()


def test_checks_leave_the_weights_alone(make_corpus, tmp_path):
    for every in (0, 2):
        settings = config(f"training.mi_check_every={every}", epochs=3)
        train(make_corpus(), tmp_path / str(every), settings, device="cpu")
    without, checked = (weights(tmp_path / every) for every in "02")
    assert all(torch.equal(without[k], checked[k]) for k in without)
    plain, lines = (read_metrics(tmp_path / every) for every in "02")
    made = [[m["epoch"] for m in held if "mi/check_ceiling" in m] for held in (plain, lines)]
    assert made == [[], [2, 3]]  # and after the last epoch
    others = [{k: v for k, v in m.items() if "check" not in k} for m in lines]
    assert [{**m, "seconds": 0} for m in others] == [{**m, "seconds": 0} for m in plain]


def test_the_last_epoch_before_patience_ran_out_is_checked(make_corpus, monkeypatch):
    held = []

    class Keep(Callback):
        def on_epoch(self, trainer, metrics, improved):
            held.append(metrics)

    trainer = Trainer(
        make_corpus(),
        config("training.patience=2", "training.mi_check_every=50", epochs=100),
        "cpu",
        callbacks=[Keep()],
    )
    monkeypatch.setattr("mmmie.training.trainer.is_better", lambda *_: False)
    trainer.fit()
    assert trainer.stop_reason == "patience"
    assert ["mi/check/text-audio" in metrics for metrics in held] == [False, True]


def test_the_run_folder_holds_what_the_design_says(make_corpus, tmp_path):
    run = train(make_corpus(), tmp_path / "run", config(), device="cpu")
    held = {p.name for p in run.path.iterdir()}
    assert held >= {
        "config.toml",
        "status.json",
        "metrics.jsonl",
        "log.txt",
        "best",
        "last",
        "snapshots",
    }
    for name in ("model.safetensors", "config.json", "card.md"):
        assert (run.best / name).is_file() and (run.last / name).is_file()
    metrics = read_metrics(run.path)
    assert [m["epoch"] for m in metrics] == [1, 2]
    assert {
        "seconds",
        "train/loss",
        "valid/mae",
        "valid/corr",
        "mi/max/text-audio",
        "mi/min/text",
        "mi/min/audio",
    } <= set(metrics[0])
    assert metrics[0]["mi/ceiling"] == pytest.approx(math.log(20))
    status = run.read_status()
    assert (status.state, status.epoch, status.progress) == ("finished", 2, 1.0)
    assert len(list(run.snapshots.iterdir())) == 2


def test_the_best_epoch_is_the_one_that_valid_likes_most(make_corpus, tmp_path):
    run = train(make_corpus(), tmp_path / "run", config(epochs=4), device="cpu")
    history = [m["valid/mae"] for m in read_metrics(run.path)]
    from mmmie.training.checkpoint_files import read_checkpoint_info

    info = read_checkpoint_info(run.path)
    assert info.epoch == int(np.argmin(history)) + 1
    assert info.metrics["mae"] == pytest.approx(min(history))


def test_patience_ends_a_run_that_gets_no_better(make_corpus):
    corpus = make_corpus()
    settings = config("training.patience=2", "training.mi_check_every=0", epochs=50)
    trainer = Trainer(corpus, settings, "cpu")
    trainer.validate = lambda: ({"mae": 1.0}, {})  # never better than the first
    trainer.fit()
    assert trainer.epoch == 3 and trainer.stop_reason == "patience"


def test_a_term_that_is_not_finite_is_named_and_the_run_says_so(make_corpus, tmp_path, monkeypatch):
    from mmmie.training.objective.objective import Objective

    monkeypatch.setattr(
        Objective, "reconstruction", lambda self, codes: codes.invariant.mean.sum() * float("nan")
    )
    with pytest.raises(TrainingError, match=r"`reconstruction` is not finite in epoch 1, step 1"):
        train(make_corpus(), tmp_path / "run", config(), device="cpu")
    status = RunFolder(tmp_path / "run").read_status()
    assert status.state == "failed" and "`reconstruction`" in status.error


@pytest.mark.parametrize(
    ("lower", "upper"), [("nwj", "club"), ("dv", "vclub-s"), ("smile", "l1out"), ("js", "vub")]
)
def test_any_estimator_trains_and_resumes(make_corpus, tmp_path, lower, upper):
    settings = config(
        f"objective.maximise.estimator={lower}", f"objective.minimise.estimator={upper}", epochs=2
    )
    train(make_corpus(), tmp_path, settings, device="cpu", callbacks=[StopAfter(1, 1)])
    run = train(make_corpus(), tmp_path, device="cpu", resume=True)
    last = read_metrics(run.path)[-1]
    assert last["epoch"] == 2 and "mi/ceiling" not in last
    for key in ("mi/max/text-audio", "mi/min/text", "mi/std/min/text", "mi/lower/text"):
        assert math.isfinite(last[key])


NAMES = ("openface_2.0", "type", "keys", "to", "modality 0", "training", "..", "a/b", "ü")


@pytest.mark.parametrize(
    ("levels", "speakers"),
    [
        ({"text": "sequence"}, False),
        ({"text": "sequence"}, True),
        ({f"m{i}": "utterance" for i in range(4)}, False),
        ({name: "utterance" for name in NAMES}, True),
    ],
)
def test_any_corpus_trains(make_corpus, levels, speakers):
    corpus = make_corpus(levels=levels, speakers=speakers, conversations=6)
    trainer = Trainer(corpus, config("model.readout=summary", epochs=1), "cpu")
    trainer.fit()
    assert np.isfinite(trainer.best_metrics["mae"])


def test_a_corpus_without_a_valid_split_is_refused_and_nothing_is_written(make_corpus, tmp_path):
    with pytest.raises(InputError, match="no utterance has split `valid`"):
        train(make_corpus(splits=("train",)), tmp_path / "run", config(), device="cpu")
    assert not (tmp_path / "run").exists()


def test_a_folder_that_holds_something_is_refused(make_corpus, tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(InputError, match="not empty"):
        train(make_corpus(), tmp_path, config(), device="cpu")
    assert [p.name for p in tmp_path.iterdir()] == ["notes.txt"]


def test_unknown_and_missing_devices(make_corpus):
    with pytest.raises(InputError, match="--device tpu"):
        Trainer(make_corpus(), config(), "tpu")
    if not torch.cuda.is_available():
        with pytest.raises(InputError, match="--device cuda: no CUDA device"):
            Trainer(make_corpus(), config(), "cuda")


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_it_trains_on_a_gpu(make_corpus):
    trainer = Trainer(make_corpus(), config(epochs=2), "cuda")
    trainer.fit()
    assert np.isfinite(trainer.best_metrics["mae"])
