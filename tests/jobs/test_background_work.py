"""Work outside the server: real processes that print, die, are shared, stopped and found again."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import psutil
import pytest

from mmmie.errors import InputError
from mmmie.jobs import background_work as module
from mmmie.jobs.background_work import Work, own_folder
from mmmie.jobs.process import end
from mmmie.training.run_folder import process_start

pytestmark = pytest.mark.slow

WORKER = """
import os, subprocess, sys, time
from mmmie.errors import InputError
from mmmie.jobs.background_work import serve

def compute(given, folder):
    if "arrays" in given:
        import numpy
        yield {"sum": float(numpy.load(folder / "given.npz")["codes"].sum())}
    for stream in (sys.stdout, sys.stderr):
        stream.write("x" * given.get("bytes", 0) + "\\n")
    yield {"pid": os.getpid(), "nice": os.getpriority(os.PRIO_PROCESS, 0)}
    if "family" in given:
        child = subprocess.Popen(
            [sys.executable, "-c", "import signal, time; signal.signal(15, signal.SIG_IGN); "
             "print('up', flush=True); time.sleep(600)"], stdout=subprocess.PIPE)
        child.stdout.readline()
        yield {"child": child.pid}
    time.sleep(given.get("seconds", 0))
    if "fault" in given:
        raise InputError("there are 3 rows; 8 are needed")
    if "bug" in given:
        raise ValueError("no luck")
    if "dies" in given:
        print("reading the corpus", flush=True)
        os._exit(3)
    yield {"answer": given.get("answer")}

if __name__ == "__main__":
    serve(compute)
