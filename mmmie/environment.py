"""The variables of the environment that this package and its dashboard follow."""

from __future__ import annotations

VARIABLES = {
    "MMMIE_READ_ONLY": "1: nothing is started, steered, deleted, uploaded or opened by its path.",
    "MMMIE_ROOTS": "Folders, separated as in PATH, outside of which the dashboard opens nothing.",
    "MMMIE_TEACHER_TOKEN": "Runs belong to whoever started them; who gives the token may steer "
    "all. At least 8 characters.",
    "MMMIE_RUNS": "Where the dashboard keeps and looks for runs; `runs` if unset.",
    "MMMIE_CHECKPOINTS": "Where the dashboard looks for checkpoints; those that ship if unset.",
    "MMMIE_CACHE": "Where downloads and text features are kept; `~/.cache/mmmie` if unset.",
    "MMMIE_NICENESS": "How far trainings in the background give way to other processes, 0 to 19; "
    "10 if unset.",
    "OMP_NUM_THREADS": "Threads of every process; if unset, narrow models take one.",
    "CUDA_VISIBLE_DEVICES": "The GPUs that trials of an experiment are shared out over.",
    "MLFLOW_TRACKING_URI": "Where the logger `mlflow` writes.",
    "MLFLOW_EXPERIMENT_NAME": "The experiment that it writes to.",
}
"""Variable → meaning; those that change a limit are in `mmmie.limits.Limits`."""
