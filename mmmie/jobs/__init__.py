"""Start, watch and steer training processes; the run folder is the only thing they share.

The names below load what they need when they are first used: the process that starts waiting runs
needs little of it.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mmmie.jobs.faults import run_faults
    from mmmie.jobs.start import launch, resume_run
    from mmmie.jobs.summary import Notes, RunSummary, read_notes, run_summary, write_notes
    from mmmie.jobs.waiting_runs import keep_going
    from mmmie.jobs.watch import list_runs, log_tail, new_metrics, observe, silent_seconds
    from mmmie.training.run_queue import ahead

__all__ = [
    "Notes",
    "RunSummary",
    "ahead",
    "keep_going",
    "launch",
    "list_runs",
    "log_tail",
    "new_metrics",
    "observe",
    "read_notes",
    "resume_run",
    "run_faults",
    "run_summary",
    "silent_seconds",
    "write_notes",
]

_HOMES = {
    "Notes": "mmmie.jobs.summary",
    "RunSummary": "mmmie.jobs.summary",
    "read_notes": "mmmie.jobs.summary",
    "run_summary": "mmmie.jobs.summary",
    "write_notes": "mmmie.jobs.summary",
    "ahead": "mmmie.training.run_queue",
    "keep_going": "mmmie.jobs.waiting_runs",
    "launch": "mmmie.jobs.start",
    "resume_run": "mmmie.jobs.start",
    "run_faults": "mmmie.jobs.faults",
}


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module 'mmmie.jobs' has no attribute {name!r}")
    return getattr(importlib.import_module(_HOMES.get(name, "mmmie.jobs.watch")), name)
