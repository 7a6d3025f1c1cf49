"""Read what training processes write, and notice the ones that died."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import Any

from mmmie.training.run_folder import ENDED, RunFolder, Status

SILENT_SECONDS = 15
_TAIL_BYTES = 64 * 1024
_MOST_QUOTED = 300


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
    status.error = status.error or _death_words(run)
    return status


def _death_words(run: RunFolder) -> str:
    """What can be said of a trainer that ended without writing how.

    The last line of its log may be the reason (what Python or the system printed) or just how far
    it had come, so it is quoted as what it is.
    """
    lines = log_tail(run, 1)
    said = f"; last line of its log: {lines[0].strip()[:_MOST_QUOTED]}" if lines else ""
    return (
        "its process is gone and wrote no error: it was killed, the system needed its memory, or "
        f"the machine went down{said}"
    )


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
    """The last lines of log.txt, empty lines left out; of a long log its last 64 KiB are read."""
    try:
        with run.log.open("rb") as stream:
            end = stream.seek(0, os.SEEK_END)
            stream.seek(max(end - _TAIL_BYTES, 0))
            text = stream.read().decode("utf-8", errors="replace")
    except OSError:
        return []
    return [line for line in text.splitlines() if line.strip()][-lines:]


def new_metrics(run: RunFolder, offset: int = 0) -> tuple[list[dict[str, Any]], int]:
    """The lines of metrics.jsonl after byte `offset`, and the offset to ask from next time.

    A line that is still being written is left for the next call, one that is broken is passed
    over. Where `offset` is no end of a line (a resumed run drops what it will write again),
    reading starts over.
    """
    try:
        with run.metrics_file.open("rb") as stream:
            stream.seek(max(offset - 1, 0))
            data = stream.read()
            if offset and data[:1] != b"\n":
                offset = 0
                stream.seek(0)
                data = stream.read()
            elif offset:
                data = data[1:]
    except OSError:
        return [], 0
    whole = data[: data.rfind(b"\n") + 1]
    entries = [entry for line in whole.splitlines() if (entry := _entry(line)) is not None]
    return entries, offset + len(whole)


def _entry(line: bytes) -> dict[str, Any] | None:
    try:
        entry = json.loads(line)
    except ValueError:
        return None
    return entry if isinstance(entry, dict) else None
