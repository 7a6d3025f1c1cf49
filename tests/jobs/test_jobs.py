"""Jobs: real processes that are watched and steered through their run folder."""

import json
import os
import signal
import time

import pytest

from mmmie.cli import main
from mmmie.corpus.folder import save_corpus_folder
from mmmie.errors import InputError
from mmmie.jobs import (
    ahead,
    launch,
    list_runs,
    log_tail,
    new_metrics,
    observe,
    silent_seconds,
)
from mmmie.jobs.steer import steer
from mmmie.training.checkpoint_files import checkpoint_folder
from mmmie.training.config import load_config
from mmmie.training.run_folder import ENDED, RunFolder, Status, process_start

pytestmark = pytest.mark.slow


def wait_for(condition, seconds=90):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return
        time.sleep(0.05)
    raise AssertionError("waited too long")


@pytest.fixture
def start(make_corpus, tmp_path):
    """Launches training processes that would go on for long; ended with the test."""
    data = tmp_path / "corpus"
    save_corpus_folder(make_corpus(conversations=40), data)
    config = load_config(
        overrides=["training.epochs=5000", "training.patience=5000", "model.dim=16"]
    )
    config.data = str(data)
    runs = []

    def launch_one(name):
        runs.append(launch(config, tmp_path / "runs" / name, device="cpu"))
        return runs[-1]

    yield launch_one
    for run in reversed(runs):
        if state(run) not in ENDED:
            steer(run.path, "stop")
        wait_for(lambda run=run: not observe(run).alive)


def state(run):
    return observe(run).state


def test_one_run_trains_is_steered_and_dies_while_the_others_wait(start, capsys, monkeypatch):
    monkeypatch.setenv("MMMIE_NICENESS", "1")
    first, second, third = (start(name) for name in ("first", "second", "third"))
    assert state(first) in ("queued", "running")
    wait_for(lambda: state(first) == "running" and observe(first).epoch >= 1)
    assert {run.path for run in list_runs(first.path.parent)} == {
        run.path for run in (first, second, third)
    }
    assert [run.path for run in ahead(second)] == [first.path]
    assert [run.path for run in ahead(third)] == [first.path, second.path]
    assert {state(second), state(third)} == {"queued"}
    assert observe(second).pid is None and observe(third).pid is None
    assert os.getpriority(os.PRIO_PROCESS, observe(first).pid) == 1

    with pytest.raises(InputError, match="is queued; it can only be stopped"):
        steer(third.path, "pause")
    steer(third.path, "stop")
    assert state(third) == "stopped" and not third.last.exists()

    steer(first.path, "pause")
    wait_for(lambda: state(first) == "paused")
    epoch = observe(first).epoch
    for resume in ([], ["--resume"]):
        data = ["--data", str(second.path)] if not resume else []
        with pytest.raises(SystemExit) as raised:
            main(["train", "--out", str(first.path), "--quiet", *data, *resume])
        said = capsys.readouterr().err
        assert raised.value.code == 2 and said.count("\n") == 1
        assert f"process {observe(first).pid} is training there; stop it first" in said
    beats_on(first)
    assert state(first) == "paused" and observe(first).epoch == epoch
    assert state(second) == "queued"  # one that is paused keeps its turn

    steer(first.path, "step")
    wait_for(lambda: observe(first).epoch == epoch + 1 and state(first) == "paused")
    beats_on(first)
    assert observe(first).epoch == epoch + 1
    steer(first.path, "resume")
    wait_for(lambda: observe(first).epoch > epoch + 2)

    with pytest.raises(SystemExit):
        main(["jobs", "list", str(first.path.parent)])
    listed = capsys.readouterr().out
    assert f"behind {first.path}" in listed and "stopped" in listed

    os.kill(observe(first).pid, 9)
    wait_for(lambda: state(second) == "running" and observe(second).epoch >= 1)
    assert state(first) == "failed"
    reason, quoted = observe(first).error.split("; last line of its log: ")
    assert reason.startswith("its process is gone and wrote no error: it was killed")
    assert quoted == log_tail(first, 1)[0]
    with pytest.raises(InputError, match="only resume can follow"):
        steer(first.path, "pause")
    os.kill(observe(second).pid, signal.SIGTERM)
    wait_for(lambda: state(second) == "stopped", 5)
    assert checkpoint_folder(second.path) == second.best
    wait_for(lambda: not observe(second).alive, 15)

    done = observe(second).epoch
    steer(second.path, "resume")
    wait_for(lambda: state(second) == "running" and observe(second).epoch > done)
    steer(second.path, "stop")
    wait_for(lambda: state(second) == "stopped", 10)
    assert (second.best / "model.safetensors").is_file()


