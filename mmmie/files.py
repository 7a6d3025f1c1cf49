"""Writing files so that a reader never sees half of one, and saying why where that failed."""

from __future__ import annotations

import contextlib
import ctypes
import errno
import itertools
import json
import os
import re
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

_FIXES = {
    errno.ENOSPC: "the disk is full; free some space",
    errno.EDQUOT: "your quota is used up; free some space",
    errno.EACCES: "you may not write there; change its permissions",
    errno.EPERM: "you may not write there; change its permissions",
    errno.EROFS: "its file system is read-only; mount it for writing",
    errno.ENOENT: "its folder is gone; put it back",
}
_LEAST_FREE = 64 * 1024
_MINUTE, _DAY = 60, 24 * 3600
_UNIQUE = r"\d+-[0-9a-f]+-\d+"
_COUNT = itertools.count()


class WriteError(OSError):
    """A file could not be written; the message names it and the fix in one line.

    Made of the file, the errno of the system and, for errors without a known fix, what it said.
    """

    def __init__(self, file: Path, number: int | None, why: str = "") -> None:
        fix = _FIXES.get(number or 0, why)
        super().__init__(f"{file}: cannot be written, {' '.join(fix.split())}")


def write_text(file: Path, text: str) -> None:
    """Replace a file in one step: a temporary file beside it, flushed to disk, then renamed.

    Raises:
        WriteError: the disk is full or the folder read-only; the old file stays.
    """
    scratch = file.with_name(f".{file.name}.{_unique()}")
    with explained(file):
        try:
            with scratch.open("x", encoding="utf-8") as stream:
                stream.write(text)
                stream.flush()
                os.fsync(stream.fileno())
            scratch.replace(file)
        except BaseException:
            scratch.unlink(missing_ok=True)
            raise


@contextlib.contextmanager
def replacing(file: Path) -> Iterator[Path]:
    """A hidden file beside `file` to write into; in the end it takes the place of `file`.

    For what can be computed again: nothing is flushed to disk, and a failure leaves no trace.

    Raises:
        WriteError: the disk is full or the folder read-only; the old file stays.
    """
    scratch = file.with_name(f".{file.name}.{_unique()}{file.suffix}")
    try:
        with explained(file):
            yield scratch
            scratch.replace(file)
    finally:
        scratch.unlink(missing_ok=True)


@contextlib.contextmanager
def scratch_folder(parent: Path, prefix: str) -> Iterator[Path]:
    """A new hidden folder in `parent` to work in; gone in the end, unless it was moved.

    Whoever makes one holds its lock, which the system ends with the process however that ends.
    So the leftovers of killed processes are told from folders in use, and removed first.

    Args:
        parent: the folder it is made in.
        prefix: what its name begins with, a dot first.

    Raises:
        WriteError: the disk is full or the folder read-only.
    """
    clear_scratch(parent, prefix)
    folder = parent / f"{prefix}{_unique()}"
    with explained(folder):
        folder.mkdir()
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        try_lock(descriptor)
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        os.close(descriptor)


def clear_scratch(parent: Path, prefix: str) -> None:
    """Remove the folders of `scratch_folder` whose process is gone, and nothing else.

    On a file system without locks that is what nobody wrote to for a day.
    """
    ours = re.compile(rf"{re.escape(prefix)}{_UNIQUE}")
    with contextlib.suppress(OSError):
        for name in filter(ours.fullmatch, os.listdir(parent)):
            with contextlib.suppress(OSError):
                _clear(parent / name, int(name.removeprefix(prefix).partition("-")[0]))


def _clear(folder: Path, maker: int) -> None:
    descriptor = os.open(folder, os.O_RDONLY | getattr(os, "O_DIRECTORY", 0))
    try:
        free = try_lock(descriptor)
        age = time.time() - os.fstat(descriptor).st_mtime
        # who has just made one may not have locked it yet
        if (free and (age > _MINUTE or not _is_there(maker))) or (free is None and age > _DAY):
            shutil.rmtree(folder, ignore_errors=True)
    finally:
        os.close(descriptor)


