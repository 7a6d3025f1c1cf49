"""What an estimator says about the mutual information of two variables."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from mmmie.mi.catalogue import Bound
from mmmie.mi.thresholds import near_ceiling
from mmmie.mi.verdict import decide_within

_ROUNDING = 0.01


@dataclass(frozen=True)
class Estimate:
    """What one estimator says about I(x; y).

    Attributes:
        estimator: its name in the catalogue.
        nats: its value on pairs that it was not fitted to.
        std: the standard error of `nats`, over held-out batches. It says nothing about the bias of
            the bound.
        bound: whether `nats` estimates a lower bound, an upper bound or neither.
        ceiling: the most that it could return at the batch size used, None if unlimited.
        seconds: wall time of fitting and evaluation.
        seed: what the split, the batches and the networks were drawn from.
        n: pairs that it was fitted to or valued on; of very many, `ksg` takes some.
        dim_x: columns of x.
        dim_y: columns of y.
        batch_size: pairs per batch in evaluation.
        assumes: what the bound needs besides pairs drawn independently, None if nothing.
        doubt: why the value should not be believed, measured on held-out pairs; None if nothing
            was found.
        fit: how well the learned part fits, see `Estimator.quality`.
        title: the name in words.
        note: what was left out of x and y, None if nothing was.
    """

    estimator: str
    nats: float
    std: float
    bound: Bound
    ceiling: float | None
    seconds: float
    seed: int
    n: int
    dim_x: int
    dim_y: int
    batch_size: int
    assumes: str | None = None
    doubt: str | None = None
    fit: dict[str, float] = field(default_factory=dict)
    title: str = ""
    note: str | None = None

    @property
    def sentence(self) -> str:
        """What may be concluded, in one plain sentence, and what was left out, in another."""
        return self._concluded() + (f" {self.note[0].upper()}{self.note[1:]}." if self.note else "")

    def _concluded(self) -> str:
        said = f"{self.title or self.estimator} gives {self.nats:.2f} ± {self.std:.2f} nats"
        if self.doubt is not None:
            return f"{said}, but {self.doubt}: nothing should be concluded."
        if self.bound == "lower":
            return self._lower(said)
        provided = f", provided that {self.assumes}" if self.assumes else ""
        if self.bound == "upper":
            most = decide_within(self.nats, self.std).high
            if not math.isfinite(most):
                return f"{said}, an upper bound of unknown error: nothing should be concluded."
            return f"{said}: x and y share at most {most:.2f}{provided}."
        return f"{said}, an estimate on neither side of the truth{provided}."

    def _lower(self, said: str) -> str:
        provided = f", provided that {self.assumes}" if self.assumes else ""
        found = decide_within(self.nats, self.std, limit=_ROUNDING)
        if not found.above:
            return (
                f"{said}: no dependence of x and y is shown, which does not show that there is "
                f"none, since it is a lower bound."
            )
        if self.ceiling is not None and near_ceiling(self.nats, self.ceiling):
            return (
                f"{said}: x and y share at least {found.low:.2f}, and maybe far more, since it is "
                f"close to the ceiling of {self.ceiling:.2f} nats that the batch size sets."
            )
        return f"{said}: x and y share at least {found.low:.2f}{provided}."
