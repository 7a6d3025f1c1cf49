"""Decompose what two variables say about a third."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from mmmie.errors import InputError
from mmmie.mi.decomposition.held_out import held_out
from mmmie.mi.decomposition.label import CodedLabel, coded
from mmmie.mi.decomposition.union_information import union_information
from mmmie.mi.groups import numbered_groups
from mmmie.mi.rows import Standardiser, checked_rows
from mmmie.mi.thresholds import SURE

PARTS = ("redundant", "unique_1", "unique_2", "synergistic", "co_information", "total")
LEAST_ROWS = 16
_FEW_ROWS, _FEW_GROUPS = 100, 10
_ROWS_PER_CELL = 5
_MOST_VALUES = 50
_CLUSTERS, _ROWS_PER_CLUSTER = 32, 30
_GROWTH = 0.1
_NOTHING = 1e-3
_FLOOR = 1e-9


@dataclass(frozen=True)
class Decomposition:
    """What x1 and x2 say about y, in nats.

    ``redundant + unique_1`` is I(x1; y), ``redundant + unique_2`` is I(x2; y), and all four parts
    add up to the total. No part is negative: an estimate below zero is given as 0, with a doubt
    where it is further below than its error explains.

    Attributes:
        redundant: what each of the two says on its own.
        unique_1: what x1 says and x2 does not.
        unique_2: what x2 says and x1 does not.
        synergistic: what only both say together.
        co_information: redundant minus synergistic, I(x1; y) + I(x2; y) - I(x1, x2; y); it needs
            no definition of redundancy.
        total: I(x1, x2; y).
        redundant_std: its standard error over groups; the others alike.
        entropy: H(y), of its step where y is a number.
        codes: how many classes or steps y has.
        n: rows.
        groups: how many of them are independent.
        doubt: why the parts should not be believed; None if nothing was found.
    """

    redundant: float
    unique_1: float
    unique_2: float
    synergistic: float
    co_information: float
    total: float
    redundant_std: float
    unique_1_std: float
    unique_2_std: float
    synergistic_std: float
    co_information_std: float
    total_std: float
    entropy: float
    codes: int
    n: int
    groups: int
    doubt: str | None = None


@dataclass(frozen=True)
class Pointwise:
    """What every row adds to a decomposition: parts are means over rows.

    A row adds a negative amount where what is said of it misleads: its label is less likely then.

    Attributes:
        rows: (N, 4) the ln of how many times likelier the row's label is given x1, given x2 and
            given both; and its part of the redundancy.
        groups: (N,) int; rows of one group are not independent.
        entropy: of the label, in nats.
        codes: of the label.
        doubts: what speaks against believing all of it.
    """

    rows: np.ndarray
    groups: np.ndarray
    entropy: float
    codes: int
    doubts: tuple[str, ...]

    def over(self, chosen: np.ndarray | None = None) -> Decomposition:
        """The decomposition of all rows, or of the chosen ones (N,) bool, with no negative part."""
        rows = self.rows if chosen is None else self.rows[chosen]
        groups = self.groups if chosen is None else self.groups[chosen]
        count = len(np.unique(groups))
        means, crossed = _possible(rows.mean(0), grouped_error(rows - rows.mean(0), groups))
        doubts = [*self.doubts, *crossed]
        values, errors = _parts(means), grouped_error(_parts(rows - rows.mean(0)), groups)
        values[:4] = values[:4].clip(min=0.0)  # of rounding
        if len(rows) < _FEW_ROWS:
            doubts.append(f"there are only {len(rows)} rows")
        elif count < _FEW_GROUPS:
            doubts.append(f"there are only {count} groups to take errors from")
        named = dict(zip(PARTS, map(float, values), strict=True))
        named |= {f"{name}_std": float(error) for name, error in zip(PARTS, errors, strict=True)}
        return Decomposition(
            **named,
            entropy=self.entropy,
            codes=self.codes,
            n=len(rows),
            groups=count,
            doubt="; ".join(doubts) or None,
        )


def decompose(x1: Any, x2: Any, y: Any, groups: Any = None, *, seed: int = 0) -> Decomposition:
    """What x1 and x2 say about y: both of them, each alone, and only the two together.

    Total and co-information come from cross-entropies on rows that were held out, with their whole
    groups. They are at most the truth on average, since a model can know less than there is. The
    redundancy is that of Bertschinger et al. (2014): its share of the smaller of I(x1; y) and
    I(x2; y), measured on x1 and x2 reduced to groups of rows that say the same about y. Where all
    three have few values, everything is counted instead, with the correction of Miller (1955).

    Args:
        x1: (N,) or (N, d) numbers.
        x2: (N,) or (N, d) numbers; row i belongs to row i of x1.
        y: (N,) or (N, d): a number, or classes as up to 50 whole numbers.
        groups: (N,) whatever names them; rows of one group are held out together, and errors are
            taken over groups. Without it every row is its own.
        seed: makes the result reproducible; the global random state is left as it was.

    Raises:
        InputError: they are not finite numbers of these shapes, their rows do not match or are
            fewer than 16, y has one value, or there is a single group.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> a, b = rng.integers(0, 2, (2, 4000))
        >>> found = decompose(a, b, a ^ b)  # only both together tell
        >>> round(found.synergistic, 2), round(found.redundant, 2)
        (0.69, 0.0)
    """
    return pointwise(x1, x2, y, groups, seed=seed).over()


def pointwise(x1: Any, x2: Any, y: Any, groups: Any = None, *, seed: int = 0) -> Pointwise:
    """What every row adds; arguments and errors as of `decompose`."""
    first, second = checked_rows(x1, "x1"), checked_rows(x2, "x2")
    target = checked_rows(y, "y")
    for name, other in (("x2", second), ("y", target)):
        if len(other) != len(first):
            raise InputError(
                f"x1 has {len(first)} rows and {name} {len(other)}; give row i of both together"
            )
    if len(first) < LEAST_ROWS:
        raise InputError(f"x1, x2 and y have {len(first)} rows; give at least {LEAST_ROWS}")
    count = len(first)
    group = np.arange(count) if groups is None else numbered_groups(groups, count)
    label = coded(target)
    few = [_few_values(x) for x in (first, second)]
    one, two = few
    if one is not None and two is not None:
        cells = (int(one.max()) + 1) * (int(two.max()) + 1) * label.count
        if cells * _ROWS_PER_CELL <= len(first):
            return _counted(one, two, label, group)
    return _learned(_inputs(first, one), _inputs(second, two), label, group, seed)


def _few_values(rows: np.ndarray) -> np.ndarray | None:
    """(N,) which of its few rows each is; None where there are many."""
    values, which = np.unique(rows, axis=0, return_inverse=True)
    return which.reshape(-1) if len(values) <= _MOST_VALUES else None


def _inputs(rows: np.ndarray, few: np.ndarray | None) -> torch.Tensor:
    """Standardised float32, with a column per value where there are few."""
    numbers = torch.from_numpy(rows)
    if few is not None:
        shown = torch.eye(int(few.max()) + 1, dtype=torch.float64)[torch.from_numpy(few)]
        numbers = torch.hstack([numbers, shown])
    scale = Standardiser(numbers.shape[1])
    scale.fit(numbers)
    return scale(numbers).clamp(-5, 5)


def _counted(one: np.ndarray, two: np.ndarray, label: CodedLabel, group: np.ndarray) -> Pointwise:
    """By counts, where all have few values."""
    rows, tables = [], []
    for codes in (one, two, np.unique(one * (two.max() + 1) + two, return_inverse=True)[1]):
        table = np.zeros((int(codes.max()) + 1, label.count))
        np.add.at(table, (codes, label.codes), 1.0)
        extra = (table > 0).sum() - len(table) - label.count + 1
        rows.append(_log_ratio(table / len(one))[codes, label.codes] - extra / (2 * len(one)))
        tables.append(table / len(one))
    shared, doubts = _shared(tables[0], tables[1], one, two, label.codes, np.stack(rows, 1))
    return Pointwise(np.column_stack([*rows, shared]), group, label.entropy, label.count, doubts)


def _learned(
    x1: torch.Tensor, x2: torch.Tensor, label: CodedLabel, group: np.ndarray, seed: int
) -> Pointwise:
    """By models on rows that were held out."""
    found = held_out(x1, x2, label, group, seed)
    at = np.arange(len(group)), label.codes
    base = np.log(label.shares)[label.codes]
    rows = np.stack(
        [np.log(chances[at]) - base for chances in (found.first, found.second, found.both)], 1
    )
    of_y = (found.first + found.second).mean(0) / 2
    one, two = _clusters(found.first, seed), _clusters(found.second, seed)
    tables = [
        _balanced(_sums(chances, codes), of_y)
        for chances, codes in ((found.first, one), (found.second, two))
    ]
    shared, doubts = _shared(tables[0], tables[1], one, two, label.codes, rows)
    grown = found.gained.mean()
    error = float(grouped_error((found.gained - grown)[:, None], group)[0])
    if grown > max(_GROWTH * rows[:, 2].mean(), SURE * error, _NOTHING):
        doubts = (
            *doubts,
            f"with twice the rows the models found {grown:.2f} nats more, so there is more to "
            f"find than these rows can show",
        )
    return Pointwise(np.column_stack([rows, shared]), group, label.entropy, label.count, doubts)


def _clusters(chances: np.ndarray, seed: int) -> np.ndarray:
    """(N,) which rows say nearly the same about the label."""
    from sklearn.cluster import KMeans

    points = np.sqrt(chances)  # distances of these are Hellinger's
    most = int(np.clip(len(points) // _ROWS_PER_CLUSTER, 2, _CLUSTERS))
    different = len(np.unique(points.round(6), axis=0))
    found = KMeans(min(most, different), n_init=1, max_iter=100, random_state=seed).fit(points)
    return np.unique(found.labels_, return_inverse=True)[1]


def _sums(chances: np.ndarray, codes: np.ndarray) -> np.ndarray:
    table = np.zeros((int(codes.max()) + 1, chances.shape[1]))
    np.add.at(table, codes, chances)
    return (table + _FLOOR) / (table + _FLOOR).sum()


def _balanced(table: np.ndarray, of_y: np.ndarray) -> np.ndarray:
    """The table nearest to one (C, K) that has the given p(y) and keeps its p(c)."""
    of_c = table.sum(1, keepdims=True)
    for _ in range(50):
        table = table * (of_c / table.sum(1, keepdims=True))
        table = table * (of_y / table.sum(0))
    return table


def _log_ratio(table: np.ndarray) -> np.ndarray:
    """ln p(x, y) / (p(x) p(y)), 0 where nothing is."""
    apart = np.outer(table.sum(1), table.sum(0))
    return np.log(np.where(table > 0, table / apart, 1.0))


def _shared(
    table_1: np.ndarray,
    table_2: np.ndarray,
    one: np.ndarray,
    two: np.ndarray,
    label: np.ndarray,
    rows: np.ndarray,
) -> tuple[np.ndarray, tuple[str, ...]]:
    """What every row adds to the redundancy (N,), and a doubt where it is not exact.

    The tables (C, K) give its share of the smaller information; rows (N, 3) give that information.
    """
    union = union_information(table_1, table_2)
    ratio_1, ratio_2 = _log_ratio(table_1), _log_ratio(table_2)
    whole = [float((t * r).sum()) for t, r in ((table_1, ratio_1), (table_2, ratio_2))]
    smaller = int(np.argmin(rows[:, :2].mean(0)))
    least = min(whole)
    if least < _NOTHING:
        return np.zeros(len(one)), ()
    part = float(np.clip((sum(whole) - union.nats) / least, 0, 1))
    coarse = ratio_1[one, label], ratio_2[two, label]
    joined = union.of_first[one, label] + union.of_second[two, label]
    moves = coarse[0] + coarse[1] - joined - part * coarse[smaller]
    scale = max(float(rows[:, smaller].mean()), 0.0) / least
    doubts: tuple[str, ...] = ()
    if union.gap > max(0.05 * least, _NOTHING):
        doubts = (f"redundant and synergistic parts are exact within {union.gap:.2f} nats only",)
    return part * rows[:, smaller] + scale * (moves - moves.mean()), doubts


def _possible(means: np.ndarray, errors: np.ndarray) -> tuple[np.ndarray, list[str]]:
    """The nearest values (4,) that leave no part below zero, and what had to move too far."""
    first, second, both, shared = means
    doubts = []
    one, two = max(first, 0.0), max(second, 0.0)
    together = max(both, one, two)
    part = float(np.clip(shared, max(0.0, one + two - together), min(one, two)))
    moved = np.abs(np.array([one, two, together, part]) - means)
    names = ("x1", "x2", "x1 and x2 together", "both on their own")
    for name, by, error in zip(names, moved, errors, strict=True):
        if by > max(SURE * error, 0.01):
            doubts.append(f"what {name} said had to be moved by {by:.2f} nats to leave no part "
                          f"below zero")  # fmt: skip
    return np.array([one, two, together, part]), doubts


def _parts(values: np.ndarray) -> np.ndarray:
    """(..., 6) the parts from (..., 4) first, second, both and shared."""
    first, second, both, shared = np.moveaxis(values, -1, 0)
    alone = first - shared, second - shared
    only = both - first - second + shared
    return np.stack([shared, *alone, only, first + second - both, both], -1)


def grouped_error(deviations: np.ndarray, groups: np.ndarray) -> np.ndarray:
    """The standard error of the means of (N, k) deviations, by groups."""
    number = np.unique(groups, return_inverse=True)[1]
    sums = np.zeros((number.max() + 1, deviations.shape[1]))
    np.add.at(sums, number, deviations)
    count = len(sums)
    if count < 2:
        return np.full(deviations.shape[1], np.nan)
    error: np.ndarray = np.sqrt((sums**2).sum(0) * count / (count - 1)) / len(deviations)
    return error
