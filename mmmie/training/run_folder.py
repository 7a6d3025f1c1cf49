"""The run folder: the only state of a training run, read by everyone, written by its trainer."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from mmmie.errors import InputError
from mmmie.files import append_line, explained, write_json, write_text

State = Literal["queued", "running", "paused", "finished", "stopped", "failed"]
Wish = Literal["pause", "resume", "step", "stop"]
WISHES: tuple[Wish, ...] = ("pause", "resume", "step", "stop")
ENDED: tuple[State, ...] = ("finished", "stopped", "failed")

_LOCK_SECONDS = 1.0
_TICK_SECONDS = 0.015


@dataclass
class Status:
    """Where a run stands.

    Attributes:
        state: queued, running, paused, finished, stopped or failed.
        pid: the trainer's process, with `pid_started` (see `process_start`) to tell it from a
            later process of the same number.
        epoch: epochs done.
        epochs: epochs planned.
        progress: share of the whole run that is done, 0 to 1.
        heartbeat: when the trainer last wrote, seconds since 1970.
        error: one line, where it failed.
        device: where it trains, or will.
        queued_at: since when it waits for its turn, seconds since 1970; None if it never did.
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
    queued_at: float | None = None

    @property
    def alive(self) -> bool:
        """Whether the trainer's process is there, and not another one of the same number."""
        return same_process(self.pid, self.pid_started)

    @property
    def active(self) -> bool:
        """Whether a living process trains it, has paused it or waits for its turn."""
        return self.state not in ENDED and self.alive


class RunFolder:
    """Paths and small files of one run."""

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
        self.lock_file = self.path / ".lock"
        self.reserve_file = self.path / ".reserve"

    @property
    def exists(self) -> bool:
        """Whether this is a run folder."""
        return self.config.is_file()

    def check_new(self) -> None:
        """Check that a run may begin here: in a new folder, or one that waits for its trainer.

        Raises:
            InputError: it exists and is not empty, or another process trains in it.
        """
        self.refuse_active()
        status = self.read_status()
        queued = status is not None and status.state == "queued"
        if not queued and self._holds_files():
            raise InputError(
                f"{self.path}: exists and is not empty; name a new folder or add --resume"
            )

    def create(self) -> None:
        """Make the folder; one that only waits for its trainer is taken over.

        Raises:
            InputError: see `check_new`; or it cannot be made.
        """
        self.check_new()
        try:
            self.path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise InputError(
                f"{self.path}: cannot be made ({error.strerror}); name another"
            ) from None

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Be the only process that writes the run; the system ends a dead holder's lock.

        Whoever launches a trainer holds the lock for a moment, so a taken one is tried for a
        second.

        Raises:
            InputError: another process holds it, or the folder cannot be written.
        """
        with lock(self.lock_file) as holder:
            if holder is not None:
                raise InputError(self._taken(holder))
            yield

    def refuse_active(self) -> None:
        """Check that no other living process trains here, or will when its turn comes.

        Raises:
            InputError: one does.
        """
        status = self.read_status()
        if status is not None and status.active and status.pid != os.getpid():
            raise InputError(self._taken(status.pid))

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

    def forget_wish(self) -> None:
        """Drop the last wish, which was made to a trainer that is gone."""
        self.control_file.unlink(missing_ok=True)

    def append_metrics(self, metrics: dict[str, Any]) -> None:
        """Add one line to metrics.jsonl; what is not finite becomes null."""
        line = json.dumps({k: _json_number(v) for k, v in metrics.items()}, allow_nan=False)
        append_line(self.metrics_file, line)

    def keep_metrics_until(self, epoch: int) -> None:
        """Drop lines after `epoch`, which a resumed run will write again."""
        lines = [m for m in read_metrics(self.path) if m["epoch"] <= epoch]
        text = "".join(json.dumps(line) + "\n" for line in lines)
        if self.metrics_file.exists():
            write_text(self.metrics_file, text)

    def _taken(self, pid: int | None) -> str:
        who = f"process {pid}" if pid else "another process"
        return f"{self.path}: {who} is training there; stop it first or name another folder"

    def _holds_files(self) -> bool:
        if not self.path.is_dir():
            return self.path.exists()
        return any(entry != self.lock_file for entry in self.path.iterdir())


def read_metrics(folder: Path | str) -> list[dict[str, Any]]:
    """The metric history of a run or checkpoint folder, one entry per epoch.

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


@contextlib.contextmanager
def lock(file: Path) -> Iterator[int | None]:
    """Hold a lock file; gives None, or the process that holds it where that is another one.

    The lock is the system's (flock), so it ends with its process however that ends; the file
    only says whose it is.

    Raises:
        InputError: the file cannot be written.
    """
    try:
        with explained(file):
            descriptor = os.open(file, os.O_RDWR | os.O_CREAT, 0o644)
    except OSError as error:
        raise InputError(str(error)) from None
    try:
        if not _take(descriptor):
            yield _json_object(os.pread(descriptor, 1000, 0)).get("pid", 0)
            return
        with contextlib.suppress(OSError):  # on a full disk nobody learns who holds it
            os.ftruncate(descriptor, 0)
            mine = {"pid": os.getpid(), "started": process_start(os.getpid())}
            os.pwrite(descriptor, json.dumps(mine).encode(), 0)
        yield None
    finally:
        os.close(descriptor)


def process_start(pid: int) -> float | None:
    """When a process started, in seconds that tell it from others; None if it is gone.

    On Linux they count from the start of the machine, because a time of day would move whenever
    somebody sets the clock; elsewhere from 1970.
    """
    try:
        fields = Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()
    except OSError:
        return _start_by_clock(pid)
    return None if fields[0] in (b"Z", b"X") else int(fields[19]) / os.sysconf("SC_CLK_TCK")


def same_process(pid: int | None, started: float | None) -> bool:
    """Whether a process is alive, and not another one of the same number.

    Args:
        pid: its number, None for no process.
        started: what `process_start` gave when it was started.
    """
    now = None if pid is None or started is None else process_start(pid)
    return now is not None and started is not None and abs(now - started) < _TICK_SECONDS


def _start_by_clock(pid: int) -> float | None:
    import psutil

    try:
        process = psutil.Process(pid)
        ended = process.status() == psutil.STATUS_ZOMBIE
        return None if ended else float(process.create_time())
    except psutil.Error:
        return None


def _take(descriptor: int) -> bool:
    try:
        import fcntl
    except ImportError:  # no POSIX system; the status still names the trainer
        return True
    deadline = time.monotonic() + _LOCK_SECONDS
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        except OSError as error:
            if error.errno not in (errno.EWOULDBLOCK, errno.EACCES):
                return True  # a file system without locks
            if time.monotonic() > deadline:
                return False
            time.sleep(0.02)


def _json_number(value: Any) -> Any:
    finite = not isinstance(value, float) or value - value == 0
    return value if finite else None


def _read_json(file: Path) -> dict[str, Any]:
    try:
        return _json_object(file.read_bytes())
    except OSError:
        return {}


def _json_object(data: bytes) -> dict[str, Any]:
    try:
        raw = json.loads(data)
    except ValueError:
        return {}
    return raw if isinstance(raw, dict) else {}
