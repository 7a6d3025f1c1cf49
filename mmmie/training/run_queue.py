"""Runs that wait for their device: one trains on it, the others follow in the order they came.

Every waiting trainer reads the run folders beside its own and starts when none is before it. A
paused run keeps its device; runs whose process is gone are passed over.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from mmmie.training.run_folder import RunFolder, Status, lock

if TYPE_CHECKING:
    from mmmie.training.recorder import Recorder

_LOOK_SECONDS = 0.5


def ahead(run: RunFolder) -> list[RunFolder]:
    """The runs that a queued run waits for, the one that trains first; none for any other run."""
    mine = run.read_status()
    if mine is None or mine.state != "queued":
        return []
    found = []
    here = run.path.resolve()
    for path in here.parent.iterdir():
        other = RunFolder(path)
        if path == here or not other.exists:
            continue
        status = other.read_status()
        if status is not None and status.active and _same_device(status, mine):
            place = _place(other, status)
            if place < _place(run, mine):
                found.append((place, other))
    return [other for _, other in sorted(found, key=lambda entry: entry[0])]


def wait_for_turn(run: RunFolder, recorder: Recorder) -> bool:
    """Wait in state `queued` until it is this run's turn; False if asked to stop meanwhile."""
    said: list[str] | None = None
    while run.read_wish()[0] != "stop":
        # Two that look at the same moment must not both find the device free.
        with lock(run.path.resolve().parent / ".queue.lock") as holder:
            before = ahead(run)
            if holder is None and not before:
                recorder.set_state("running")
                return True
        names = [other.path.name for other in before]
        if names and names != said:
            recorder.log(f"queued behind {', '.join(names)}")
            said = names
        recorder.set_state("queued")
        time.sleep(_LOOK_SECONDS)
    return False


def device_name(device: str) -> str:
    """The device that auto, cpu, cuda or mps stands for, as the status of a run names it."""
    from mmmie.training.devices.distribution import make_accelerator

    return str(make_accelerator(device).device)


def _same_device(one: Status, other: Status) -> bool:
    """Whether two runs want the same device; one that has not chosen yet may want any."""
    if one.device is None or other.device is None:
        return True
    first, second = (name.removesuffix(":0") for name in (one.device, other.device))
    return first == second


def _place(run: RunFolder, status: Status) -> tuple[float, str]:
    queued = status.queued_at if status.state == "queued" else None
    return (0.0 if queued is None else queued, run.path.resolve().name)
