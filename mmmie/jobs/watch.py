"""Read what training processes write, and notice the ones that died."""

from __future__ import annotations

import os
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from mmmie.jobs.process import death_words, new_lines, tail
from mmmie.reading import refuse_closed
from mmmie.training.run_folder import ENDED, RunFolder, Status, metrics_of

SILENT_SECONDS = 15


def observe(run: RunFolder) -> Status | None:
    """The status of a run; one whose process is gone counts as failed.

    Returns:
        None where nothing was ever written.
    """
    status = run.read_status()
    if status is None or status.state in ENDED or status.alive or status.pid is None:
        return status
    status = run.read_status() or status  # it may have ended between the two looks
    if status.state in ENDED:
        return status
    status.state = "failed"
    status.error = status.error or death_words(run.log)
    return status


def silent_seconds(status: Status) -> float:
    """For how long an active run has given no sign of life, in seconds; 0 below 15.

    Its process is there, so it has not failed: it may be busy in a long validation, suspended,
    or its disk full. A heartbeat from the future only tells that somebody set the clock back.
    """
    if status.waits:
        return 0.0
    silent = time.time() - status.heartbeat
    return silent if status.state not in ENDED and silent >= SILENT_SECONDS else 0.0


def list_runs(folder: Path | str) -> list[RunFolder]:
    """The run folders directly inside `folder`, newest first.

    One that cannot be looked into, or whose config.toml is no file, is among them: `observe` says
    what is wrong with it.

    Raises:
        InputError: `folder` itself may not be read.
    """
    folder = Path(folder)
    if not os.path.isdir(folder):
        refuse_closed(folder)
        return []
    refuse_closed(folder)
    runs = [RunFolder(entry.path) for entry in os.scandir(folder) if _is_run(entry)]
    return sorted(runs, key=_age, reverse=True)


def _is_run(entry: os.DirEntry[str]) -> bool:
    if entry.name.startswith("."):
        return False
    try:
        if not entry.is_dir():
            return False
        names = os.listdir(entry.path)
    except OSError:
        return True  # of another user, as it seems
    return "config.toml" in names or "status.json" in names


def _age(run: RunFolder) -> float:
    for path in (run.config, run.path):
        with suppress(OSError):
            return os.stat(path).st_mtime
    return 0.0


def log_tail(run: RunFolder, lines: int = 20) -> list[str]:
    """The last lines of log.txt, empty lines left out."""
    return tail(run.log, lines)


def new_metrics(run: RunFolder, offset: int = 0) -> tuple[list[dict[str, Any]], int]:
    """The lines of metrics.jsonl after byte `offset`, and the offset to ask from next time.

    A resumed run drops lines that it will write again; then reading starts over.
    """
    return new_lines(run.metrics_file, offset, metrics_of)
