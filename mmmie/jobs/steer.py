"""Tell a run to pause, resume, do one epoch or stop; delete one that has ended."""

from __future__ import annotations

import contextlib
import os
import shutil
import time
from pathlib import Path

from mmmie.errors import InputError
from mmmie.jobs.start import resume_run, withdraw
from mmmie.jobs.watch import observe
from mmmie.training.run_folder import ENDED, WISHES, RunFolder

_ASIDE = ".removed"


def steer(path: Path | str, wish: str) -> str:
    """Write a wish to the control file of a run; its trainer obeys within one batch.

    ``resume`` of a run that ended starts it again, in a process of its own, where it waits for
    its device. A run that waits can only be stopped.

    Returns:
        One line that says what was asked of whom.

    Raises:
        InputError: there is no such run or wish, the run ended, or it cannot be written to.
    """
    run = RunFolder(path)
    run.check_exists("name one with a config.toml")
    if wish not in WISHES:
        raise InputError(f"{wish}: is no wish; use one of {', '.join(WISHES)}")
    status = observe(run)
    ended = status is None or status.state in ENDED
    if ended and wish == "resume":
        if status is not None and status.state == "finished":
            raise InputError(f"{run.path}: is finished; start a new run to train on")
        resume_run(path)
        return f"resumed in a new process: {run.path}"
    if ended:
        state = status.state if status else "never started"
        raise InputError(f"{run.path}: is {state}; only resume can follow")
    if status is not None and status.state == "queued" and wish != "stop":
        raise InputError(f"{run.path}: is queued; it can only be stopped before its turn")
    if status is not None and status.waits and withdraw(run):
        return f"stopped before its turn: {run.path}"
    try:
        run.wish(next(known for known in WISHES if known == wish))
    except OSError as error:
        raise InputError(str(error)) from None
    return f"asked to {wish}: {run.path}"


def remove_run(path: Path | str, folder: Path | str) -> None:
    """Delete a run folder that is directly inside `folder`, with everything in it.

    It is moved aside first, so that no reader ever sees half a run; a crash in between leaves it
    in ``.removed`` beside the other runs.

    Raises:
        InputError: it is no run folder, lies elsewhere, is a link, or has not ended; nothing is
            deleted.
    """
    path, folder = Path(path), Path(folder)
    if path.is_symlink():
        raise InputError(f"{path}: is a link; remove it by hand")
    if path.resolve().parent != folder.resolve():
        raise InputError(f"{path}: is not directly inside {folder}; remove it by hand")
    if not os.path.lexists(path / "config.toml"):
        RunFolder(path).check_exists("there is nothing to delete")
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
