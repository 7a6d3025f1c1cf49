"""Watch an estimator approach a known answer while it learns."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple, get_args

import numpy as np
import torch
from torch import Tensor

from mmmie.errors import InputError
from mmmie.mi.estimator import (
    Estimator,
    Transform,
    check_options,
    check_ranges,
    estimator_class,
)
from mmmie.mi.learned.critics import CriticKind
from mmmie.mi.learned.fitting import one_thread
from mmmie.mi.rows import RankScores, checked_pairs
from mmmie.mi.tasks.task import Array, Task

FIRST_PAIRS = 4000
"""Pairs of a level from which marginals and ranks are taken before its first step."""

LOOKS = 10
"""How often a level is estimated anew by what takes no steps."""

MOST_PAIRS = 2000
"""Pairs of the largest of these samples: the time of KSG grows with their square."""

_LARGEST_GRADIENT = 100.0

Through = Callable[[Array, Array], tuple[Array, Array]]


class Point(NamedTuple):
    """What an estimator says at one step.

    Attributes:
        step: steps taken until then, over all levels.
        level: place of the task that the pairs came from, from 0.
        truth: I(x; y) of this task, in nats.
        nats: the value on pairs that no step was taken on.
    """

    step: int
    level: int
    truth: float
    nats: float


def watch(
    estimator: str,
    tasks: Sequence[Task],
    steps_per_level: int = 300,
    batch_size: int = 64,
    hidden: int = 128,
    learning_rate: float = 1e-3,
    seed: int = 0,
    *,
    critic: CriticKind | None = None,
    transform: Transform = "none",
    from_closed_form: bool = False,
) -> Iterator[Point]:
    """Train an estimator on fresh pairs at every step, and report its value before each.

    The value at a step is that on pairs which were never seen, and the step is then taken on
    these. So nothing is overfitted, and what is missing from the truth is the estimator's own.
    From one task to the next it keeps what it has learned, as in the staircase of Poole et al.
    2019 (arXiv 1905.06922, figure 2). The same seed gives all estimators the same pairs.

    Scaling, marginals (of `ba`, `doe` and `vub`) and ranks come from a first sample of
    `FIRST_PAIRS` at every level. An estimator that takes no steps is fitted `LOOKS` times per
    level instead, to fresh samples as large as those that the others have seen in the level, but
    no larger than `MOST_PAIRS`; the value is that on as many further pairs.

    Args:
        estimator: a name in `mmmie.mi.catalogue`.
        tasks: the levels, one after another, all with the same columns.
        steps_per_level: steps of Adam on each of them.
        batch_size: pairs per step.
        hidden: width of the networks.
        learning_rate: of Adam, the same at every step.
        seed: of networks and pairs.
        critic: `separable` (the default) or `joint`, for estimators that learn a critic.
        transform: `copula` replaces values by normal quantiles of their ranks. Ranks need a whole
            sample, so those of a value are read off the first sample of the level.
        from_closed_form: start every network at the fit of a Gaussian to the first sample of the
            first level, as `estimate` does. Otherwise learning starts from nothing.

    Returns:
        The points, by rising step.

    Raises:
        InputError: the estimator or an option is unknown or out of range, or the tasks are none
            or differ in their columns.

    Example:
        >>> from mmmie.mi.tasks import gaussian
        >>> points = list(watch("doe", [gaussian(2, 1.0)], steps_per_level=300))
        >>> first, last = points[0].nats, np.mean([point.nats for point in points[-100:]])
        >>> bool(first < 0.2 and abs(last - 1.0) < 0.15)
        True
    """
    kind = estimator_class(estimator)
    check_ranges(
        learning_rate,
        steps_per_level=steps_per_level,
        batch_size=batch_size,
        hidden=hidden,
        seed=seed,
    )
    options = check_options(kind.facts, transform, critic=(critic, get_args(CriticKind)))
    _check(tasks)
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(seed)
        model = kind(tasks[0].dim_x, tasks[0].dim_y, hidden, **options)
    random = np.random.default_rng(seed)
    if model.fitted == "steps":
        start = from_closed_form
        return _learning(
            model, tasks, steps_per_level, batch_size, learning_rate, random, transform, start
        )
    return _fitting(model, tasks, steps_per_level, batch_size, random, transform)


def _learning(
    model: Estimator,
    tasks: Sequence[Task],
    steps: int,
    batch: int,
    learning_rate: float,
    random: np.random.Generator,
    transform: Transform,
    from_closed_form: bool,
) -> Iterator[Point]:
    optimiser = torch.optim.Adam(model.parameters(), lr=learning_rate, fused=True)
    for level, task in enumerate(tasks):
        first = task.draw(random, FIRST_PAIRS)
        through = _transform(transform, first)
        _take_in(model, through(*first), from_closed_form and level == 0)
        for step in range(level * steps, (level + 1) * steps):
            x, y = checked_pairs(*through(*task.draw(random, batch)))
            yield Point(step, level, task.mi, _value(model, x, y))
            _step(model, optimiser, x, y)


def _fitting(
    model: Estimator,
    tasks: Sequence[Task],
    steps: int,
    batch: int,
    random: np.random.Generator,
    transform: Transform,
) -> Iterator[Point]:
    for level, task in enumerate(tasks):
        through = _transform(transform, task.draw(random, FIRST_PAIRS))
        for look in range(1, LOOKS + 1):
            taken = round(look * steps / LOOKS)
            pairs = min(max(taken, 1) * batch, MOST_PAIRS)
            model.fit(*through(*task.draw(random, pairs)))
            x, y = checked_pairs(*through(*task.draw(random, pairs)))
            yield Point(level * steps + taken, level, task.mi, _value(model, x, y))


def _take_in(model: Estimator, first: tuple[Array, Array], start: bool) -> None:
    """Scaling and marginals from a first sample, and a closed-form start where it is wanted."""
    rows_x, rows_y = checked_pairs(*first)
    model.standardise_x.fit(rows_x)
    model.standardise_y.fit(rows_y)
    pairs = model.standardise_x(rows_x), model.standardise_y(rows_y)
    with one_thread(), torch.no_grad():
        model.prepare(*pairs)
        if start:
            model.start(*pairs)


def _value(model: Estimator, x: Tensor, y: Tensor) -> float:
    with one_thread(), torch.no_grad():
        return float(model(x, y))


def _step(model: Estimator, optimiser: torch.optim.Optimizer, x: Tensor, y: Tensor) -> None:
    with one_thread(), torch.enable_grad():
        optimiser.zero_grad()
        model.learning_loss(x, y).backward()
        # one batch of NWJ with a large exponential would undo many steps
        torch.nn.utils.clip_grad_norm_(model.parameters(), _LARGEST_GRADIENT)
        optimiser.step()


def _transform(transform: Transform, first: tuple[Array, Array]) -> Through:
    """What takes x and y to the normal quantiles of their ranks in a first sample, or nowhere."""
    if transform == "none":
        return lambda x, y: (x, y)
    ranks = [RankScores(side.shape[1]) for side in first]
    for scores, side in zip(ranks, first, strict=True):
        scores.fit(torch.from_numpy(side))

    def through(x: Array, y: Array) -> tuple[Array, Array]:
        x, y = (
            scores(torch.from_numpy(s)).numpy() for scores, s in zip(ranks, (x, y), strict=True)
        )
        return x, y

    return through


def _check(tasks: Sequence[Task]) -> None:
    if not tasks:
        raise InputError("tasks are empty; give one or more")
    columns = {(task.dim_x, task.dim_y) for task in tasks}
    if len(columns) > 1:
        raise InputError(f"tasks have {sorted(columns)} columns; give tasks with the same ones")
