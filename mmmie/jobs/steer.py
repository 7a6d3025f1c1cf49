"""Tell a run to pause, resume, do one epoch or stop."""

from __future__ import annotations

from pathlib import Path

from mmmie.errors import InputError
from mmmie.jobs.launch import resume_run
from mmmie.jobs.watch import observe
from mmmie.training.run_folder import ENDED, WISHES, RunFolder


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
    if not run.exists:
        raise InputError(f"{run.path}: is no run folder; name one with a config.toml")
    match = [known for known in WISHES if known == wish]
    if not match:
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
    try:
        run.wish(match[0])
    except OSError as error:
        raise InputError(str(error)) from None
    return f"asked to {wish}: {run.path}"
