"""What a run of the estimator lab does, as a person or a link asked for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from mmmie.analysis.bounds.lab_tasks import FAMILIES, Family
from mmmie.errors import InputError
from mmmie.mi.tasks import Task

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
        from_closed_form: start networks at the fit of a Gaussian, see `mmmie.mi.learned.watch`.
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