def _is_there(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        pass  # of another user
    return True


def try_lock(descriptor: int) -> bool | None:
    """Lock an open file or folder, without waiting; None where that cannot be done."""
    try:
        import fcntl
    except ImportError:  # no POSIX system
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        return False if error.errno in (errno.EWOULDBLOCK, errno.EACCES) else None
    return True


def _unique() -> str:
    """A name that no other process and no other call gives."""
    return f"{os.getpid()}-{time.time_ns():x}-{next(_COUNT)}"


def keep_latest(folder: Path, pattern: str, count: int) -> None:
    """Delete all but the latest `count` files of a folder whose names match `pattern`."""
    kept = sorted(folder.glob(pattern), key=lambda file: file.stat().st_mtime)
    for old in kept[:-count]:
        old.unlink(missing_ok=True)


def write_json(file: Path, value: Any) -> None:
    """`write_text` of a value as JSON."""
    write_text(file, json.dumps(value, indent=1, allow_nan=False))


def append_line(file: Path, line: str) -> None:
    """Add a line to a file and flush it to disk; a line that does not fit leaves no trace.

    Raises:
        WriteError: the disk is full or the file read-only.
    """
    with explained(file), file.open("ab", buffering=0) as stream:
        size = os.fstat(stream.fileno()).st_size
        data = line.encode() + b"\n"
        try:
            while data:  # a nearly full disk takes a part and says so only for the rest
                data = data[stream.write(data) :]
            os.fsync(stream.fileno())
        except OSError:
            os.ftruncate(stream.fileno(), size)
            raise


def replace_folder(folder: Path, fill: Callable[[Path], None]) -> None:
    """Replace a folder by one that `fill` writes; the old one stays until the new one is whole.

    On Linux both change places in one step, so that a reader finds a whole folder at any moment.
    Where the file system cannot do that, a crash between two renames leaves the old folder as
    ``<name>.old``; `surviving_folder` finds it.

    Raises:
        WriteError: the disk is full or the folder read-only; the old folder stays.
    """
    new = folder.with_name(f".{folder.name}.new")
    old = folder.with_name(f"{folder.name}.old")
    try:
        with explained(folder):
            shutil.rmtree(new, ignore_errors=True)
            new.mkdir(parents=True)
            fill(new)
            for file in [*new.iterdir(), new]:
                _flush(file)
            if not folder.exists():
                new.rename(folder)
            elif not _change_places(new, folder):
                shutil.rmtree(old, ignore_errors=True)
                folder.rename(old)
                new.rename(folder)
            _flush(folder.parent)
    finally:
        shutil.rmtree(new, ignore_errors=True)  # what was replaced, or what could not be filled
    shutil.rmtree(old, ignore_errors=True)


def surviving_folder(folder: Path) -> Path:
    """`folder`, or its previous version where a crash left only that."""
    old = folder.with_name(f"{folder.name}.old")
    return old if not os.path.exists(folder) and os.path.exists(old) else folder


@contextlib.contextmanager
def explained(file: Path) -> Iterator[None]:
    """Turn whatever a full disk or a read-only folder raises into a `WriteError` about `file`.

    torch and safetensors tell a full disk in words or not at all; then the free space decides.
    """
    try:
        yield
    except WriteError:
        raise
    except OSError as error:
        raise WriteError(file, error.errno, error.strerror or str(error)) from error
    except Exception as error:
        if "No space left" in str(error) or _is_full(file.parent):
            raise WriteError(file, errno.ENOSPC) from error
        raise


def _is_full(folder: Path) -> bool:
    try:
        return shutil.disk_usage(folder).free < _LEAST_FREE
    except OSError:
        return False


def _flush(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _change_places(one: Path, other: Path) -> bool:
    """Exchange two folders in one step; False where the system cannot (renameat2, Linux 3.15)."""
    if sys.platform != "linux":
        return False
    exchange = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    here, both = -100, 2  # AT_FDCWD, RENAME_EXCHANGE
    if exchange is None:
        return False
    done: int = exchange(here, os.fsencode(one), here, os.fsencode(other), both)
    return done == 0