"""


@pytest.fixture
def work(tmp_path, monkeypatch):
    """A work that was not started; whatever is still at it is ended with the test."""
    (tmp_path / "worker.py").write_text(WORKER)
    path = os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")])
    monkeypatch.setenv("PYTHONPATH", path)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    found = Work.on(tmp_path / "work", "worker", {"of": "this"})
    yield found
    found.stop()


def wait_for(condition, seconds=60):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return
        time.sleep(0.05)
    raise AssertionError("waited too long")


def ended(work):
    wait_for(lambda: not work.active)
    return work.state


def said(work, key):
    return [line[key] for line in work.lines() if key in line]


def test_however_much_it_prints_it_comes_to_its_end(work):
    count = 1_000_000  # a pipe takes 64 KiB
    work.start({"bytes": count, "answer": 42})
    assert ended(work) == "done" and said(work, "answer") == [42]
    assert (work.folder / "log.txt").stat().st_size == 2 * count + 2


def test_stop_ends_it_and_what_it_started(work, monkeypatch):
    monkeypatch.setattr("mmmie.jobs.process._GRACE_SECONDS", 0.3)
    work.start({"family": True, "seconds": 600})
    wait_for(lambda: said(work, "child"))
    start = time.monotonic()
    work.stop()
    assert time.monotonic() - start < 5
    assert work.state == "stopped" and said(work, "pid")  # what it has said stays
    members = [*said(work, "pid"), *said(work, "child")]
    wait_for(lambda: not any(map(alive, members)), 5)
    work.stop()  # a second time does nothing
    assert work.state == "stopped"


def alive(pid):
    return psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE


def test_two_callers_share_one_process(work):
    same = Work.on(work.folder.parent, "worker", {"of": "this"})
    threads = [
        threading.Thread(target=one.start, args=({"seconds": 1},)) for one in (work, same) * 4
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert work.state in ("waiting", "running") and same.state == work.state
    assert ended(same) == "done" and len(said(work, "pid")) == 1


def test_other_content_or_another_module_is_other_work(work):
    home = work.folder.parent
    assert Work.on(home, "worker", {"of": "this"}) == work
    assert Work.on(home, "worker", {"of": "that"}).folder != work.folder
    assert Work.on(home, "other", {"of": "this"}).folder != work.folder
    assert work.state is None and work.lines() == [] and work.given == {}


def test_one_that_failed_says_why_and_can_be_tried_again(work):
    for how, reason in (
        ("fault", "there are 3 rows; 8 are needed"),
        ("bug", "ValueError: no luck"),
        ("dies", "last line of its log: reading the corpus"),
    ):
        work.start({how: True, "bytes": 10})
        assert ended(work) == "failed"
        assert work.failure.endswith(reason) and "\n" not in work.failure
    work.start({"answer": 1})
    assert ended(work) == "done" and said(work, "answer") == [1]


def test_one_that_was_killed_has_failed(work):
    work.start({"seconds": 600})
    wait_for(lambda: said(work, "pid"))
    assert work.state == "running"
    os.kill(said(work, "pid")[0], signal.SIGKILL)
    assert ended(work) == "failed"
    assert work.failure.startswith("its process is gone and wrote no error")


def test_a_process_of_the_same_number_is_not_taken_for_it(work):
    work.start({"seconds": 600})
    wait_for(lambda: said(work, "pid"))
    file = work.folder / "process.json"
    held = json.loads(file.read_text())
    end(held["pid"])
    file.write_text(json.dumps({**held, "pid": os.getpid()}))
    assert work.state == "failed"
    work.stop()  # or this very process would be ended


def test_it_outlives_who_started_it_and_is_found_by_another_process(work, tmp_path):
    script = (
        "import sys, time; from pathlib import Path\n"
        "from mmmie.jobs.background_work import Work\n"
        "work = Work.on(Path(sys.argv[1]), 'worker', {'of': 'this'})\n"
        "work.start({'seconds': 2, 'answer': 7})\n"
        "print(work.state, flush=True)\n"
        "time.sleep(60)"
    )
    command = [sys.executable, "-c", script, str(work.folder.parent)]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, start_new_session=True
    ) as starter:
        assert starter.stdout.readline().strip() in ("waiting", "running")
        os.killpg(starter.pid, signal.SIGKILL)  # it, and all of its session, as a terminal does
    assert work.active
    assert ended(work) == "done" and said(work, "answer") == [7]


def test_what_it_said_stays_where_that_is_asked(work):
    work.start({"answer": 1, "bug": True})
    assert ended(work) == "failed"
    with (work.folder / "lines.jsonl").open("a") as stream:
        stream.write('{"answer": 9')  # it was killed within a line
    work.start({"answer": 2}, keep=True)
    assert ended(work) == "done"
    assert len(said(work, "pid")) == 2 and said(work, "answer") == [2]
    work.start({"answer": 3})
    assert ended(work) == "done" and len(said(work, "pid")) == 1


def test_arrays_are_given_beside_it_and_it_gives_way_to_the_page(work, monkeypatch):
    monkeypatch.delenv("MMMIE_NICENESS", raising=False)
    work.start({"arrays": True}, {"codes": np.ones((4, 5))})
    assert ended(work) == "done" and said(work, "sum") == [20.0]
    assert said(work, "nice")[0] >= 10


def test_only_so_many_are_at_work_and_the_others_wait(work, monkeypatch):
    monkeypatch.setattr(module, "_AT_ONCE", 1)
    with ExitStack() as held:
        held.enter_context(module._turn())
        for place in range(1, 64):  # the process counts its own places
            held.enter_context(module.lock(own_folder("turns") / str(place)))
        work.start({})
        pid = json.loads((work.folder / "process.json").read_text())["pid"]
        # it has asked for the first place in vain, and asks for the next
        wait_for(lambda: "/turns/1'" in str(psutil.Process(pid).open_files()))
        assert work.state == "waiting", work.failure
        work.stop()
        assert work.state == "stopped"
    work.start({})
    assert ended(work) == "done"


def test_the_oldest_are_deleted_but_never_one_at_work(tmp_path, monkeypatch):
    me = (os.getpid(), process_start(os.getpid()))
    monkeypatch.setattr(module, "spawn", lambda *_: me)
    at_work, *others = [Work.on(tmp_path, "worker", i) for i in range(5)]
    for age, one in enumerate((at_work, *others)):
        one.start({})
        if one != at_work:
            (one.folder / "ended.json").write_text('{"state": "done"}')
        os.utime(one.folder, (0, age))
    monkeypatch.setattr(module, "_KEPT", 2)
    module._forget_old(tmp_path)
    assert [other.folder.exists() for other in others] == [False, False, True, True]
    assert at_work.active


def test_a_folder_that_cannot_be_written_is_said(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="file"):
        Work.on(tmp_path / "file", "worker", 1).start({})
    full = Work.on(tmp_path / "home", "worker", 1)

    def no_space(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np, "savez", no_space)
    with pytest.raises(InputError, match="the disk is full"):
        full.start({}, {"codes": np.zeros(3)})
    assert full.state is None


def test_a_home_that_cannot_be_written_is_not_used(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    assert own_folder("lab") == tmp_path / ".cache" / "mmmie" / "lab"
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("HOME", str(tmp_path / "file"))
    found = own_folder("lab")
    assert tmp_path not in found.parents and found.is_dir()
    assert isinstance(found, Path)
