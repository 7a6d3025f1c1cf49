"""The queue: one run on a device, the others in the order they came, the dead passed over."""

import os
import threading

import pytest

from mmmie.training import run_queue as queue
from mmmie.training.recorder import Recorder
from mmmie.training.run import train
from mmmie.training.run_folder import RunFolder, Status, process_start
from mmmie.training.run_queue import ahead, wait_for_turn

ALIVE = {"pid": os.getpid(), "pid_started": process_start(os.getpid())}
DEAD = {"pid": os.getpid(), "pid_started": 0.0}


@pytest.fixture
def runs(tmp_path):
    """A function that puts a run with a status into the runs folder."""

    def put(name, state="queued", process=ALIVE, device="cpu", **known):
        run = RunFolder(tmp_path / name)
        run.create()
        run.config.write_text("")
        run.write_status(Status(state, device=device, **process, **known))
        return run

    return put


def before(run):
    return [other.path.name for other in ahead(run)]


def test_runs_wait_in_the_order_they_came(runs):
    mine = runs("mine", queued_at=20.0)
    assert before(mine) == []
    runs("later", queued_at=30.0)
    runs("b", queued_at=10.0)
    runs("a", queued_at=15.0)
    runs("z", "running", queued_at=5.0)
    assert before(mine) == ["z", "b", "a"]
    assert before(RunFolder(mine.path.parent / "z")) == []  # it does not wait


@pytest.mark.parametrize(
    ("state", "known"),
    [
        ("running", {"process": DEAD}),
        ("queued", {"process": DEAD, "queued_at": 1.0}),
        ("finished", {}),
        ("failed", {}),
        ("running", {"device": "cuda:0"}),
    ],
)
def test_the_dead_the_ended_and_other_devices_are_passed_over(runs, state, known):
    runs("other", state, **known)
    assert before(runs("mine", queued_at=20.0)) == []


@pytest.mark.parametrize(
    ("state", "known"),
    [("paused", {}), ("queued", {"device": None, "queued_at": 1.0}), ("running", {})],
)
def test_paused_runs_and_those_that_have_not_chosen_are_waited_for(runs, state, known):
    runs("other", state, **known)
    assert before(runs("mine", queued_at=20.0)) == ["other"]


def test_the_first_gpu_has_two_names(runs):
    runs("other", "running", device="cuda")
    assert before(runs("mine", queued_at=20.0, device="cuda:0")) == ["other"]
    assert before(runs("second", queued_at=20.0, device="cuda:1")) == []


def test_of_many_that_wait_one_trains_at_a_time(runs, monkeypatch):
    monkeypatch.setattr(queue, "_LOOK_SECONDS", 0.02)
    at_once, most, order = [], [], []

    def take_turn(run):
        recorder = Recorder(run)
        recorder.queue("cpu")
        assert wait_for_turn(run, recorder)
        at_once.append(run)
        most.append(len(at_once))
        order.append(run.path.name)
        threading.Event().wait(0.05)
        at_once.remove(run)
        recorder.stop("")

    waiting = [runs(name, queued_at=at) for at, name in enumerate("dacb", start=1)]
    threads = [threading.Thread(target=take_turn, args=(run,)) for run in reversed(waiting)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert most == [1, 1, 1, 1] and order == list("dacb")


def test_a_queued_run_can_be_stopped_and_trained_later(make_corpus, runs, tmp_path, monkeypatch):
    monkeypatch.setattr(queue, "_LOOK_SECONDS", 0.02)
    first = runs("first", "running")
    monkeypatch.setattr(
        Recorder, "set_state", lambda self, state: self.run.wish("stop") or written(self, state)
    )
    from mmmie.training.config import load_config

    config = load_config(overrides=["training.epochs=1", "model.dim=16"])
    run = train(make_corpus(), tmp_path / "second", config, device="cpu", queue=True)
    assert run.read_status().state == "stopped" and not run.last.exists()
    assert "while it was queued" in run.log.read_text()
    monkeypatch.undo()
    first.write_status(Status("finished"))
    assert run.read_wish()[0] == "stop"  # made to the one that stopped, not to the next


def written(recorder, state):
    recorder.status.state = state
    recorder.run.write_status(recorder.status)
