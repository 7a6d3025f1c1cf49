"""Files of native libraries opened in a child process first.

Arrow, Parquet and HDF5 are read by C++ and C code that ends the whole process on some damaged
files. A child that reads the file to the end takes that fall, with its time and memory limited. A
file that a child has read well, and that has not changed since, is not read by another.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from mmmie.corpus.isolated_reading_child import LARGE
from mmmie.errors import InputError
from mmmie.reading import refuse_closed

_CHILD = Path(__file__).with_name("isolated_reading_child.py")
_SECONDS = 600  # of the clock, a file; the child limits its own processor time to less
_MOST_KNOWN = 10_000
_READ_WELL: set[tuple[str, ...]] = set()


def probe(kind: str, *files: Path, most: int = 2**33) -> None:
    """Read files in a child process, all in one.

    Args:
        files: what is to be read.
        kind: ``parquet``, ``arrow`` or ``hdf5``.
        most: bytes that a Parquet or Arrow file may unpack to; small ones to less, 64 MB and a
            hundred times what they are.

    Raises:
        InputError: the child was refused, was brought down, or took too long or too much; or the
            file unpacks to more, has too many columns or too long a text.
    """
    for file in files:
        refuse_closed(file)
    states = {file: _state(kind, most, file) for file in files}  # as they are before they are read
    files = tuple(file for file, state in states.items() if state not in _READ_WELL)
    if not files:
        return
    command = [sys.executable, "-P", str(_CHILD), kind, str(most), *map(str, files)]
    patience = _SECONDS * len(files)
    try:
        done = subprocess.run(command, capture_output=True, timeout=patience, check=False)
    except subprocess.TimeoutExpired:
        raise InputError(f"{files[0]}: takes too long to read; split it or get it again") from None
    if done.returncode == 0:
        if len(_READ_WELL) > _MOST_KNOWN:
            _READ_WELL.clear()
        _READ_WELL.update(states[file] for file in files)
        return
    # the child says which file it begins with, then what was wrong with it
    lines = done.stdout.decode("utf-8", "replace").splitlines()
    names = [*map(str, files)]
    read = next((name for name in reversed(lines) if name in names), names[0])
    said = lines[-1][:200] if lines and lines[-1] != read else ""
    if said and done.returncode == LARGE:
        raise InputError(f"{read}: {said}")
    raise InputError(
        f"{read}: is damaged or no {kind} file ({said or 'its reader broke off'}); get it again"
    )


def _state(kind: str, most: int, file: Path) -> tuple[str, ...]:
    """What differs once a file is another or was written to; nobody can set its time of change."""
    try:
        held = file.stat()
    except OSError:
        return (kind, str(file), str(most))  # the child says why
    times = (held.st_mtime_ns, held.st_ctime_ns)
    return (kind, *map(str, (most, held.st_dev, held.st_ino, held.st_size, *times)))
