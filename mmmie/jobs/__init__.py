"""Start, watch and steer training processes; the run folder is the only thing they share."""

from mmmie.jobs.faults import run_faults
from mmmie.jobs.launch import launch, resume_run
from mmmie.jobs.watch import list_runs, log_tail, new_metrics, observe, silent_seconds
from mmmie.training.run_queue import ahead

__all__ = [
    "ahead",
    "launch",
    "list_runs",
    "log_tail",
    "new_metrics",
    "observe",
    "resume_run",
    "run_faults",
    "silent_seconds",
]
