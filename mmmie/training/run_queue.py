"""Runs that wait for their device: few train on it, the others follow in the order they came.

Whoever starts the next one, or is the next one itself, reads the run folders beside it and sees
whether its turn has come. A paused run keeps its device; runs whose process is gone are passed
over.
"""

from __future__ import annotations

import os
import time
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING

from mmmie.limits import Limits
from mmmie.training.run_folder import RunFolder, Status, lock

if TYPE_CHECKING:
    from mmmie.training.recorder import Recorder

_LOOK_SECONDS = 0.5


def ahead(run: RunFolder) -> list[RunFolder]:
    """The runs that a queued run waits for, the one that trains first; none for any other run."""
    mine = run.read_status()
    if mine is None or mine.state != "queued" or mine.queued_at is None:
        return []
    found = []
    here = run.path.resolve()
    for name in os.listdir(here.parent):
        other = RunFolder(here.parent / name)
        if name == here.name or not other.exists:
            continue
        status = other.read_status()
        if status is not None and status.active and _same_device(status, mine):
            place = _place(other, status)
            if place < _place(run, mine):
                found.append((place, other))
    return [other for _, other in sorted(found, key=lambda entry: entry[0])]


def is_due(run: RunFolder) -> bool:
    """Whether the turn of a queued run has come."""
    return len(ahead(run)) < Limits.read().runs_at_once


def wait_for_turn(run: RunFolder, recorder: Recorder) -> bool:
    """Wait in state `queued` until it is this run's turn; False if asked to stop meanwhile."""
    said: list[str] | None = None
    while run.read_wish()[0] != "stop":
        # Two that look at the same moment must not both find the device free.
        with queue_lock(run.path.resolve().parent) as holder:
            if holder is None and is_due(run):
                recorder.set_state("running")
                return True
        names = [other.name for other in ahead(run)]
        if names and names != said:
            recorder.log(f"queued behind {', '.join(names)}")
            said = names
        recorder.set_state("queued")
        time.sleep(_LOOK_SECONDS)
    return False


def queue_lock(folder: Path) -> AbstractContextManager[int | None]:
    """The lock of whoever looks whose turn it is in a folder of runs, see `lock`."""
    return lock(folder / ".queue.lock")


def device_name(device: str) -> str:
    """The device that a name such as auto stands for, as the status of a run names it."""
    from mmmie.training.devices.distribution import make_accelerator

    return str(make_accelerator(device).device)


def _same_device(one: Status, other: Status) -> bool:
    """Whether two runs want the same device; one that has not chosen yet may want any."""
    if {one.device, other.device} & {None, "auto"}:
        return True
    return _plain(one.device) == _plain(other.device)


def _plain(device: str | None) -> str:
    return (device or "").removesuffix(":0")


def _place(run: RunFolder, status: Status) -> tuple[float, str]:
    queued = status.queued_at if status.state == "queued" else None
    return (0.0 if queued is None else queued, run.path.resolve().name)
