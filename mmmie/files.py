"""Writing files so that a reader never sees half of one."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any


def write_text(file: Path, text: str) -> None:
    """Replace a file in one step: a temporary file beside it, flushed to disk, then renamed."""
    descriptor, name = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.")
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())
        os.replace(name, file)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def write_json(file: Path, value: Any) -> None:
    """`write_text` of a value as JSON."""
    write_text(file, json.dumps(value, indent=1, allow_nan=False))


def replace_folder(folder: Path, fill: Callable[[Path], None]) -> None:
    """Replace a folder by one that `fill` writes; the old one stays until the new one is whole.

    A crash between the two renames leaves the old folder as ``<name>.old``;
    `surviving_folder` finds it.
    """
    new = folder.with_name(f".{folder.name}.new")
    old = folder.with_name(f"{folder.name}.old")
    shutil.rmtree(new, ignore_errors=True)
    new.mkdir(parents=True)
    fill(new)
    for file in new.iterdir():
        with file.open("rb") as stream:
            os.fsync(stream.fileno())
    if folder.exists():
        shutil.rmtree(old, ignore_errors=True)
        folder.rename(old)
    new.rename(folder)
    shutil.rmtree(old, ignore_errors=True)


def surviving_folder(folder: Path) -> Path:
    """`folder`, or its previous version where a crash left only that."""
    old = folder.with_name(f"{folder.name}.old")
    return old if not folder.exists() and old.exists() else folder
