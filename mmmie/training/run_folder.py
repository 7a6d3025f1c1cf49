"""The run folder: the only state of a training run, read by everyone, written by its trainer."""

from __future__ import annotations

import contextlib
import json
import os
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import Field, TypeAdapter

from mmmie.errors import InputError, printable
from mmmie.files import append_line, explained, try_lock, write_json, write_text
from mmmie.reading import (
    is_text,
    open_plain,
    parse_json,
    read_json,
    refuse_closed,
    short,
    validated,
)

State = Literal["queued", "running", "paused", "finished", "stopped", "failed", "unreadable"]
Wish = Literal["pause", "resume", "step", "stop"]
WISHES: tuple[Wish, ...] = ("pause", "resume", "step", "stop")
ENDED: tuple[State, ...] = ("finished", "stopped", "failed", "unreadable")

Count: TypeAlias = Annotated[int, Field(ge=0, le=10**9)]
Moment: TypeAlias = Annotated[float, Field(ge=0, le=1e11)]
Finite: TypeAlias = Annotated[float, Field(allow_inf_nan=False)]
Measured: TypeAlias = int | Finite | None
"""A metric; None where it is not defined."""

_MOST_HISTORY = 2**28
_LOCK_SECONDS = 1.0
_TICK_SECONDS = 0.015


@dataclass
class Status:
    """Where a run stands.

    Attributes:
        state: queued, running, paused, finished, stopped or failed; unreadable is what is said of
            a run whose status.json cannot be read, and `error` then says why.
        pid: the trainer's process, with `pid_started` (see `process_start`) to tell it from a
            later process of the same number.
        epoch: epochs done.
        epochs: epochs planned.
        progress: share of the whole run that is done, 0 to 1.
        heartbeat: when the trainer last wrote, seconds since 1970.
        error: one line, where it failed.
        device: where it trains, or will.
            Where it waits for its turn, what it was asked to train on.
        queued_at: since when it waits for its turn, seconds since 1970; None if it does not.
    """

    state: State
    pid: Annotated[int, Field(gt=0, lt=2**31)] | None = None
    pid_started: Moment | None = None
    epoch: Count = 0
    epochs: Count = 0
    progress: Annotated[float, Field(ge=0, le=1)] = 0.0
    heartbeat: Moment = 0.0
    error: str | None = None
    device: str | None = None
    queued_at: Moment | None = None

    @property
    def alive(self) -> bool:
        """Whether the trainer's process is there, and not another one of the same number."""
        return same_process(self.pid, self.pid_started)

    @property
    def waits(self) -> bool:
        """Whether it waits for its turn, for which it needs no process."""
        return self.state == "queued" and self.pid is None

    @property
    def active(self) -> bool:
        """Whether it waits for its turn, or a living process trains it or has paused it."""
        return self.waits or (self.state not in ENDED and self.alive)


@dataclass
class Holder:
    """What a lock file says of the process that holds it."""

    pid: Annotated[int, Field(gt=0, lt=2**31)]


@dataclass
class LastWish:
    """What control.json holds: a wish, and when it was made in seconds since 1970."""

    wish: Wish
    at: Moment = 0.0


_STATUS, _WISH = TypeAdapter(Status), TypeAdapter(LastWish)
_METRICS = TypeAdapter(dict[str, Measured | str | dict[str, dict[str, Measured]]])
_NUMBERS = ("seconds", "device_memory")
_EPOCH = TypeAdapter(Count)
_HOLDER = TypeAdapter(Holder)


