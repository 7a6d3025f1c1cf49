"""Estimate the mutual information of two arrays of paired rows."""

from __future__ import annotations

import math
import time
from dataclasses import replace
from typing import Any, get_args

import numpy as np
import torch
from torch import Tensor

from mmmie.errors import InputError
from mmmie.mi.columns import own_columns
from mmmie.mi.doubts import doubt_of_rows, doubt_of_size, doubt_of_value
from mmmie.mi.estimator import (
    Estimator,
    Judged,
    Transform,
    check_options,
    check_ranges,
    estimator_class,
)
from mmmie.mi.groups import equal_pairs, numbered_groups
from mmmie.mi.learned.conditional import ConditionalKind
from mmmie.mi.learned.critics import CriticKind
from mmmie.mi.result import Estimate
from mmmie.mi.rows import LEAST_PAIRS, checked_pairs, normal_scores, without_masked

FITTING_BATCH = 64
"""Pairs per batch if nothing is said."""

JUDGING_BATCH = 256
"""The most in evaluation if nothing is said, where the size of a batch sets a ceiling."""

_PARTS = 4
_LEAST_BATCHES = 8


def estimate(
    x: Any,
    y: Any,
    estimator: str = "infonce",
    steps: int = 2000,
    batch_size: int | None = None,
    hidden: int = 256,
    seed: int = 0,
    learning_rate: float = 5e-3,
    *,
    groups: Any = None,
    transform: Transform = "none",
    critic: CriticKind | None = None,
    conditional: ConditionalKind | None = None,
    entropy_y: float | None = None,
) -> Estimate:
    """Estimate I(x; y) from paired rows.

    A quarter of the pairs is held out, and the value is that on batches of these; equal pairs, or
    those of a group, stay together on one side. Estimators in closed form hold out every quarter
    in turn. Columns are standardised, so shifting or scaling a column changes nothing; constant
    ones, and those that are linear in others, carry nothing and are left out. Networks are small,
    so all is computed on the CPU, by one thread.

    Args:
        x: (N, dim_x) or (N,) numbers, an array or a tensor. Rows that are masked are left out.
        y: (N, dim_y) or (N,) numbers; row i belongs to row i of x.
        estimator: a name in `mmmie.mi.catalogue`.
        steps: the most steps of Adam; fewer are taken once nothing improves any more.
        batch_size: pairs per batch, in fitting and in evaluation. If left out, 64 in fitting and,
            where the size sets a ceiling, up to 256 in evaluation. Fewer are used where the
            held-out pairs would not fill two batches, and `ceiling` is that of the size used.
        hidden: width of the networks.
        seed: makes the result reproducible; the global random state is left as it was.
        learning_rate: the peak of a one-cycle schedule.
        groups: (N,) names or numbers of what rows belong to, such as their conversation. Whole
            groups are held out, and the error is that over groups.
        transform: `copula` replaces every value by the normal quantile of its rank in its column,
            which undoes monotone transforms and tames heavy tails; it leaves I(x; y) unchanged.
        critic: `separable` (the default) or `joint`, for estimators that learn a critic.
        conditional: `gaussian` (the default) or `flow`, for estimators that learn a q(y | x).
        entropy_y: H(y) in nats where it is known, for `ba`.

    Returns:
        The estimate. A constant x or y gives 0 nats, with no uncertainty.

    Raises:
        InputError: x or y are not finite numbers of these shapes, their rows do not match or are
            fewer than 16, the groups are not one per row or all the same, the estimator is
            unknown, or an option is out of its range or is none of this estimator's.

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
    fitted_by = FITTING_BATCH if batch_size is None else batch_size
    check_ranges(learning_rate, steps=steps, batch_size=fitted_by, seed=seed, hidden=hidden)
    x, y, groups, masked = without_masked(x, y, groups)
    rows_x, rows_y = checked_pairs(x, y)
    if len(rows_x) < LEAST_PAIRS:
        raise InputError(f"x and y have {len(rows_x)} rows; give at least {LEAST_PAIRS} pairs")
    group = _groups(rows_x, rows_y, groups)
    order_doubt = None if groups is not None else doubt_of_rows(rows_x, rows_y)
    given: dict[str, Any] = {"dim_x": rows_x.shape[1], "dim_y": rows_y.shape[1]}
    rows_x, rows_y = rows_x[:, own_columns(rows_x)], rows_y[:, own_columns(rows_y)]
    if transform == "copula" and rows_x.shape[1] and rows_y.shape[1]:
        rows_x, rows_y = normal_scores(rows_x), normal_scores(rows_y)
        rows_x, rows_y = rows_x[:, own_columns(rows_x)], rows_y[:, own_columns(rows_y)]
    note = _note(masked, given, rows_x, rows_y)
    parts = _parts(kind, group, seed, together=groups is not None)
    batch = _batch(kind, batch_size, min(map(len, parts)))
    if not rows_x.shape[1] or not rows_y.shape[1]:
        none = Judged(torch.zeros(2, 2), torch.zeros(2), ())
        given = {**given, "n": len(rows_x), "note": note, "seed": seed}
        return kind(1, 1, 1).summary([none], batch_size=batch, seconds=0.0, **given)
    judged, held_out = [], parts if kind.fitted == "once" else parts[:1]
    for part in held_out:
        # what is made in inference mode could not be fitted
        with torch.inference_mode(False), torch.random.fork_rng(devices=[]):
            torch.default_generator.manual_seed(seed)
            model = kind(rows_x.shape[1], rows_y.shape[1], hidden, **options)
        known = torch.cat([other for other in parts if other is not part] or [part])
        if groups is not None:  # what goes together stands together
            known = known[group[known].argsort(stable=True)]
        model.fit(
            rows_x[known],
            rows_y[known],
            steps=steps,
            batch_size=min(fitted_by, max(batch, 2)),
            learning_rate=learning_rate,
            seed=seed,
            group=group[known] if groups is not None else None,
        )
        together = group[part] if groups is not None else None
        judged.append(model.judged(rows_x[part], rows_y[part], batch, together))
    places = torch.cat([part[: len(of.terms)] for part, of in zip(held_out, judged, strict=True)])
    found = model.summary(
        judged,
        group=group[places] if int(group.max()) + 1 < len(group) else None,
        n=len(places) if kind.fitted == "never" else len(rows_x),
        batch_size=batch,
        seconds=time.perf_counter() - start,
        note=note,
        **given,
    )
    doubt = doubt_of_value(found, group[places] if groups is not None else None)
    if kind.fitted != "never":
        doubt = doubt or doubt_of_size(found, rows_x.shape[1], rows_y.shape[1])
    return replace(found, doubt=doubt or order_doubt or found.doubt)


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


def _groups(x: Tensor, y: Tensor, groups: Any) -> Tensor:
    """(N,) a number for every pair, from 0, the same for those that stay on one side."""
    if groups is not None:
        return torch.from_numpy(numbered_groups(groups, len(x)))
    return torch.from_numpy(equal_pairs(x.numpy(), y.numpy()))


def _parts(kind: type[Estimator], group: Tensor, seed: int, together: bool) -> list[Tensor]:
    """Rows in four parts and in random order, or in one where nothing is fitted.

    Groups stay in one part. Where nothing is fitted, of copies only the first is of use.
    """
    rng = np.random.default_rng(seed)
    numbers = group.numpy()
    count = numbers.max() + 1
    if kind.fitted == "never":
        first = np.unique(numbers, return_index=True)[1]
        rows = np.arange(len(numbers)) if together else first
        return [torch.from_numpy(np.random.default_rng(0).permutation(rows))]
    # groups in random order, each row placed with its group
    place = rng.permutation(count)[numbers]
    order = np.argsort(place + rng.random(len(numbers)) / 2)
    parts = min(_PARTS, count)
    part = place[order] * parts // count
    rows_of = [order[part == one] for one in range(parts)]
    if count < len(numbers):  # else a batch would be of few groups
        rows_of = [rng.permutation(rows) for rows in rows_of]
    return [torch.from_numpy(rows) for rows in rows_of]


def _batch(kind: type[Estimator], asked: int | None, held_out: int) -> int:
    """Pairs per batch in evaluation: as asked for, but two batches at least."""
    if asked is not None:
        return min(asked, held_out // 2)
    if not kind.facts.capped:
        return min(FITTING_BATCH, held_out // 2)
    # a larger batch has a higher ceiling, but an error needs some batches
    large = min(max(held_out // _LEAST_BATCHES, FITTING_BATCH), JUDGING_BATCH)
    return min(large, held_out // 2)


def _note(masked: int, given: dict[str, int], x: Tensor, y: Tensor) -> str | None:
    """What was left out before anything was estimated, None if nothing was."""
    left_out = [f"{masked} masked rows"] if masked else []
    for name, rows in (("x", x), ("y", y)):
        count = given[f"dim_{name}"] - rows.shape[1]
        if count:
            left_out.append(
                f"{count} of {given[f'dim_{name}']} columns of {name}, which are constant or "
                f"linear in the others"
            )
    return f"left out: {'; '.join(left_out)}" if left_out else None
