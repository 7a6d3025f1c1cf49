"""Start a training process that outlives whoever started it."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

from mmmie.errors import InputError
from mmmie.files import write_text
from mmmie.jobs.process import as_input_error, spawn
from mmmie.jobs.watch import observe
from mmmie.training.config import Config, config_toml
from mmmie.training.run_folder import ENDED, RunFolder, Status


def launch(
    config: Config, out: Path | str, *, device: str = "auto", queue: bool = True
) -> RunFolder:
    """Train ``config.data`` in a process of its own; returns at once.

    Args:
        config: its `data` names the corpus.
        out: the run folder; an `InputError` unless it is new and can be written.
        device: auto, cpu, cuda or mps.
        queue: wait until no run beside `out` trains on the device.
    """
    run = RunFolder(out)
    run.create()
    with run.locked(), as_input_error():
        run.check_new()  # another one may have used it meanwhile
        write_text(run.config, config_toml(config))
        arguments = ["--data", config.data, "--config", str(run.config), "--device", device]
        _spawn(run, arguments, queue, Status("queued", epochs=config.training.epochs))
    return run


def resume_run(out: Path | str, *, device: str | None = None, queue: bool = True) -> RunFolder:
    """Continue a run that ended or died, in a process of its own; returns at once.

    `device` is where it trained before if left out; other arguments as for `launch`.

    Raises:
        InputError: `out` is no run folder, cannot be written, or its trainer is alive.
    """
    run = RunFolder(out)
    run.check_exists("name one with a config.toml")
    with run.locked(), as_input_error():
        status = observe(run)
        if status is not None and status.state not in ENDED:
            raise InputError(f"{run.path}: is {status.state}; stop it first")
        before = status or Status("queued")
        device = device or (before.device or "auto").partition(":")[0]
        _spawn(run, ["--resume", "--device", device], queue, before)
    return run


def _spawn(run: RunFolder, arguments: list[str], queue: bool, before: Status) -> None:
    """Start the trainer; it writes nothing before the lock taken here is free again."""
    run.forget_wish()
    options = ["--out", str(run.path), "--quiet", *(["--queue"] if queue else [])]
    with run.log.open("ab") as log:
        pid, started = spawn(["mmmie", "train", *options, *arguments], log)
    queued = replace(before, state="queued", queued_at=time.time(), error=None)
    run.write_status(replace(queued, pid=pid, pid_started=started))
