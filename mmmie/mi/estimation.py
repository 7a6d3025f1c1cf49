"""Estimate the mutual information of two arrays of paired rows."""

from __future__ import annotations

import math
import time
from typing import Any, get_args

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
from mmmie.mi.learned.conditional import ConditionalKind
from mmmie.mi.learned.critics import CriticKind
from mmmie.mi.result import Estimate
from mmmie.mi.rows import LEAST_PAIRS, checked_pairs, equal_pairs, normal_scores

_FOLDS = 4


def estimate(
    x: Any,
    y: Any,
    estimator: str = "infonce",
    steps: int = 2000,
    batch_size: int = 64,
    hidden: int = 256,
    seed: int = 0,
    learning_rate: float = 5e-3,
    *,
    transform: Transform = "none",
    critic: CriticKind | None = None,
    conditional: ConditionalKind | None = None,
    entropy_y: float | None = None,
) -> Estimate:
    """Estimate I(x; y) from paired rows.

    A quarter of the pairs is held out, and the value is that on batches of these; equal pairs
    stay together on one side. Estimators in closed form hold out every quarter in turn. Columns
    are standardised and constant ones carry nothing, so shifting or scaling a column changes
    nothing. Networks are small, so all is computed on the CPU, by one thread.

    Args:
        x: (N, dim_x) or (N,) numbers, an array or a tensor.
        y: (N, dim_y) or (N,) numbers; row i belongs to row i of x.
        estimator: a name in `mmmie.mi.catalogue`.
        steps: the most steps of Adam; fewer are taken once nothing improves any more.
        batch_size: pairs per batch, in fitting and in evaluation. Fewer are used where the held-out
            pairs would not fill two batches, and `ceiling` is that of the size used.
        hidden: width of the networks.
        seed: makes the result reproducible; the global random state is left as it was.
        learning_rate: the peak of a one-cycle schedule.
        transform: `copula` replaces every value by the normal quantile of its rank in its column,
            which undoes monotone transforms and tames heavy tails; it leaves I(x; y) unchanged.
        critic: `separable` (the default) or `joint`, for estimators that learn a critic.
        conditional: `gaussian` (the default) or `flow`, for estimators that learn a q(y | x).
        entropy_y: H(y) in nats where it is known, for `ba`.

    Returns:
        The estimate. A constant x or y gives 0 nats, with no uncertainty.

    Raises:
        InputError: x or y are not finite numbers of these shapes, their rows do not match or are
            fewer than 8, the estimator is unknown, or an option is out of its range or is none
            of this estimator's.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> x = rng.standard_normal((1000, 3))
        >>> found = estimate(x, x + rng.standard_normal((1000, 3)), "vub", steps=20)
        >>> bool(abs(found.nats - 1.5 * np.log(2)) < 0.2)  # the truth is 3/2 ln 2
        True
    """
    start = time.perf_counter()
    kind = estimator_class(estimator)
    options = _options(kind, transform, critic, conditional, entropy_y)
    check_ranges(learning_rate, steps=steps, batch_size=batch_size, seed=seed, hidden=hidden)
    rows_x, rows_y = checked_pairs(x, y)
    if len(rows_x) < LEAST_PAIRS:
        raise InputError(f"x and y have {len(rows_x)} rows; give at least {LEAST_PAIRS} pairs")
    folds = _folds(kind, rows_x, rows_y, seed)
    if transform == "copula":
        rows_x, rows_y = normal_scores(rows_x), normal_scores(rows_y)
    batch = min(batch_size, min(len(fold) for fold in folds) // 2)
    parts: list[Tensor] = []
    quality: dict[str, float] = {}
    for fold in folds:
        # what is made in inference mode could not be fitted
        with torch.inference_mode(False), torch.random.fork_rng(devices=[]):
            torch.default_generator.manual_seed(seed)
            model = kind(rows_x.shape[1], rows_y.shape[1], hidden, **options)
        known = torch.ones(len(rows_x), dtype=torch.bool)
        known[fold] = kind.fitted == "never"
        model.fit(
            rows_x[known],
            rows_y[known],
            steps=steps,
            batch_size=min(batch_size, max(batch, 2)),
            learning_rate=learning_rate,
            seed=seed,
        )
        of_fold, quality = model.judged(rows_x[fold], rows_y[fold], batch)
        parts.append(of_fold)
    if _constant(rows_x) or _constant(rows_y):
        parts, quality = [torch.zeros(2, 2)], {}
    return model.summary(
        torch.cat(parts),
        quality,
        n=len(rows_x),
        batch_size=batch,
        seconds=time.perf_counter() - start,
    )


def _options(
    kind: type[Estimator],
    transform: str,
    critic: str | None,
    conditional: str | None,
    entropy_y: float | None,
) -> dict[str, Any]:
    """The options given, as arguments of the class.

    Raises:
        InputError: one of them is unknown or not for this estimator.
    """
    options = check_options(
        kind.facts,
        transform,
        critic=(critic, get_args(CriticKind)),
        conditional=(conditional, get_args(ConditionalKind)),
    )
    if entropy_y is not None:
        if not math.isfinite(entropy_y):
            raise InputError(f"entropy_y is {entropy_y}; use a finite number")
        if "entropy_y" not in kind.facts.options:
            raise InputError(f"{kind.facts.name} uses no entropy of y; leave the option out")
        if transform != "none":
            raise InputError("entropy_y is that of y as given; leave it or the transform out")
        options["entropy"] = entropy_y
    return options


def _folds(kind: type[Estimator], x: Tensor, y: Tensor, seed: int) -> list[Tensor]:
    """Which rows are held out: a quarter, every quarter in turn, or all where nothing is fitted."""
    group = equal_pairs(x.numpy(), y.numpy())
    rng = np.random.default_rng(seed)
    count = group.max() + 1
    if kind.fitted == "never":
        first = np.unique(group, return_index=True)[1]
        return [torch.from_numpy(np.random.default_rng(0).permutation(first))]
    # groups in random order, each row placed with its group
    place = rng.permutation(count)[group]
    order = np.argsort(place + rng.random(len(group)) / 2)
    quarters = place[order] * _FOLDS // count
    folds = [torch.from_numpy(order[quarters == quarter]) for quarter in range(_FOLDS)]
    return folds if kind.fitted == "once" else folds[:1]


def _constant(rows: Tensor) -> bool:
    return bool((rows == rows[0]).all())
