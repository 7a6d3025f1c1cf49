"""Who starts the runs that wait: whoever looks, and a small process for as long as any waits.

A waiting run is a folder and nothing else. The process, one for a folder of runs and without
torch, outlives the server; where it was killed, the next one that looks at the runs starts another:
a page, ``mmmie jobs list``, a launch, or a trainer that ends.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import replace
from functools import cache
from pathlib import Path

from mmmie.errors import InputError
from mmmie.jobs.process import spawn
from mmmie.training.run_folder import RunFolder, is_locked, lock
from mmmie.training.run_queue import is_due, queue_lock

_LOOK_SECONDS = 0.5
_PATIENCE_SECONDS = 120.0
_LOCK = ".waiter.lock"
_ASK = "from mmmie.training.run_queue import device_name; print(device_name('auto'))"


def waiting_runs(folder: Path) -> list[RunFolder]:
    """The runs in a folder that wait without a process, in the order they came."""
    found = []
    with suppress(OSError):
        for entry in os.scandir(folder):
            run = RunFolder(entry.path)
            status = run.read_status() if run.exists else None
            if status is not None and status.waits:
                found.append((status.queued_at or 0.0, run.name, run))
    return [run for *_, run in sorted(found, key=lambda entry: entry[:2])]


def start_due(folder: Path) -> bool:
    """Start the runs of a folder whose turn it is; whether any still waits then."""
    with queue_lock(folder) as holder:
        if holder is not None:
            return True  # another one looks right now
        left = False
        for run in waiting_runs(folder):
            if is_due(run):
                with suppress(InputError):  # somebody trains it already
                    start_trainer(run)
            else:
                left = True
    return left


def start_trainer(run: RunFolder) -> None:
    """Start the trainer of a queued run; it writes nothing before the lock taken here is free.

    Raises:
        InputError: another process holds the run, or its folder cannot be written.
    """
    with run.locked():
        status = run.read_status()
        if status is None or not status.waits:
            return
        run.forget_wish()
        device = status.device or "auto"
        arguments = ["--out", str(run.path), "--resume", "--quiet", "--device", device]
        with run.log.open("ab") as log:
            pid, started = spawn(["mmmie", "train", *arguments], log)
        run.write_status(replace(status, pid=pid, pid_started=started, queued_at=None))


def keep_going(folder: Path) -> None:
    """See to it that somebody starts the runs that wait in a folder."""
    with suppress(OSError, InputError):  # of another user, or the disk is full
        folder = folder.resolve()
        if waiting_runs(folder) and not is_locked(folder / _LOCK):
            with open(os.devnull, "wb") as nowhere:
                spawn(["mmmie.jobs.waiting_runs_process", str(folder)], nowhere)


def wait_in(folder: Path) -> None:
    """Be the process that starts the runs of a folder, until none waits; one at a time is."""
    while waiting_runs(folder):
        with lock(folder / _LOCK) as holder:
            if holder is not None:
                return
            while start_due(folder):
                _choose_devices(folder)
                time.sleep(_LOOK_SECONDS)
        time.sleep(_LOOK_SECONDS)  # what waits still cannot be started by this user


def _choose_devices(folder: Path) -> None:
    """Say of the runs that wait for any device which one that is here."""
    for run in waiting_runs(folder):
        status = run.read_status()
        if status is None or status.device != "auto" or _auto() is None:
            continue
        with queue_lock(folder) as holder, suppress(InputError), run.locked():
            status = run.read_status()
            if holder is None and status is not None and status.waits:
                run.write_status(replace(status, device=_auto()))


@cache
def _auto() -> str | None:
    """What auto stands for on this machine; asked in a process that loads torch and ends."""
    with suppress(OSError, subprocess.SubprocessError):
        command = [sys.executable, "-c", _ASK]
        asked = subprocess.run(
            command, capture_output=True, text=True, timeout=_PATIENCE_SECONDS, check=True
        )
        return asked.stdout.strip().removesuffix(":0") or None
    return None
