"""Read what training processes write, and notice the ones that died."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from mmmie.jobs.process import death_words, new_lines, tail
from mmmie.training.run_folder import ENDED, RunFolder, Status

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
    silent = time.time() - status.heartbeat
    return silent if status.state not in ENDED and silent >= SILENT_SECONDS else 0.0


def list_runs(folder: Path | str) -> list[RunFolder]:
    """The run folders directly inside `folder`, newest first."""
    folder = Path(folder)
    if not folder.is_dir():
        return []
    runs = [RunFolder(path) for path in folder.iterdir() if (path / "config.toml").is_file()]
    return sorted(runs, key=lambda run: run.config.stat().st_mtime, reverse=True)


def log_tail(run: RunFolder, lines: int = 20) -> list[str]:
    """The last lines of log.txt, empty lines left out."""
    return tail(run.log, lines)


def new_metrics(run: RunFolder, offset: int = 0) -> tuple[list[dict[str, Any]], int]:
    """The lines of metrics.jsonl after byte `offset`, and the offset to ask from next time.

    A resumed run drops lines that it will write again; then reading starts over.
    """
    return new_lines(run.metrics_file, offset)
