"""Waiting runs: a folder and no process, started in their order by whoever looks."""

from __future__ import annotations

import os

import pytest

from mmmie.errors import InputError
from mmmie.jobs import launch, observe
from mmmie.jobs import waiting_runs as turns
from mmmie.jobs.start import resume_run
from mmmie.jobs.steer import steer
from mmmie.jobs.waiting_runs import keep_going, start_due, wait_in, waiting_runs
from mmmie.training.config import load_config
from mmmie.training.run_folder import RunFolder, Status, lock, process_start

ALIVE = {"pid": os.getpid(), "pid_started": process_start(os.getpid())}


@pytest.fixture
def spawned(monkeypatch):
    """What would have been started; every process seems to be this one."""
    found = []

    def spawn(arguments, log):
        found.append(arguments)
        return ALIVE["pid"], ALIVE["pid_started"]

    monkeypatch.setattr(turns, "spawn", spawn)
    return found


@pytest.fixture
def start(tmp_path, spawned):
    return lambda name, device="cpu": launch(load_config(), tmp_path / "runs" / name, device=device)


def end(run):
    run.write_status(Status("finished", device="cpu"))


def trained(spawned):
    return [
        given[given.index("--out") + 1].rpartition("/")[2] for given in spawned if "train" in given
    ]


def test_one_trains_and_the_others_have_no_process(start, spawned, tmp_path):
    first, second, third = start("first"), start("second"), start("third")
    assert [observe(run).pid for run in (first, second, third)] == [os.getpid(), None, None]
    assert [observe(run).state for run in (first, second, third)] == ["queued"] * 3
    assert trained(spawned) == ["first"]
    assert [given[0] for given in spawned if "train" not in given] == [
        "mmmie.jobs.waiting_runs_process"
    ] * 2
    assert start_due(tmp_path / "runs") and trained(spawned) == ["first"]
    end(first)
    assert start_due(tmp_path / "runs") and trained(spawned) == ["first", "second"]
    end(second)
    assert not start_due(tmp_path / "runs") and trained(spawned) == ["first", "second", "third"]


def test_more_may_train_at_once(start, spawned, monkeypatch):
    monkeypatch.setenv("MMMIE_RUNS_AT_ONCE", "2")
    for name in "abc":
        start(name)
    assert trained(spawned) == ["a", "b"]


def test_as_many_wait_as_may(start, spawned, tmp_path, monkeypatch):
    monkeypatch.setenv("MMMIE_RUNS_WAITING", "2")
    for name in "abc":
        start(name)
    with pytest.raises(InputError, match="MMMIE_RUNS_WAITING"):
        start("d")
    assert not (tmp_path / "runs" / "d").exists()
    ended = RunFolder(tmp_path / "runs" / "e")
    ended.path.mkdir()
    ended.config.write_text("")
    ended.write_status(Status("stopped"))
    with pytest.raises(InputError, match="MMMIE_RUNS_WAITING"):
        resume_run(ended.path)


def test_a_waiting_run_is_stopped_at_once_and_resumed_to_its_end(start, spawned, tmp_path):
    first, second = start("first"), start("second")
    steer(second.path, "stop")
    assert observe(second).state == "stopped" and not waiting_runs(tmp_path / "runs")
    steer(second.path, "resume")
    assert observe(second).waits
    end(first)
    assert not start_due(tmp_path / "runs") and trained(spawned) == ["first", "second"]


def test_a_killed_trainer_makes_room(start, spawned, tmp_path):
    first, _ = start("first"), start("second")
    status = first.read_status()
    status.pid_started = 0.0  # another process has its number now
    first.write_status(status)
    start_due(tmp_path / "runs")
    assert trained(spawned) == ["first", "second"]


def test_who_looks_starts_a_waiter_unless_there_is_one(start, spawned, tmp_path):
    runs = tmp_path / "runs"
    keep_going(runs)
    assert spawned == []  # nothing waits, nothing is there
    start("first"), start("second")
    spawned.clear()
    with lock(runs / ".waiter.lock"):
        keep_going(runs)
        assert spawned == []
    keep_going(runs)
    assert spawned == [["mmmie.jobs.waiting_runs_process", str(runs)]]


def test_the_waiter_starts_all_and_ends(start, spawned, tmp_path, monkeypatch):
    first, second = start("first"), start("second", "auto")
    monkeypatch.setattr(turns, "_auto", lambda: "cpu")
    chosen = []

    def look(seconds):
        chosen.append(observe(second).device)
        end(first)

    monkeypatch.setattr(turns.time, "sleep", look)
    wait_in(tmp_path / "runs")
    assert trained(spawned) == ["first", "second"] and chosen[0] == "cpu"


def test_the_waiter_needs_no_torch():
    import subprocess
    import sys

    told = "import sys, mmmie.jobs.waiting_runs_process; print({'torch', 'numpy'} & {*sys.modules})"
    assert subprocess.check_output([sys.executable, "-c", told], text=True) == "set()\n"


def test_a_corpus_is_found_from_everywhere(start, spawned, tmp_path, monkeypatch):
    (tmp_path / "corpus").mkdir()
    monkeypatch.chdir(tmp_path)
    config = load_config()
    config.data = "corpus"
    run = launch(config, "runs/here", device="cpu")
    assert load_config(run.config).data == str(tmp_path / "corpus")
    assert config.data == "corpus"
