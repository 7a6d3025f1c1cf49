"""What breaks around a training: the run folder says so and the last checkpoint stays whole."""

import errno
import os
import shutil

import pytest
import torch

from mmmie.corpus.folder import save_corpus_folder
from mmmie.errors import InputError
from mmmie.files import WriteError
from mmmie.training import recorder as recording
from mmmie.training import run_folder
from mmmie.training.callbacks import Callback
from mmmie.training.checkpoint_files import load_model, read_checkpoint_info
from mmmie.training.config import load_config
from mmmie.training.run import train
from mmmie.training.run_folder import RunFolder, read_metrics

pytestmark = pytest.mark.slow

SMALL = ["training.batch_size=16", "model.dim=16", "model.heads=2", "training.mi_check_every=0"]


def config(epochs=3):
    return load_config(overrides=[*SMALL, f"training.epochs={epochs}"])


class At(Callback):
    """Does something once, after a batch of an epoch."""

    def __init__(self, epoch, act, step=1):
        self.at, self.act = (epoch, step), act

    def on_batch(self, trainer, step, steps):
        if (trainer.epoch, step) == self.at:
            self.act(trainer)


def weights(path):
    return load_model(read_checkpoint_info(path)).state_dict()


def same(one, other):
    return all(torch.equal(one[name], other[name]) for name in one)


def no_space(*arguments, **named):
    raise OSError(errno.ENOSPC, "No space left on device")


@pytest.fixture(scope="module")
def whole(make_corpus, tmp_path_factory):
    """The weights of a run to which nothing happened."""
    run = train(make_corpus(), tmp_path_factory.mktemp("whole") / "run", config(), device="cpu")
    return weights(run.last)


@pytest.mark.parametrize("where", ["last", "best", "metrics.jsonl", "snapshots"])
def test_a_full_disk_fails_the_run_and_it_resumes_exactly(
    make_corpus, whole, tmp_path, monkeypatch, where
):
    out = tmp_path / "run"
    broken = {
        "last": ("mmmie.training.trainer.torch.save", no_space),
        "best": ("mmmie.training.trainer.write_checkpoint", no_space),
        "metrics.jsonl": ("mmmie.files.os.fsync", no_space),
        "snapshots": ("safetensors.numpy.save", no_space),
    }[where]
    with monkeypatch.context() as full:
        fill = At(1, lambda trainer: full.setattr(*broken))
        with pytest.raises(WriteError, match="the disk is full; free some space"):
            train(make_corpus(), out, config(), device="cpu", callbacks=[fill])
    status = RunFolder(out).read_status()
    said = (out / "log.txt").read_text()
    if where == "metrics.jsonl":  # nothing at all could be flushed, not even the status
        assert status.state == "running" and "failed" not in said
    else:
        assert status.state == "failed" and str(out) in status.error and "\n" not in status.error
        assert f"failed: {status.error}" in said
    weights(out / "best")
    weights(out / "last")
    resumed = train(make_corpus(), out, device="cpu", resume=True)
    assert same(whole, weights(resumed.last))
    assert [m["epoch"] for m in read_metrics(out)] == [1, 2, 3]
    assert not [p.name for p in out.iterdir() if p.name not in (".lock",) and p.name[0] == "."]


def test_a_heartbeat_that_cannot_be_written_does_not_end_the_run(
    make_corpus, tmp_path, monkeypatch, capsys
):
    monkeypatch.setattr(recording, "_HEARTBEAT_SECONDS", 0.0)
    with monkeypatch.context() as full:
        fill = At(1, lambda trainer: full.setattr(run_folder, "write_json", no_space))
        free = At(2, lambda trainer: full.undo())
        run = train(make_corpus(), tmp_path / "r", config(), device="cpu", callbacks=[fill, free])
    assert run.read_status().state == "finished"
    assert (run.path / "log.txt").read_text().count(", but ") == 1


def test_a_log_that_cannot_be_written_goes_to_stderr(make_corpus, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(recording, "append_line", no_space)
    train(make_corpus(), tmp_path / "run", config(1), device="cpu")
    assert "epoch 1: loss" in capsys.readouterr().err


def test_a_corpus_deleted_in_mid_run(make_corpus, tmp_path):
    data = tmp_path / "corpus"
    save_corpus_folder(make_corpus(), data)
    delete = At(1, lambda trainer: shutil.rmtree(data))
    stop = At(2, lambda trainer: setattr(trainer, "stop_reason", "stop"))
    run = train(data, tmp_path / "run", config(), device="cpu", callbacks=[delete, stop])
    assert (run.read_status().state, run.read_status().epoch) == ("stopped", 2)
    weights(run.best)
    with pytest.raises(InputError, match="no such folder"):
        train(data, run.path, device="cpu", resume=True)
    assert run.read_status().state == "stopped"  # bad input changed nothing
    save_corpus_folder(make_corpus(), data)
    assert train(data, run.path, device="cpu", resume=True).read_status().state == "finished"


def test_a_run_is_not_resumed_on_another_scale(make_corpus, tmp_path):
    stop = At(1, lambda trainer: setattr(trainer, "stop_reason", "stop"))
    run = train(make_corpus(), tmp_path / "run", config(), device="cpu", callbacks=[stop])
    other = make_corpus(label_range=(1.0, 5.0))
    with pytest.raises(InputError, match=r"in \[1, 5\], but .* on regression in \[-3, 3\]"):
        train(other, run.path, device="cpu", resume=True)
    assert (run.read_status().state, run.read_status().epoch) == ("stopped", 1)


@pytest.mark.parametrize("resume", [True, False])
def test_a_folder_in_use_is_refused_and_unharmed(make_corpus, whole, tmp_path, monkeypatch, resume):
    monkeypatch.setattr(run_folder, "_LOCK_SECONDS", 0.0)

    def intrude(trainer):
        refused = rf"process {os.getpid()} is training|not empty"
        # Here both share the random numbers of one process.
        with torch.random.fork_rng(), pytest.raises(InputError, match=refused):
            train(make_corpus(), tmp_path / "run", config(), device="cpu", resume=resume)

    both = [At(0, intrude), At(2, intrude)]
    run = train(make_corpus(), tmp_path / "run", config(), device="cpu", callbacks=both)
    assert run.read_status().state == "finished"
    assert same(whole, weights(run.last))


def test_wishes_are_obeyed_after_the_clock_was_set_back(make_corpus, tmp_path, monkeypatch):
    out = tmp_path / "run"
    now = [2_000_000_000.0]
    waited = []

    def clock():
        now[0] += 0.001
        return now[0]

    def pause(trainer):
        RunFolder(out).wish("pause")
        now[0] -= 86_400

    def stop(trainer):
        waited.append(trainer.waited)
        RunFolder(out).wish("stop")

    def asleep(seconds):
        if RunFolder(out).read_status().state == "paused":
            RunFolder(out).wish("resume")

    monkeypatch.setattr(run_folder.time, "time", clock)
    monkeypatch.setattr(recording.time, "sleep", asleep)
    steps = [At(0, pause), At(0, stop, step=2)]
    run = train(make_corpus(), out, config(), device="cpu", callbacks=steps)
    status = run.read_status()
    assert (status.state, status.epoch) == ("stopped", 0) and waited[0] > 0
    # A wish made to the trainer that is gone does not bind the next.
    assert train(make_corpus(), out, device="cpu", resume=True).read_status().state == "finished"
