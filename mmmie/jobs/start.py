"""Start a training process that outlives whoever started it."""

from __future__ import annotations

import os
import time
from dataclasses import replace
from pathlib import Path

from mmmie.errors import InputError
from mmmie.files import write_text
from mmmie.jobs.process import as_input_error
from mmmie.jobs.waiting_runs import keep_going, start_due, start_trainer, waiting_runs
from mmmie.jobs.watch import observe
from mmmie.limits import Limits
from mmmie.training.config import Config, config_toml
from mmmie.training.run_folder import ENDED, RunFolder, Status
from mmmie.training.run_queue import queue_lock


def launch(
    config: Config, out: Path | str, *, device: str = "auto", queue: bool = True
) -> RunFolder:
    """Train ``config.data`` in a process of its own; returns at once.

    Args:
        config: its `data` names the corpus.
        out: the run folder; an `InputError` unless it is new and can be written.
        device: auto, cpu, cuda, cuda:N or mps.
        queue: wait until few enough runs beside `out` train on the device, without a process;
            an `InputError` if too many wait already, see `Limits`.
    """
    run = RunFolder(Path(out).absolute())
    run.check_new()
    if os.path.exists(config.data):  # whoever starts it may work elsewhere
        config = config.model_copy(update={"data": os.path.abspath(config.data)})
    _check_room(run)
    run.create()
    with run.locked(), as_input_error():
        run.check_new()  # another one may have used it meanwhile
        write_text(run.config, config_toml(config))
        _queue(run, Status("queued", epochs=config.training.epochs, device=device))
    _start(run, queue)
    return run


def resume_run(out: Path | str, *, device: str | None = None, queue: bool = True) -> RunFolder:
    """Continue a run that ended or died, in a process of its own; returns at once.

    `device` is where it trained before if left out; other arguments as for `launch`.

    Raises:
        InputError: `out` is no run folder, cannot be written, or its trainer is alive.
    """
    run = RunFolder(Path(out).absolute())
    run.check_exists("name one with a config.toml")
    _check_room(run)
    with run.locked(), as_input_error():
        status = observe(run)
        if status is not None and status.state not in ENDED:
            raise InputError(f"{run.path}: is {status.state}; stop it first")
        before = status or Status("queued")
        device = device or (before.device or "auto").partition(":")[0]
        _queue(run, replace(before, device=device))
    _start(run, queue)
    return run


def withdraw(run: RunFolder) -> bool:
    """Stop a run that waits for its turn; False if it has just been started."""
    with queue_lock(run.path.resolve().parent), run.locked(), as_input_error():
        status = run.read_status()
        if status is None or not status.waits:
            return False
        run.write_status(replace(status, state="stopped", queued_at=None))
        return True


def _queue(run: RunFolder, status: Status) -> None:
    run.forget_wish()
    waits = replace(status, state="queued", error=None, pid=None, pid_started=None)
    run.write_status(replace(waits, queued_at=time.time()))


def _start(run: RunFolder, queue: bool) -> None:
    """Start it now, or when its turn comes."""
    if not queue:
        start_trainer(run)
        return
    folder = run.path.resolve().parent
    if start_due(folder):
        keep_going(folder)


def _check_room(run: RunFolder) -> None:
    folder, most = run.path.parent, Limits.read().runs_waiting
    if os.path.isdir(folder) and len(waiting_runs(folder)) >= most:
        raise InputError(
            f"{folder}: {most} runs wait there already, as many as may (MMMIE_RUNS_WAITING); stop "
            f"one or try again later"
        )