def beats_on(run):
    """Wait for the next sign of life."""
    beat = observe(run).heartbeat
    wait_for(lambda: observe(run).heartbeat > beat)


def test_a_heartbeat_tells_of_life_and_not_of_death(tmp_path, capsys):
    run = RunFolder(tmp_path)
    run.config.write_text("")
    status = Status("running", pid=os.getpid(), pid_started=process_start(os.getpid()))
    for age, silent in ((0, 0), (10, 0), (100, 100), (-1e6, 0)):
        run.write_status(status)
        raw = json.loads(run.status_file.read_text())
        run.status_file.write_text(json.dumps({**raw, "heartbeat": time.time() - age}))
        found = observe(run)
        assert found.state == "running" and silent_seconds(found) == pytest.approx(silent, abs=5)
        with pytest.raises(SystemExit):
            main(["jobs", "list", str(tmp_path)])
        assert ("no sign of life for 10" in capsys.readouterr().out) == (silent > 0)
    found.state, found.heartbeat = "finished", 0.0
    assert silent_seconds(found) == 0


def test_a_run_that_cannot_start_says_why(tmp_path, monkeypatch):
    started = []

    def spawn(arguments, log):
        """This process is the trainer."""
        started.extend(arguments)
        return os.getpid(), process_start(os.getpid())

    monkeypatch.setattr("mmmie.jobs.waiting_runs.spawn", spawn)
    config = load_config()
    config.data = str(tmp_path / "nowhere")
    run = launch(config, tmp_path / "run", device="cpu")
    assert started[0] == "mmmie"
    with pytest.raises(SystemExit):
        main(started[1:])
    assert state(run) == "failed" and "no such folder" in observe(run).error
    assert run.read_status().state == "failed"  # written by the trainer itself


def test_a_dead_process_of_the_same_number_is_not_taken_for_the_trainer(tmp_path):
    run = RunFolder(tmp_path)
    started = process_start(os.getpid())
    run.write_status(Status("running", pid=os.getpid(), pid_started=started))
    assert state(run) == "running"
    run.write_status(Status("running", pid=os.getpid(), pid_started=started - 100))
    assert state(run) == "failed" and "log" not in observe(run).error  # there is none
    run.log.write_text("RuntimeError: \n" + "x" * 1000)
    assert observe(run).error.endswith(f"; last line of its log: {'x' * 300}")


def test_metrics_are_read_on_from_where_one_left_off(tmp_path):
    run = RunFolder(tmp_path)
    assert new_metrics(run) == ([], 0)
    run.append_metrics({"epoch": 1, "train/loss": float("nan")})
    first, offset = new_metrics(run)
    assert first == [{"epoch": 1, "train/loss": None}]
    with run.metrics_file.open("a") as stream:
        stream.write('{"epoch": 2')
    assert new_metrics(run, offset) == ([], offset)
    with run.metrics_file.open("a") as stream:
        stream.write("}\n")
    second, offset = new_metrics(run, offset)
    assert second == [{"epoch": 2}]
    run.metrics_file.write_text(run.metrics_file.read_text() + "broken\n")
    assert new_metrics(run, offset) == ([], offset + len("broken\n"))
    run.keep_metrics_until(0)
    run.append_metrics({"epoch": 1})
    assert new_metrics(run, offset)[0] == [{"epoch": 1}]


def test_wishes_and_errors(tmp_path):
    with pytest.raises(InputError, match="no run folder"):
        steer(tmp_path, "pause")
    (tmp_path / "config.toml").write_text("")
    with pytest.raises(InputError, match="no wish"):
        steer(tmp_path, "dance")
    run = RunFolder(tmp_path)
    run.write_status(Status("finished"))
    with pytest.raises(InputError, match="is finished"):
        steer(tmp_path, "resume")
    run.control_file.write_text("not json")
    assert run.read_wish() == (None, 0.0)
    assert log_tail(run) == []
    assert json.loads(run.status_file.read_text())["state"] == "finished"


def test_the_end_of_a_long_log_is_enough(tmp_path):
    run = RunFolder(tmp_path)
    run.log.write_text("".join(f"epoch {i} ä\n" for i in range(20_000)), "utf-8")
    assert log_tail(run, 2) == ["epoch 19998 ä", "epoch 19999 ä"]
