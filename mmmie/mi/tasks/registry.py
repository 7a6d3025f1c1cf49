"""The tasks by name: the benchmark of Czyż et al. 2023 and the Gaussian staircase."""

from __future__ import annotations

import re

from mmmie.errors import InputError
from mmmie.mi.tasks.normal import (
    bivariate_normal,
    dense_multinormal,
    gaussian,
    sparse_multinormal,
)
from mmmie.mi.tasks.student import student_t
from mmmie.mi.tasks.task import Task
from mmmie.mi.tasks.transforms import TRANSFORMS, bimodal, swissroll, transformed
from mmmie.mi.tasks.uniform import additive_uniform_noise


def _one_dimensional() -> list[Task]:
    normal = bivariate_normal(0.75)
    cauchy = student_t(1, 1)
    return [
        normal,
        *(transformed(normal, name) for name in ("normal-cdf", "half-cube", "wiggly")),
        bimodal(0.75),
        swissroll(0.75),
        additive_uniform_noise(0.1),
        additive_uniform_noise(0.75),
        cauchy,
        transformed(cauchy, "asinh"),
    ]


def _normal() -> list[Task]:
    return [
        *(dense_multinormal(dim) for dim in (2, 3, 5, 25, 50)),
        *(sparse_multinormal(dim) for dim in (2, 3, 5, 25)),
    ]


def _bent_normal() -> list[Task]:
    tasks: list[Task] = []
    for dim in (3, 5, 25):
        base = sparse_multinormal(dim)
        uniform = transformed(base, "normal-cdf")
        tasks += [uniform, transformed(uniform, "spiral")]
        tasks += [transformed(base, name) for name in ("half-cube", "spiral")]
    return tasks


def _student() -> list[Task]:
    plain = [(2, 1), (2, 2), (3, 2), (3, 3), (5, 2), (5, 3)]
    shortened = [(2, 1), (3, 2), (5, 2)]
    return [
        *(student_t(dim, degrees) for dim, degrees in plain),
        *(transformed(student_t(dim, degrees), "asinh") for dim, degrees in shortened),
    ]


def _staircase() -> list[Task]:
    stairs = [gaussian(20, mi) for mi in (2, 4, 6, 8, 10)]
    return [*stairs, *(transformed(task, "cubic") for task in stairs)]


TASKS: dict[str, Task] = {
    task.name: task
    for family in (_one_dimensional, _normal, _bent_normal, _student, _staircase)
    for task in family()
}
"""Every task that has a name of its own, in the order of a menu."""


def task_named(name: str) -> Task:
    """The task of a name.

    Besides the names in `TASKS` it reads `gaussian-<dim>-<nats>`, and any known name with a
    transform and `-` in front, such as `asinh-gaussian-20-6`.

    Raises:
        InputError: no task has this name; the message lists those there are. Or the numbers in
            the name are out of range.

    Example:
        >>> task_named("gaussian-10-3.5").mi
        3.5
    """
    if name in TASKS:
        return TASKS[name]
    if found := re.fullmatch(r"gaussian-(\d{1,6})-(\d+(?:\.\d+)?)", name):
        return gaussian(int(found[1]), float(found[2]))
    for transform in TRANSFORMS:
        prefix = f"{transform.replace('-', '_')}-"
        if name.startswith(prefix):
            return transformed(task_named(name.removeprefix(prefix)), transform)
    raise InputError(
        f"task `{name}` is unknown; use gaussian-<dim>-<nats> or one of {', '.join(TASKS)}"
    )
