"""The tasks of the estimator lab: families of one shape, each with any true information.

numpy and scipy do all the work, so that a screen can offer and check them without torch.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal

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


MOST_ESTIMATORS = 4
_MOST_STEPS = 20_000
_MOST_BATCH = 1024
_MOST_SEED = 2**32
_CRITICS = ("separable", "joint")
_TRANSFORMS = ("none", "copula")


@dataclass(frozen=True)
class LabSettings:
    """What a run of the lab does.

    Attributes:
        family: of the tasks, a name in `mmmie.analysis.bounds.lab_tasks.FAMILIES`.
        dim: dimensions of x and of y.
        nats: the truth on each level.
        estimators: one to four names in `mmmie.mi.catalogue`.
        batch_size: pairs per step.
        steps: steps per level.
        critic: `separable` or `joint`, for the estimators that learn one.
        transform: `none` or `copula`.
        seed: of networks and pairs.
        from_closed_form: start networks at the fit of a Gaussian.
        question: what the run shall answer, where it was asked for by one.
    """

    family: str = "gaussian"
    dim: int = 20
    nats: tuple[float, ...] = (2.0, 4.0, 6.0, 8.0, 10.0)
    estimators: tuple[str, ...] = ("infonce", "nwj", "club")
    batch_size: int = 64
    steps: int = 300
    critic: str = "separable"
    transform: str = "none"
    seed: int = 0
    from_closed_form: bool = False
    question: str = ""

    def shape(self) -> Family:
        """The family of the tasks."""
        return FAMILIES[self.family]

    def tasks(self) -> list[Task]:
        """The task of every level.

        Raises:
            InputError: a setting is out of its range; the message names it.
        """
        if self.family not in FAMILIES:
            raise InputError(f"family `{self.family}` is unknown; use one of {', '.join(FAMILIES)}")
        count = len(self.estimators)
        if not 1 <= count <= MOST_ESTIMATORS:
            raise InputError(f"estimators are {count}; choose 1 to {MOST_ESTIMATORS}")
        if not self.nats:
            raise InputError("nats are none; give the truth of one level or more")
        for name, value, least, most in (
            ("batch_size", self.batch_size, 2, _MOST_BATCH),
            ("steps", self.steps, 1, _MOST_STEPS),
            ("seed", self.seed, 0, _MOST_SEED),
        ):
            if not least <= value <= most:
                raise InputError(f"{name} is {value}; use {least} to {most}")
        for name, text, known in (
            ("critic", self.critic, _CRITICS),
            ("transform", self.transform, _TRANSFORMS),
        ):
            if text not in known:
                raise InputError(f"{name} is `{text}`; use {' or '.join(known)}")
        return [self.shape().task(self.dim, nats) for nats in self.nats]


def parse_settings(raw: dict[str, Any]) -> LabSettings:
    """The settings that were kept as JSON, from ``dataclasses.asdict``.

    Raises:
        InputError: they are something else.
    """
    try:
        kept: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in raw.items()}
        if not kept:
            raise TypeError
        return LabSettings(**kept)
    except TypeError:
        raise InputError("these are no settings of the estimator lab; start a new run") from None
