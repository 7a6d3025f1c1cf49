"""Which runs a queued one waits for."""

from __future__ import annotations

from mmmie.jobs import list_runs, observe
from mmmie.training.run_folder import ENDED, RunFolder, Status


def runs_ahead(run: RunFolder) -> list[RunFolder]:
    """The active runs beside a queued one that want its device and came before it."""
    mine = observe(run)
    if mine is None or mine.state != "queued":
        return []
    came = run.config.stat().st_mtime
    found = []
    for other in reversed(list_runs(run.path.parent)):
        status = observe(other)
        if other.path == run.path or status is None or status.state in ENDED:
            continue
        first = status.state != "queued" or other.config.stat().st_mtime < came
        if first and _same_device(status, mine):
            found.append(other)
    return found


def _same_device(one: Status, other: Status) -> bool:
    """One that has not chosen its device yet may want any."""
    return one.device is None or other.device is None or one.device == other.device
