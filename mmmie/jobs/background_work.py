"""Work outside the server, in a folder whose name is made of what is computed from what.

Whoever asks for the same thing shares the folder: another session, another server, a later visit.
The work outlives who started it, and the folder is all that there is to know about it:

    given.json, given.npz   what the module is given
    process.json            which process is at it, and since when
    begun                   it has had its turn
    lines.jsonl             what it says, one JSON object per line, as it comes
    log.txt                 whatever it printed
    ended.json              how it ended: done, stopped or failed
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeVar

import numpy as np
from pydantic import TypeAdapter

from mmmie.errors import InputError
from mmmie.files import explained, write_json
from mmmie.hosting import read_only
from mmmie.jobs.process import as_input_error, death_words, end, new_lines, spawn
from mmmie.reading import parse_json, read_plain, validated
from mmmie.training.run_folder import Moment, lock, same_process

State = Literal["waiting", "running", "done", "stopped", "failed"]
T = TypeVar("T")

_KEPT = 50
_MOST_GIVEN = 2**26
_AT_ONCE = max(4, (os.cpu_count() or 1) // 2)


@dataclass(frozen=True)
class Begun:
    """What process.json holds: a process, its start (see `process_start`), and the time."""

    pid: int
    started: float | None
    at: Moment


@dataclass(frozen=True)
class Ended:
    """What ended.json holds."""

    state: Literal["done", "stopped", "failed"]
    error: str = ""


_BEGUN, _ENDED, _GIVEN = TypeAdapter(Begun), TypeAdapter(Ended), TypeAdapter(dict[str, Any])


@dataclass(frozen=True)
class Work:
    """One piece of work, whether it was ever started or not.

    Attributes:
        module: what computes it; run as a program it calls `serve`.
        folder: where all of it is kept.
    """

    module: str
    folder: Path

    @classmethod
    def on(cls, home: Path, module: str, content: Any) -> Work:
        """The work of a module on some content, all that its result depends on, as JSON.

        The same content is the same work. Only the latest pieces of work in `home` are kept.
        """
        text = json.dumps([module, content], sort_keys=True)
        return cls(module, home / hashlib.blake2b(text.encode(), digest_size=8).hexdigest())

    @property
    def state(self) -> State | None:
        """Waiting for its turn, running, done, stopped or failed; None if never started."""
        active = self._pid is not None  # before how it ended: that may come between two looks
        ended = self._ended
        if ended is not None:
            return ended.state
        if active:
            return "running" if (self.folder / "begun").exists() else "waiting"
        return "failed" if (self.folder / "process.json").exists() else None

    @property
    def active(self) -> bool:
        """Whether it is waiting for its turn or running."""
        return self.state in ("waiting", "running")

    @property
    def seconds(self) -> float:
        """Since it was started."""
        begun = self._begun
        return 0.0 if begun is None else max(time.time() - begun.at, 0.0)

    @property
    def failure(self) -> str:
        """Why it failed, in one line."""
        ended = self._ended
        return (ended and ended.error) or death_words(self.folder / "log.txt")

    @property
    def given(self) -> dict[str, Any]:
        """What it was last started with; empty if never."""
        return _read(self.folder / "given.json", _GIVEN) or {}

    def lines(self) -> list[dict[str, Any]]:
        """What it has said so far."""
        return new_lines(self.folder / "lines.jsonl")[0]

    def start(
        self,
        given: Mapping[str, Any],
        arrays: Mapping[str, np.ndarray] | None = None,
        *,
        keep: bool = False,
    ) -> None:
        """Start it in a process of its own, unless one is at it; returns at once.

        `given` and `arrays` are what the module needs, as ``given.json`` and ``given.npz``; with
        `keep` what it said before stays. An `InputError` if the folder cannot be written.
        """
        with as_input_error():
            self.folder.mkdir(parents=True, exist_ok=True)
        with lock(self.folder / ".lock") as holder, as_input_error():
            if holder is not None or self.active:  # another one has just started it
                return
            for name in ("begun", "ended.json", *([] if keep else ["lines.jsonl"])):
                (self.folder / name).unlink(missing_ok=True)
            write_json(self.folder / "given.json", dict(given))
            if arrays is not None:
                with explained(self.folder):
                    np.savez(self.folder / "given.npz", **arrays)  # type: ignore[arg-type]
            with (self.folder / "log.txt").open("wb") as log:
                pid, started = spawn([self.module, str(self.folder)], log)
            process = {"pid": pid, "started": started, "at": time.time()}
            write_json(self.folder / "process.json", process)
        _forget_old(self.folder.parent)

    def stop(self) -> None:
        """End it and all that it started, within seconds; what it has said stays."""
        pid = self._pid
        if pid is None or not self.active:
            return
        with suppress(OSError):  # a full disk is no reason to let it run
            write_json(self.folder / "ended.json", {"state": "stopped"})
        end(pid)

    @property
    def _pid(self) -> int | None:
        begun = self._begun
        return begun.pid if begun and same_process(begun.pid, begun.started) else None

    @property
    def _begun(self) -> Begun | None:
        return _read(self.folder / "process.json", _BEGUN)

    @property
    def _ended(self) -> Ended | None:
        return _read(self.folder / "ended.json", _ENDED)


def serve(compute: Callable[[dict[str, Any], Path], Iterable[dict[str, Any]]]) -> None:
    """Be the process of a work: wait for a turn, compute, and write what comes.

    Args:
        compute: gets what `Work.start` was given and the folder; gives lines as JSON can hold
            them. An `InputError` or `WriteError` says in one line why it failed.
    """
    work = Work("", Path(sys.argv[1]))
    with _turn():
        (work.folder / "begun").touch()
        try:
            with (work.folder / "lines.jsonl").open("a", encoding="utf-8", buffering=1) as stream:
                stream.write("\n")  # the process before may have been stopped within a line
                for line in compute(work.given, work.folder):
                    stream.write(f"{json.dumps(line)}\n")
        except Exception as error:
            traceback.print_exc()
            said = " ".join(str(error).split())
            known = isinstance(error, (InputError, OSError))
            said = said if known and said else f"{type(error).__name__}: {said}"
            write_json(work.folder / "ended.json", {"state": "failed", "error": said})
            sys.exit(1)
    write_json(work.folder / "ended.json", {"state": "done"})


def own_folder(name: str) -> Path:
    """A folder of this user, made here, for work without a checkpoint; temporary if need be.

    A read-only server makes none.
    """
    folder = Path.home() / ".cache" / "mmmie" / name
    if read_only():
        return folder
    with suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True)
        if os.access(folder, os.W_OK):
            return folder
    folder = Path(tempfile.gettempdir()) / f"mmmie-{name}"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@contextmanager
def _turn() -> Iterator[None]:
    """Be one of the few processes of this user that compute at the same time."""
    folder = own_folder("turns")
    while True:
        for place in range(_AT_ONCE):
            with lock(folder / str(place)) as holder:
                if holder is None:
                    yield
                    return


def _forget_old(home: Path) -> None:
    with suppress(OSError):  # another server may be deleting the same
        found = sorted(home.iterdir(), key=lambda folder: folder.stat().st_mtime)
        for folder in found[:-_KEPT]:
            if not Work("", folder).active:
                shutil.rmtree(folder, ignore_errors=True)


def _read(file: Path, adapter: TypeAdapter[T]) -> T | None:
    """What a file holds, None where there is none or it is garbled: it can be computed again."""
    try:
        raw = parse_json(read_plain(file, _MOST_GIVEN), str(file), nan=True)
        return validated(adapter, raw, str(file))
    except (OSError, InputError):
        return None
