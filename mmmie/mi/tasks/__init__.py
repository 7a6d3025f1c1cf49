"""Tasks with a known answer: paired samples whose mutual information is derived, not estimated.

    from mmmie.mi.tasks import task_named
    task = task_named("gaussian-20-6")
    x, y = task.sample(5000, seed=0)     # I(x; y) is task.mi = 6 nats

The registry holds the benchmark of Czyż et al. 2023 (arXiv 2306.11078) under its own names, and the
staircase of 20-dimensional Gaussians that reaches beyond what a batch of 64 can show. numpy and
scipy do all the work; torch is not loaded.
"""

from mmmie.mi.tasks.normal import (
    GaussianTask,
    bivariate_normal,
    dense_multinormal,
    gaussian,
    sparse_multinormal,
)
from mmmie.mi.tasks.registry import TASKS, task_named
from mmmie.mi.tasks.student import student_t
from mmmie.mi.tasks.task import Task
from mmmie.mi.tasks.transforms import TRANSFORMS, bimodal, swissroll, transformed
from mmmie.mi.tasks.uniform import additive_uniform_noise

__all__ = [
    "TASKS",
    "TRANSFORMS",
    "GaussianTask",
    "Task",
    "additive_uniform_noise",
    "bimodal",
    "bivariate_normal",
    "dense_multinormal",
    "gaussian",
    "sparse_multinormal",
    "student_t",
    "swissroll",
    "task_named",
    "transformed",
]