FILES = {
    "config.toml": "Every setting of the run; see settings.",
    "status.json": "Where it stands: `state`, `pid`, `epoch`, `epochs`, `progress`, `heartbeat`, "
    "`error`, `device`, `queued_at`. Replaced in one step.",
    "control.json": "The last wish: pause, resume, step or stop.",
    "metrics.jsonl": "One line per epoch, only ever added to; its keys are in metrics.",
    "log.txt": "What happened, with times.",
    "best": "The checkpoint of the best epoch on valid; a run is opened by it.",
    "last": "The checkpoint of the last epoch, and `training_state.pt`, from which it resumes.",
    "snapshots": "`epoch-NNNN.safetensors`: codes of a fixed sample of valid, float16.",
    "cache": "What the dashboard computed; can be removed.",
    ".lock": "Held by the process that trains.",
    ".reserve": "Space set aside, so that a full disk can still be told.",
}
"""What lies in a run folder: name → meaning."""


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
    def name(self) -> str:
        """What it is called, as text that every screen can show."""
        return printable(self.path.name)

    @property
    def exists(self) -> bool:
        """Whether this is a run folder."""
        return os.path.isfile(self.config)

    def check_exists(self, what: str) -> None:
        """Check that this is a run folder.

        Raises:
            InputError: it may not be read, or is none; the message ends with `what` to do.
        """
        refuse_closed(self.path)
        refuse_closed(self.config)
        if not self.exists:
            raise InputError(f"{self.path}: is no run folder; {what}")

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
        ended = status is None or status.state in ENDED or not status.alive
        if status is not None and not ended and status.pid != os.getpid():
            raise InputError(self._taken(status.pid))

    def write_status(self, status: Status) -> None:
        """Replace status.json, with a fresh heartbeat."""
        status.heartbeat = time.time()
        write_json(self.status_file, asdict(status))

    def read_status(self) -> Status | None:
        """The last status, None before the first; `unreadable` says in its `error` why it is."""
        try:
            if not is_text(self.path):
                raise InputError(f"{self.path}: has a name that is no text; rename the folder")
            refuse_closed(self.path)
            return validated(_STATUS, read_json(self.status_file), str(self.status_file))
        except FileNotFoundError:
            return None
        except InputError as error:
            return Status("unreadable", error=str(error))

    def wish(self, wish: Wish) -> None:
        """Write the last wish to control.json."""
        write_json(self.control_file, {"wish": wish, "at": time.time()})

    def read_wish(self) -> tuple[Wish | None, float]:
        """The last wish and when it was made; (None, 0) without one that can be read."""
        try:
            last = self.check_wish()
        except InputError:
            last = None
        return (None, 0.0) if last is None else (last.wish, last.at)

    def check_wish(self) -> LastWish | None:
        """What control.json holds, None where there is none; an `InputError` if it is garbled."""
        try:
            return validated(_WISH, read_json(self.control_file), str(self.control_file))
        except FileNotFoundError:
            return None

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
        if not os.path.isdir(self.path):
            return os.path.lexists(self.path)
        return any(entry != self.lock_file for entry in self.path.iterdir())


def read_metrics(folder: Path | str) -> list[dict[str, Any]]:
    """The metric history of a run or checkpoint folder, one entry per epoch.

    A last line that is still being written is left out, and so is one that cannot be read.
    """
    return metric_lines(folder)[0]


def metric_lines(folder: Path | str) -> tuple[list[dict[str, Any]], list[str]]:
    """The metric history of a run or checkpoint folder, and what is wrong with its lines."""
    folder = Path(folder)
    for file in (folder / "metrics.jsonl", folder.parent / "metrics.jsonl"):
        if os.path.lexists(file):
            break
    else:
        return [], []
    entries, faults = [], []
    try:
        with open_plain(file) as stream:
            lines = stream.read(_MOST_HISTORY).split(b"\n")
    except OSError:
        return [], []
    except InputError as error:
        return [], [str(error)]
    for number, line in enumerate(lines, start=1):
        try:
            if line.strip():
                entries.append(metrics_of(line, f"{file}, line {number}"))
        except InputError as error:
            if number < len(lines):
                faults.append(str(error))
    return entries, faults


def metrics_of(line: bytes, where: str) -> dict[str, Any]:
    """The metrics of an epoch in one line of JSON.

    Raises:
        InputError: it is no JSON, has no `epoch`, or a metric is no number; it names `where`.
    """
    entry = validated(_METRICS, parse_json(line, where), where)
    for key, value in entry.items():
        if isinstance(value, str) and ("/" in key or key in _NUMBERS):  # others may be remarks
            raise InputError(f"{where}: `{key}` is {short(value)}; write a number")
    if "epoch" not in entry:
        raise InputError(f"{where}: `epoch` is missing; write it again")
    return {**entry, "epoch": validated(_EPOCH, entry["epoch"], f"{where}, epoch")}


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
            descriptor = os.open(file, os.O_RDWR | os.O_CREAT | os.O_NONBLOCK, 0o666)
    except OSError as error:
        raise InputError(str(error)) from None
    try:
        if not _take(descriptor):
            yield _holder(descriptor)
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


def is_locked(file: Path) -> bool:
    """Whether a process holds a lock file right now."""
    try:
        descriptor = os.open(file, os.O_RDONLY | os.O_NONBLOCK)
    except OSError:
        return False
    try:
        return try_lock(descriptor) is False
    finally:
        os.close(descriptor)


def _take(descriptor: int) -> bool:
    """Lock an open file, tried for a second; where that cannot be done it counts as taken."""
    deadline = time.monotonic() + _LOCK_SECONDS
    while try_lock(descriptor) is False:
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def _json_number(value: Any) -> Any:
    finite = not isinstance(value, float) or value - value == 0
    return value if finite else None


def _holder(descriptor: int) -> int:
    """The process that a lock file names, 0 where it names none."""
    try:
        said = parse_json(os.pread(descriptor, 1000, 0), "lock")
        return validated(_HOLDER, said, "lock").pid
    except (InputError, OSError):
        return 0
