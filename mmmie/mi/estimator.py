"""What every estimator of mutual information offers."""

from __future__ import annotations

import math
import time
from abc import ABC, abstractmethod
from typing import Any, ClassVar, Literal, Self

import torch
from torch import Tensor, nn

from mmmie.errors import InputError
from mmmie.mi.learned.fitting import fit_by_steps, one_thread
from mmmie.mi.result import Bound, Estimate
from mmmie.mi.rows import Standardiser, checked_pairs

_LARGEST_GAP = 0.5
_LARGEST_SHARE = 0.25


def check_options(steps: int, batch_size: int, learning_rate: float, seed: int) -> None:
    """Whether the options of `Estimator.fit` are in their ranges.

    Raises:
        InputError: one is not; the message names it.
    """
    for name, value, least in (
        ("steps", steps, 1),
        ("batch_size", batch_size, 2),
        ("seed", seed, 0),
    ):
        if value < least:
            raise InputError(f"{name} is {value}; use {least} or more")
    if not 0 < learning_rate < math.inf:
        raise InputError(f"learning_rate is {learning_rate}; use a positive number")


class Estimator(nn.Module, ABC):
    """An estimator of I(x; y) in nats, learned from pairs.

    To add one: write a file with a subclass, and name the class in `mmmie.mi.registry`.

    Use on data: `fit` with some pairs, `estimate` with others. Use in an objective: minimise
    `learning_loss` to fit it, and call it for a value that gradients flow through into x and y;
    freeze or detach what is not to be moved. Nothing is cached: a value is always that of the
    present parameters.

    A subclass gives `loss` and `value` for standardised x and y, and whatever else differs.

    Args:
        dim_x: channels of x.
        dim_y: channels of y.
        hidden: width of the networks.

    Attributes:
        name: the key in the registry.
        title: the name in words.
        bound: what the expected value is of I(x; y).
        assumes: what that needs besides pairs drawn independently.
        fitted: by `steps` of gradient descent, `once` in closed form, or `never`.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    bound: ClassVar[Bound]
    assumes: ClassVar[str | None] = None
    fitted: ClassVar[Literal["steps", "once", "never"]] = "steps"

    def __init__(self, dim_x: int, dim_y: int, hidden: int = 256) -> None:
        super().__init__()
        self.dim_x, self.dim_y, self.hidden = dim_x, dim_y, hidden
        self.standardise_x, self.standardise_y = Standardiser(dim_x), Standardiser(dim_y)
        self.seed, self.seconds = 0, 0.0

    def forward(self, x: Tensor, y: Tensor) -> Tensor:
        """The estimate in nats, a scalar, for x (B, dim_x) and y (B, dim_y)."""
        return self.value(self.standardise_x(x), self.standardise_y(y))

    def learning_loss(self, x: Tensor, y: Tensor) -> Tensor:
        """What fits critic or q when minimised, a scalar, for x (B, dim_x) and y (B, dim_y)."""
        return self.loss(self.standardise_x(x), self.standardise_y(y))

    def fit(
        self,
        x: Any,
        y: Any,
        *,
        steps: int = 2000,
        batch_size: int = 64,
        learning_rate: float = 5e-3,
        seed: int = 0,
    ) -> Self:
        """Fit to pairs, a fifth of which chooses the step to stop at.

        Args:
            x: (N, dim_x) or (N,) numbers, an array or a tensor.
            y: (N, dim_y) or (N,) numbers; row i belongs to row i of x.
            steps: the most steps of Adam; fewer are taken once nothing improves any more.
            batch_size: pairs a batch.
            learning_rate: the peak of a one-cycle schedule.
            seed: of the batches.

        Raises:
            InputError: x or y are not finite numbers of these shapes, or an option is out of
                its range.
        """
        check_options(steps, batch_size, learning_rate, seed)
        start = time.perf_counter()
        rows_x, rows_y = self._pairs(x, y)
        self.standardise_x.fit(rows_x)
        self.standardise_y.fit(rows_y)
        pairs = self.standardise_x(rows_x), self.standardise_y(rows_y)
        if self.fitted == "once":
            with one_thread():
                self.prepare(*pairs)
        elif self.fitted == "steps":
            fit_by_steps(self, *pairs, steps, batch_size, learning_rate, seed)
        self.seed, self.seconds = seed, time.perf_counter() - start
        return self

    def estimate(self, x: Any, y: Any, *, batch_size: int = 64) -> Estimate:
        """The value on pairs that it was not fitted to, and what it is worth.

        Raises:
            InputError: x or y are not finite numbers of these shapes.
        """
        start = time.perf_counter()
        rows_x, rows_y = self._pairs(x, y)
        parts, quality = self.judged(rows_x, rows_y, batch_size)
        return self.summary(
            parts,
            quality,
            n=len(rows_x),
            batch_size=min(batch_size, len(rows_x)),
            seconds=self.seconds + time.perf_counter() - start,
        )

    def judged(self, x: Tensor, y: Tensor, batch: int) -> tuple[Tensor, dict[str, float]]:
        """The parts (K, P) and the quality on pairs that it was not fitted to."""
        pairs = self.standardise_x(x), self.standardise_y(y)
        with one_thread(), torch.no_grad():
            self.eval()
            return self.all_parts(*pairs, batch), self.quality(*pairs, batch)

    def summary(
        self, parts: Tensor, quality: dict[str, float], *, n: int, batch_size: int, seconds: float
    ) -> Estimate:
        """The estimate that the parts (K, P) of K batches make, with a jackknife's error."""
        parts = parts.double()  # squares of large values leave the range of floats
        nats, std = self.combine(parts).item(), self._jackknife(parts)
        return Estimate(
            estimator=self.name,
            nats=nats,
            std=std,
            bound=self.bound,
            ceiling=self.ceiling(batch_size),
            seconds=seconds,
            seed=self.seed,
            n=n,
            dim_x=self.dim_x,
            dim_y=self.dim_y,
            batch_size=batch_size,
            assumes=self.assumed(),
            doubt=self.doubt_of(quality, nats, std) if quality else None,
            fit=quality,
            title=self.title,
        )

    def prepare(self, x: Tensor, y: Tensor) -> None:
        """Take what no step learns, a marginal say, from all pairs: x (N, dim_x), y (N, dim_y)."""

    def start(self, x: Tensor, y: Tensor) -> None:
        """Start where a fit in closed form is, so that steps learn only what that misses."""

    def settle(self, x: Tensor, y: Tensor) -> None:
        """Take what is of use from the fitted pairs once the networks are fitted."""

    def loss(self, x: Tensor, y: Tensor) -> Tensor:
        """`learning_loss` for standardised x and y."""
        raise NotImplementedError(f"{self.title} learns nothing by steps")

    def value(self, x: Tensor, y: Tensor) -> Tensor:
        """`forward` for standardised x and y."""
        return self.combine(self.parts(x, y)[None])

    def parts(self, x: Tensor, y: Tensor) -> Tensor:
        """(P,) what `combine` needs from one batch."""
        return self.value(x, y)[None]

    def combine(self, parts: Tensor) -> Tensor:
        """The estimate in nats, a scalar, from the parts (K, P) of K batches."""
        return parts[:, 0].mean()

    def all_parts(self, x: Tensor, y: Tensor, batch: int) -> Tensor:
        """(K, P) the parts of standardised pairs, batch by batch."""
        return torch.stack([self.parts(*few) for few in self.batches(x, y, batch)])

    @abstractmethod
    def quality(self, x: Tensor, y: Tensor, batch: int) -> dict[str, float]:
        """How well the learned part fits standardised pairs that it was not fitted to."""

    def doubt_of(self, quality: dict[str, float], nats: float, std: float) -> str | None:
        """Why the value should not be believed, None where nothing speaks against it."""
        return None

    def assumed(self) -> str | None:
        """What the bound needs as the estimator is now; see `assumes`."""
        return self.assumes

    @classmethod
    def ceiling(cls, batch_size: int) -> float | None:
        """The largest value in nats that a batch can give, None where there is no such limit."""
        return None

    @staticmethod
    def batches(x: Tensor, y: Tensor, size: int) -> list[tuple[Tensor, Tensor]]:
        """Whole batches only, or the one that is smaller than `size`."""
        whole = max(len(x) // size, 1) * size
        return list(zip(x[:whole].split(size), y[:whole].split(size), strict=True))

    def _jackknife(self, parts: Tensor) -> float:
        """The standard error of `combine` over batches, NaN-free: 0 for a single one."""
        k = len(parts)
        if k < 2:
            return 0.0
        whole = torch.arange(k)
        left = torch.stack([self.combine(parts[whole != i]) for i in range(k)])
        return ((k - 1) * left.var(correction=0)).sqrt().item()

    def _pairs(self, x: Any, y: Any) -> tuple[Tensor, Tensor]:
        rows_x, rows_y = checked_pairs(x, y)
        for name, rows, dim in (("x", rows_x, self.dim_x), ("y", rows_y, self.dim_y)):
            if rows.shape[1] != dim:
                raise InputError(f"{name} has {rows.shape[1]} columns; this estimator takes {dim}")
        return rows_x, rows_y
