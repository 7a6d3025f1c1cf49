"""The run folder: one writer, whoever dies, and no trust in the clock."""

import os
import subprocess
import sys
import time

import pytest

from mmmie.errors import InputError
from mmmie.training import run_folder
from mmmie.training.run_folder import RunFolder, Status, process_start

HOLD = """
import sys, time
from mmmie.training.run_folder import RunFolder
with RunFolder(sys.argv[1]).locked():
    print("held", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def short(monkeypatch):
    monkeypatch.setattr(run_folder, "_LOCK_SECONDS", 0.05)


def test_another_process_is_refused_until_the_holder_is_dead(tmp_path, short):
    run = RunFolder(tmp_path)
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path)], stdout=subprocess.PIPE, text=True
    )
    try:
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(InputError, match=f"process {holder.pid} is training there; stop it"):
            run.locked().__enter__()
    finally:
        holder.kill()
        holder.communicate()
    with run.locked():
        pass


def test_one_process_holds_a_folder_once(tmp_path, short):
    run = RunFolder(tmp_path)
    with run.locked(), pytest.raises(InputError, match=f"process {os.getpid()} is training"):
        run.locked().__enter__()
    run.create()  # a lock alone does not make a folder a used one


def test_a_folder_that_cannot_be_written_says_so(tmp_path, monkeypatch):
    def refuse(*arguments):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "open", refuse)
    with pytest.raises(InputError, match="you may not write there; change its permissions"):
        RunFolder(tmp_path).locked().__enter__()


def test_a_folder_that_a_living_process_waits_to_train_in_is_refused(tmp_path):
    run = RunFolder(tmp_path)
    parent = os.getppid()
    run.write_status(Status("queued", pid=parent, pid_started=process_start(parent)))
    with pytest.raises(InputError, match=f"process {parent} is training there"):
        run.create()
    run.write_status(Status("queued", pid=parent, pid_started=0.0))
    run.create()


def test_the_start_of_a_process_does_not_depend_on_the_clock(monkeypatch):
    started = process_start(os.getpid())
    monkeypatch.setattr(time, "time", lambda: 0.0)
    assert process_start(os.getpid()) == started
    assert process_start(os.getppid()) <= started
    assert process_start(2**22 + 1) is None
    if sys.platform == "linux":
        with open("/proc/uptime") as stream:
            assert 0 < started < float(stream.read().split()[0])


def test_a_process_that_ended_and_was_not_fetched_is_gone():
    process = subprocess.Popen(["true"])
    deadline = time.monotonic() + 20
    while process_start(process.pid) is not None and time.monotonic() < deadline:
        time.sleep(0.01)
    assert process_start(process.pid) is None
    process.wait()
