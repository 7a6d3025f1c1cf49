"""Processes beside the server: started with their output in a file, told apart, read and ended."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO

from mmmie.errors import InputError
from mmmie.reading import open_plain, parse_json
from mmmie.training.run_folder import process_start

_TAIL_BYTES = 64 * 1024
_MOST_QUOTED = 300
_GRACE_SECONDS = 2.0
_NICENESS = 10


def spawn(arguments: Sequence[str], log: BinaryIO) -> tuple[int, float | None]:
    """Start ``python -m …`` at low priority, in a session of its own that outlives this process.

    What it prints goes to the open file `log`: a full pipe would stop it.

    Returns:
        The process and its start, see `process_start`.
    """
    process = subprocess.Popen(
        [sys.executable, "-m", *arguments],
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=log,
        start_new_session=True,
        env={"OMP_NUM_THREADS": "1", **os.environ},
    )
    stand_back(process.pid)
    return process.pid, process_start(process.pid)


def stand_back(pid: int) -> None:
    """Lower the priority of a process that leads a session of its own.

    The pages come first. Linux may share a processor between sessions before it looks at processes
    (autogroups), and then niceness counts inside a session only; so the session gets it too. Where
    the system does not allow it, all stay equal. ``MMMIE_NICENESS`` sets another niceness than 10.
    """
    wanted = os.environ.get("MMMIE_NICENESS", "")
    niceness = int(wanted) if wanted.isdigit() else _NICENESS
    with suppress(OSError):
        os.setpriority(os.PRIO_PROCESS, pid, niceness)
    with suppress(OSError):
        Path(f"/proc/{pid}/autogroup").write_text(str(niceness))


@contextmanager
def as_input_error() -> Iterator[None]:
    """A folder that cannot be written is for the user to fix."""
    try:
        yield
    except OSError as error:
        raise InputError(str(error)) from None


def end(pid: int) -> None:
    """End a process and all that it started, within seconds: asked first, then killed."""
    import psutil

    try:
        process = psutil.Process(pid)
        family = [process, *process.children(recursive=True)]
    except psutil.Error:
        return
    for member in family:
        with suppress(psutil.Error):
            member.terminate()
    for member in psutil.wait_procs(family, timeout=_GRACE_SECONDS)[1]:
        with suppress(psutil.Error):
            member.kill()


def tail(log: Path, lines: int) -> list[str]:
    """The last lines of a log, empty lines left out; of a long one the last 64 KiB are read."""
    try:
        with open_plain(log) as stream:
            end_of_file = stream.seek(0, os.SEEK_END)
            stream.seek(max(end_of_file - _TAIL_BYTES, 0))
            text = stream.read().decode("utf-8", errors="replace")
    except (OSError, InputError):
        return []
    return [line for line in text.splitlines() if line.strip()][-lines:]


def death_words(log: Path) -> str:
    """What can be said of a process that ended without writing how.

    The last line of its log may be the reason or just how far it had come, so it is quoted.
    """
    lines = tail(log, 1)
    said = f"; last line of its log: {lines[0].strip()[:_MOST_QUOTED]}" if lines else ""
    return (
        "its process is gone and wrote no error: it was killed, the system needed its memory, or "
        f"the machine went down{said}"
    )


def json_object(line: bytes, where: str) -> dict[str, Any]:
    """The object in a line of JSON; an `InputError` that names `where` if it holds none."""
    entry = parse_json(line, where, nan=True)
    if not isinstance(entry, dict):
        raise InputError(f"{where}: is no JSON object; write it again")
    return entry


def new_lines(
    file: Path, offset: int = 0, parse: Callable[[bytes, str], Any] = json_object
) -> tuple[list[dict[str, Any]], int]:
    """The JSON lines of a file after byte `offset`, and the offset to ask from next time.

    A line that is still being written is left for the next call, a broken one is skipped. Where
    `offset` is no end of a line (the file was written anew), reading starts over.

    Args:
        parse: makes an entry of a line; gets the line and the name of the file, and raises an
            `InputError` for a broken one.
    """
    try:
        with open_plain(file) as stream:
            stream.seek(max(offset - 1, 0))
            data = stream.read()
            if offset and data[:1] != b"\n":
                offset = 0
                stream.seek(0)
                data = stream.read()
            elif offset:
                data = data[1:]
    except (OSError, InputError):
        return [], 0
    whole = data[: data.rfind(b"\n") + 1]
    entries = []
    for line in whole.split(b"\n"):
        with suppress(InputError):
            if line.strip():
                entries.append(parse(line, str(file)))
    return entries, offset + len(whole)
