"""The tasks of the estimator lab: families of one shape, each with any true information.

numpy and scipy do all the work, so that a screen can offer and check them without torch.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Literal

from mmmie.errors import InputError
from mmmie.mi.catalogue import find
from mmmie.mi.tasks import (
    Task,
    additive_uniform_noise,
    bimodal,
    gaussian,
    sparse_multinormal,
    student_t,
    swissroll,
    transformed,
)

Bent = Literal["not", "columns", "wholly"]

_PAIRS = 2
_MOST_NATS = 12.0  # per dimension
_MOST_NATS_SPARSE = 4.2 * _PAIRS
_DEGREES = 3
_WIDTHS = 1e-7, 1e3


@dataclass(frozen=True)
class Family:
    """Tasks of one shape.

    Attributes:
        title: a few words for a menu.
        make: the task with so many dimensions and nats; `task` is the way to call it.
        dims: the least number of dimensions, and the most.
        nats: for so many dimensions, the least information and the most.
        pairs: for so many dimensions, how many pairs (x_k, y_k) of equal correlation are
            underneath and carry all the information; None where none are.
        bent: what was done to these pairs: nothing, maps of single columns, or more.
    """

    title: str
    make: Callable[[int, float], Task]
    dims: tuple[int, int] = (1, 100)
    nats: Callable[[int], tuple[float, float]] = lambda dim: (0.0, _MOST_NATS * dim)
    pairs: Callable[[int], int] | None = lambda dim: dim
    bent: Bent = "not"

    def task(self, dim: int, nats: float) -> Task:
        """The task with so many dimensions and I(x; y) = `nats`.

        Raises:
            InputError: there is none; the message says what there is.
        """
        least, most = self.dims
        if not least <= dim <= most:
            has = f"{least}" if least == most else f"{least} to {most}"
            raise InputError(f"{self.title}: dim is {dim}; use {has}")
        low, high = self.nats(dim)
        if not low <= nats <= high:
            raise InputError(
                f"{self.title}: {nats:g} nats in {dim} dimensions is out of range; use "
                f"{math.ceil(low * 100) / 100:g} to {math.floor(high * 100) / 100:g}"
            )
        return self.make(dim, nats)


def optimum(
    family: Family, estimator: str, dim: int, nats: float, batch_size: int, transform: str = "none"
) -> float | None:
    """What an estimator says on a batch when its learned part has nothing left to learn.

    Args:
        estimator: a name in `mmmie.mi.catalogue`.
        transform: `copula` where columns are transformed to normal scores first.

    Returns:
        Nats, from `mmmie.mi.tasks.closed_forms`. A one-to-one map leaves the best critic; a
        Gaussian q survives the maps of single columns that the transform undoes. None where no
        such value is known.

    Example:
        >>> cubic = FAMILIES["cubic"]
        >>> [optimum(cubic, "doe", 20, 6.0, 64, how) for how in ("none", "copula")]
        [None, 6.0]
    """
    from mmmie.mi.tasks.closed_forms import expected_value  # takes scipy.stats along, which is slow

    facts = find(estimator)
    if facts.exact == "always":
        return nats
    if family.pairs is None:
        return None
    straight = family.bent == "not" or (family.bent == "columns" and transform == "copula")
    if facts.learns != "critic" and not straight:
        return None
    return expected_value(estimator, family.pairs(dim), nats, batch_size)


def _bent(name: str, dim: int, nats: float) -> Task:
    return transformed(gaussian(dim, nats), name)


def _sparse(dim: int, nats: float) -> Task:
    rho = _correlation(nats / min(dim, _PAIRS))
    return sparse_multinormal(dim, min(dim, _PAIRS), math.sqrt(rho / (1 - rho)))


def _spiral(dim: int, nats: float) -> Task:
    return transformed(_sparse(dim, nats), "spiral")


def _student(dim: int, nats: float) -> Task:
    rest = max(nats - student_t(dim, _DEGREES).mi, 0.0)
    return student_t(dim, _DEGREES, _correlation(rest / dim))


def _student_nats(dim: int) -> tuple[float, float]:
    least = student_t(dim, _DEGREES).mi
    return least, least + _MOST_NATS * dim


def _uniform(dim: int, nats: float) -> Task:
    from scipy.optimize import brentq

    def excess(log_width: float) -> float:
        return additive_uniform_noise(math.exp(log_width)).mi - nats

    low, high = map(math.log, _WIDTHS)
    return additive_uniform_noise(math.exp(brentq(excess, low, high)))


def _correlation(nats: float) -> float:
    """rho of a pair of normals that share so many nats."""
    return math.sqrt(-math.expm1(-2 * nats))


def _one(dim: int) -> int:
    return 1


FAMILIES: dict[str, Family] = {
    "gaussian": Family("Correlated Gaussian", gaussian),
    "cubic": Family("Gaussian, y cubed", partial(_bent, "cubic"), bent="columns"),
    "half-cube": Family("Gaussian, half-cubed", partial(_bent, "half-cube"), bent="columns"),
    "asinh": Family("Gaussian through asinh", partial(_bent, "asinh"), bent="columns"),
    "normal-cdf": Family(
        "Gaussian through the normal CDF", partial(_bent, "normal-cdf"), bent="columns"
    ),
    "sparse": Family(
        "Sparse Gaussian: 2 columns matter",
        _sparse,
        nats=lambda dim: (0.0, _MOST_NATS_SPARSE * min(dim, _PAIRS) / _PAIRS),
        pairs=lambda dim: min(dim, _PAIRS),
    ),
    "spiral": Family(
        "Sparse Gaussian, spiralled",
        _spiral,
        dims=(3, 100),
        nats=lambda dim: (0.0, _MOST_NATS_SPARSE),
        pairs=lambda dim: _PAIRS,
        bent="wholly",
    ),
    "student": Family(
        f"Student-t, {_DEGREES} degrees of freedom", _student, nats=_student_nats, pairs=None
    ),
    "uniform": Family(
        "Uniform plus uniform noise",
        _uniform,
        dims=(1, 1),
        nats=lambda dim: (0.001, _MOST_NATS),
        pairs=None,
    ),
    "bimodal": Family(
        "Two modes",
        lambda dim, nats: bimodal(_correlation(nats)),
        dims=(1, 1),
        pairs=_one,
        bent="columns",
    ),
    "swissroll": Family(
        "Swiss roll",
        lambda dim, nats: swissroll(_correlation(nats)),
        dims=(1, 1),
        pairs=_one,
        bent="wholly",
    ),
}
"""The families by name, in the order of a menu."""
