"""Files of native libraries opened in a child process first.

Arrow, Parquet and HDF5 are read by C++ and C code that ends the whole process on some damaged
files. A child that reads the file to the end takes that fall, with its time and memory limited. A
file that a child has read well, and that has not changed since, is not read by another.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from mmmie.errors import InputError

_CHILD = Path(__file__).with_name("isolated_reading_child.py")
_SECONDS = 600  # of the clock, a file; the child limits its own processor time to less
_MOST_KNOWN = 10_000
_READ_WELL: set[tuple[str, ...]] = set()


def probe(kind: str, *files: Path) -> None:
    """Read files in a child process, all in one.

    Args:
        files: what is to be read.
        kind: ``parquet``, ``arrow`` or ``hdf5``.

    Raises:
        InputError: the child was refused, was brought down, or took too long or too much.
    """
    states = {file: _state(kind, file) for file in files}  # as they are before they are read
    files = tuple(file for file, state in states.items() if state not in _READ_WELL)
    if not files:
        return
    command = [sys.executable, "-P", str(_CHILD), kind, *map(str, files)]
    most = _SECONDS * len(files)
    try:
        done = subprocess.run(command, capture_output=True, timeout=most, check=False)
    except subprocess.TimeoutExpired:
        raise InputError(f"{files[0]}: takes too long to read; split it or get it again") from None
    if done.returncode == 0:
        if len(_READ_WELL) > _MOST_KNOWN:
            _READ_WELL.clear()
        _READ_WELL.update(states[file] for file in files)
        return
    # the child says which file it begins with, then what was wrong with it
    lines = done.stdout.decode("utf-8", "replace").splitlines()
    file = next((name for name in reversed(lines) if name in map(str, files)), files[0])
    said = lines[-1][:200] if lines and lines[-1] != file else ""
    raise InputError(
        f"{file}: is damaged or no {kind} file ({said or 'its reader broke off'}); get it again"
    )


def _state(kind: str, file: Path) -> tuple[str, ...]:
    """What differs once a file is another or was written to; nobody can set its time of change."""
    try:
        held = file.stat()
    except OSError:
        return (kind, str(file))  # the child says why
    times = (held.st_mtime_ns, held.st_ctime_ns)
    return (kind, *map(str, (held.st_dev, held.st_ino, held.st_size, *times)))
