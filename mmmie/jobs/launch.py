"""Start a training process that outlives whoever started it."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

from mmmie.errors import InputError
from mmmie.files import write_text
from mmmie.jobs.watch import observe
from mmmie.training.config import Config, config_toml
from mmmie.training.run_folder import ENDED, RunFolder, Status, process_start


def launch(config: Config, out: Path | str, *, device: str = "auto") -> RunFolder:
    """Train ``config.data`` in a process of its own; returns at once.

    Args:
        config: the configuration; its `data` names the corpus.
        out: the run folder, new.
        device: auto, cpu, cuda or mps.

    Raises:
        InputError: `out` exists and is not empty.
    """
    run = RunFolder(out)
    run.create()
    write_text(run.config, config_toml(config))
    run.write_status(Status("queued", epochs=config.training.epochs))
    arguments = ["--data", config.data, "--out", str(run.path), "--config", str(run.config)]
    _spawn(run, [*arguments, "--device", device])
    return run


def resume_run(out: Path | str, *, device: str = "auto") -> RunFolder:
    """Go on with a run that ended or died, in a process of its own; returns at once.

    Raises:
        InputError: `out` is no run folder, or its trainer is alive.
    """
    run = RunFolder(out)
    if not run.exists:
        raise InputError(f"{run.path}: is no run folder; name one that holds config.toml")
    status = observe(run)
    if status is not None and status.state not in ENDED:
        raise InputError(f"{run.path}: is {status.state}; stop it first")
    _spawn(run, ["--out", str(run.path), "--resume", "--device", device])
    return run


def _spawn(run: RunFolder, arguments: list[str]) -> None:
    environment = {"OMP_NUM_THREADS": "1", **os.environ}
    with run.log.open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "mmmie", "train", "--quiet", *arguments],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
            env=environment,
        )
    status = run.read_status()
    if status is None or status.state != "running":  # the child may have been faster
        started = process_start(process.pid)
        was = status or Status("queued")
        run.write_status(
            replace(was, state="queued", pid=process.pid, pid_started=started, error=None)
        )
