"""Delete a run that has ended."""

from __future__ import annotations

import contextlib
import os
import shutil
import time
from pathlib import Path

from mmmie.errors import InputError
from mmmie.jobs.watch import observe
from mmmie.training.run_folder import ENDED, RunFolder

_ASIDE = ".removed"


def remove_run(path: Path | str, folder: Path | str) -> None:
    """Delete a run folder with everything in it.

    It is moved aside in one step first, so that no reader ever sees half a run; a crash in
    between leaves it in ``.removed`` beside the other runs.

    Args:
        path: the run folder.
        folder: where runs are kept; only what lies directly inside is ever deleted.

    Raises:
        InputError: it is no run folder, lies elsewhere, is a link, or has not ended; nothing
            is deleted.
    """
    path, folder = Path(path), Path(folder)
    if path.is_symlink():
        raise InputError(f"{path}: is a link; remove it by hand")
    if path.resolve().parent != folder.resolve():
        raise InputError(f"{path}: is not directly inside {folder}; remove it by hand")
    if not RunFolder(path).exists:
        raise InputError(f"{path}: is no run folder; there is nothing to delete")
    _check_ended(path)
    aside = folder / _ASIDE / f"{path.name}-{os.getpid()}-{time.time_ns()}"
    try:
        aside.parent.mkdir(exist_ok=True)
        path.rename(aside)
    except OSError as error:
        raise InputError(f"{path}: cannot be deleted ({error.strerror})") from None
    try:
        _check_ended(aside)  # somebody may have resumed it between the two steps
    except InputError:
        aside.rename(path)
        raise
    shutil.rmtree(aside, ignore_errors=True)
    with contextlib.suppress(OSError):  # others may be deleting there
        aside.parent.rmdir()


def _check_ended(path: Path) -> None:
    status = observe(RunFolder(path))
    if status is not None and status.state not in ENDED:
        raise InputError(f"{path}: is {status.state}; stop it before you delete it")
