"""The run folder: the only state of a training run, read by everyone, written by its trainer."""

from __future__ import annotations

import json
import os
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from mmmie.errors import InputError
from mmmie.files import write_json

State = Literal["queued", "running", "paused", "finished", "stopped", "failed"]
Wish = Literal["pause", "resume", "step", "stop"]
WISHES: tuple[Wish, ...] = ("pause", "resume", "step", "stop")
ENDED: tuple[State, ...] = ("finished", "stopped", "failed")


@dataclass
class Status:
    """Where a run stands.

    Attributes:
        state: queued, running, paused, finished, stopped or failed.
        pid: the trainer's process, with `pid_started` (seconds since 1970) to tell it from a
            later process of the same number.
        epoch: epochs done.
        epochs: epochs planned.
        progress: share of the whole run that is done, 0 to 1.
        heartbeat: when the trainer last wrote, seconds since 1970.
        error: one line, where it failed.
        device: where it trains.
    """

    state: State
    pid: int | None = None
    pid_started: float | None = None
    epoch: int = 0
    epochs: int = 0
    progress: float = 0.0
    heartbeat: float = 0.0
    error: str | None = None
    device: str | None = None

    @property
    def alive(self) -> bool:
        """Whether the trainer's process is there, and not another one of the same number."""
        if self.pid is None or self.pid_started is None:
            return False
        started = process_start(self.pid)
        return started is not None and abs(started - self.pid_started) < 1


class RunFolder:
    """Paths and small files of one run.

    Args:
        path: the folder; it need not exist yet.
    """

    def __init__(self, path: Path | str) -> None:
        self.path = Path(path)
        self.config = self.path / "config.toml"
        self.status_file = self.path / "status.json"
        self.control_file = self.path / "control.json"
        self.metrics_file = self.path / "metrics.jsonl"
        self.log = self.path / "log.txt"
        self.best = self.path / "best"
        self.last = self.path / "last"
        self.snapshots = self.path / "snapshots"
        self.cache = self.path / "cache"

    @property
    def exists(self) -> bool:
        """Whether this is a run folder."""
        return self.config.is_file()

    def create(self) -> None:
        """Make the folder; one that only waits for its trainer is taken over.

        Raises:
            InputError: it exists and holds files, or cannot be made.
        """
        status = self.read_status()
        if status is not None and status.state == "queued":
            return
        if self.path.exists() and (not self.path.is_dir() or any(self.path.iterdir())):
            raise InputError(
                f"{self.path}: exists and is not empty; name a new folder or add --resume"
            )
        try:
            self.path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise InputError(
                f"{self.path}: cannot be made ({error.strerror}); name another"
            ) from None

    def write_status(self, status: Status) -> None:
        """Replace status.json, with a fresh heartbeat."""
        status.heartbeat = time.time()
        write_json(self.status_file, asdict(status))

    def read_status(self) -> Status | None:
        """The last status, None before the first."""
        raw = _read_json(self.status_file)
        known = Status.__dataclass_fields__
        return Status(**{k: v for k, v in raw.items() if k in known}) if "state" in raw else None

    def wish(self, wish: Wish) -> None:
        """Write the last wish to control.json."""
        write_json(self.control_file, {"wish": wish, "at": time.time()})

    def read_wish(self) -> tuple[Wish | None, float]:
        """The last wish and when it was made; (None, 0) without one."""
        raw = _read_json(self.control_file)
        wish = raw.get("wish")
        return (wish, float(raw.get("at", 0.0))) if wish in WISHES else (None, 0.0)

    def append_metrics(self, metrics: dict[str, Any]) -> None:
        """Add one line to metrics.jsonl; what is not finite becomes null."""
        line = json.dumps({k: _json_number(v) for k, v in metrics.items()}, allow_nan=False)
        with self.metrics_file.open("a", encoding="utf-8") as stream:
            stream.write(line + "\n")
            stream.flush()
            os.fsync(stream.fileno())

    def keep_metrics_until(self, epoch: int) -> None:
        """Drop lines after `epoch`, which a resumed run will write again."""
        lines = [m for m in read_metrics(self.path) if m["epoch"] <= epoch]
        text = "".join(json.dumps(line) + "\n" for line in lines)
        if self.metrics_file.exists():
            from mmmie.files import write_text

            write_text(self.metrics_file, text)


def read_metrics(folder: Path | str) -> list[dict[str, Any]]:
    """The metric history of a run or checkpoint folder, one entry an epoch.

    A last line that is still being written is left out.
    """
    folder = Path(folder)
    for file in (folder / "metrics.jsonl", folder.parent / "metrics.jsonl"):
        if file.is_file():
            break
    else:
        return []
    entries = []
    for line in file.read_text("utf-8", errors="replace").splitlines():
        try:
            entry = json.loads(line)
        except ValueError:
            continue
        if isinstance(entry, dict) and isinstance(entry.get("epoch"), int):
            entries.append(entry)
    return entries


def process_start(pid: int) -> float | None:
    """When a process started, seconds since 1970; None if it is gone."""
    import psutil

    try:
        process = psutil.Process(pid)
        ended = process.status() == psutil.STATUS_ZOMBIE
        return None if ended else float(process.create_time())
    except psutil.Error:
        return None


def _json_number(value: Any) -> Any:
    finite = not isinstance(value, float) or value - value == 0
    return value if finite else None


def _read_json(file: Path) -> dict[str, Any]:
    try:
        raw = json.loads(file.read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return raw if isinstance(raw, dict) else {}
