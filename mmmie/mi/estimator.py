"""What every estimator of mutual information offers."""

from __future__ import annotations

import math
import time
from abc import ABC, abstractmethod
from typing import Any, ClassVar, Literal, NamedTuple, Self, get_args

import torch
from torch import Tensor

from mmmie.errors import InputError
from mmmie.mi.catalogue import Bound, Facts, find
from mmmie.mi.groups import clustered_error
from mmmie.mi.learned.fitting import Learner, fit_by_steps, one_thread
from mmmie.mi.result import Estimate
from mmmie.mi.rows import RankScores, Standardiser, checked_pairs

Transform = Literal["none", "copula"]


def estimator_class(name: str) -> type[Estimator]:
    """The class of an estimator; capitals and other names are understood, see `find`.

    Raises:
        InputError: no estimator has this name; the message lists those there are.
    """
    kind: type[Estimator] = find(name).load()
    return kind


def check_ranges(learning_rate: float, **counts: int) -> None:
    """Whether counts reach the least that makes sense, and the learning rate is positive.

    Raises:
        InputError: one does not; the message names it.
    """
    for name, value in counts.items():
        least = {"batch_size": 2, "seed": 0}.get(name, 1)
        if value < least:
            raise InputError(f"{name} is {value}; use {least} or more")
    if not 0 < learning_rate < math.inf:
        raise InputError(f"learning_rate is {learning_rate}; use a positive number")


def check_options(
    facts: Facts, transform: str, **kinds: tuple[str | None, tuple[str, ...]]
) -> dict[str, Any]:
    """The options given, as arguments of the class.

    Args:
        facts: of the estimator.
        transform: of the values.
        kinds: option → the kind given, None for the default, and the kinds that there are.

    Raises:
        InputError: one is unknown or not for this estimator.
    """
    if transform not in get_args(Transform):
        raise InputError(f"transform is `{transform}`; use {' or '.join(get_args(Transform))}")
    for name, (given, known) in kinds.items():
        if given is None:
            continue
        if given not in known:
            raise InputError(f"{name} is `{given}`; use {' or '.join(known)}")
        if name not in facts.options:
            raise InputError(f"{facts.name} learns no {name}; leave the option out")
    return {name: given for name, (given, _) in kinds.items() if given is not None}


class Judged(NamedTuple):
    """What an estimator says on pairs that it was not fitted to.

    Attributes:
        parts: (K, P), what `Estimator.combine` makes the value of.
        terms: (N,) nats, what every pair adds to the value.
        evidence: see `Estimator.evidence`.
        std: the standard error, None where it is that of the parts.
    """

    parts: Tensor
    terms: Tensor
    evidence: tuple[Tensor, ...]
    std: float | None = None


class Estimator(Learner, ABC):
    """An estimator of I(x; y) in nats, learned from pairs.

    To add one: write a file with a subclass, and an entry in `mmmie.mi.catalogue`.

    Use on data: `fit` with some pairs, `estimate` with others. Use in an objective: minimise
    `learning_loss` to fit it, and call it for a value that gradients flow through into x and y;
    freeze or detach what is not to be moved. Nothing is cached: a value is always that of the
    present parameters.

    A subclass gives `loss` and `row_terms` for standardised x and y, and whatever else differs.

    Args:
        dim_x: channels of x.
        dim_y: channels of y.
        hidden: width of the networks.

    Attributes:
        facts: its entry in the catalogue: name, title, bound and what it assumes.
        fitted: by `steps` of gradient descent, `once` in closed form, or `never`.
    """

    standardise_x: Standardiser | RankScores
    standardise_y: Standardiser | RankScores
    facts: ClassVar[Facts]
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
        group: Tensor | None = None,
    ) -> Self:
        """Fit to pairs, a fifth of which chooses the step to stop at.

        Args:
            x: (N, dim_x) or (N,) numbers, an array or a tensor.
            y: (N, dim_y) or (N,) numbers; row i belongs to row i of x.
            steps: the most steps of Adam; fewer are taken once nothing improves any more.
            batch_size: pairs per batch.
            learning_rate: the peak of a one-cycle schedule.
            seed: of the batches.
            group: (N,) a number for every pair; those of a group are set aside together.

        Raises:
            InputError: x or y are not finite numbers of these shapes, or an option is out of
                its range.
        """
        check_ranges(learning_rate, steps=steps, batch_size=batch_size, seed=seed)
        start = time.perf_counter()
        rows_x, rows_y = self._pairs(x, y)
        pairs = self.scaled_to(rows_x, rows_y)
        if self.fitted == "once":
            with one_thread():
                self.prepare(*pairs)
        elif self.fitted == "steps":
            fit_by_steps(self, *pairs, steps, batch_size, learning_rate, seed, group)
        self.seed, self.seconds = seed, time.perf_counter() - start
        return self

    def scaled_to(self, x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
        """Take the scaling of x (N, dim_x) and y (N, dim_y) float64, and return them scaled."""
        self.standardise_x.fit(x)
        self.standardise_y.fit(y)
        return self.standardise_x(x), self.standardise_y(y)

    def estimate(self, x: Any, y: Any, *, batch_size: int = 64) -> Estimate:
        """The value on pairs that it was not fitted to, and what it is worth.

        Raises:
            InputError: x or y are not finite numbers of these shapes.
        """
        start = time.perf_counter()
        rows_x, rows_y = self._pairs(x, y)
        found = self.judged(rows_x, rows_y, batch_size)
        return self.summary(
            [found],
            n=len(found.terms) if self.fitted == "never" else len(rows_x),
            batch_size=min(batch_size, len(rows_x)),
            seconds=self.seconds + time.perf_counter() - start,
        )

    def judged(self, x: Tensor, y: Tensor, batch: int, group: Tensor | None = None) -> Judged:
        """What it says on pairs that it was not fitted to, of which some may go together."""
        pairs = self.standardise_x(x), self.standardise_y(y)
        with one_thread(), torch.no_grad():
            self.eval()
            terms = self.batch_terms(*pairs, batch)
            parts = self.all_parts(*pairs, batch) if self._has_parts else terms.mean(1)[:, None]
            return Judged(parts, terms.flatten(), self.evidence(*pairs, batch))

    def summary(
        self,
        judged: list[Judged],
        *,
        n: int,
        batch_size: int,
        seconds: float,
        group: Tensor | None = None,
        **fields: Any,
    ) -> Estimate:
        """The estimate that what was judged makes, of one fold or of several.

        Its error is a jackknife's over batches, or that over groups where this is larger.

        Args:
            judged: of every fold.
            n: pairs that it was fitted to or valued on.
            batch_size: pairs per batch.
            seconds: of fitting and judging.
            group: (N,) a number for every pair of the folds' terms, one after the other.
            fields: further fields of the estimate.
        """
        parts = torch.cat([fold.parts for fold in judged]).double()  # squares may be large
        terms = torch.cat([fold.terms for fold in judged]).double()
        nats, std = self.combine(parts).item(), judged[0].std
        if std is None:
            std = self._jackknife(parts)
            if group is not None:
                std = max(std, clustered_error(terms, group))
        with one_thread(), torch.no_grad():
            evidence = zip(*(fold.evidence for fold in judged), strict=True)
            pooled = tuple(torch.cat(kind) for kind in evidence)
            quality = self.quality(pooled) if pooled else {}
        known = {
            "estimator": self.facts.name,
            "nats": nats,
            "std": std,
            "bound": self.bound,
            "ceiling": self.facts.ceiling(batch_size),
            "seconds": seconds,
            "seed": self.seed,
            "n": n,
            "dim_x": self.dim_x,
            "dim_y": self.dim_y,
            "batch_size": batch_size,
            "assumes": self.assumed(),
            "doubt": self.doubt_of(quality, nats, std) if quality else None,
            "fit": quality,
            "title": self.facts.title,
        }
        return Estimate(**{**known, **fields})

    def value(self, x: Tensor, y: Tensor) -> Tensor:
        """`forward` for standardised x and y."""
        return self.row_terms(x, y).mean()

    @abstractmethod
    def row_terms(self, x: Tensor, y: Tensor) -> Tensor:
        """(B,) nats, what every standardised pair adds to the value, which is their mean."""

    def parts(self, x: Tensor, y: Tensor) -> Tensor:
        """(P,) what `combine` needs from one batch."""
        return self.value(x, y)[None]

    def combine(self, parts: Tensor) -> Tensor:
        """The estimate in nats, a scalar, from the parts (K, P) of K batches."""
        return parts[:, 0].mean()

    @property
    def _has_parts(self) -> bool:
        kind = type(self)
        return kind.combine is not Estimator.combine or kind.value is not Estimator.value

    def batch_terms(self, x: Tensor, y: Tensor, batch: int) -> Tensor:
        """(K, B) `row_terms` of standardised pairs, batch by batch."""
        return torch.stack([self.row_terms(*few) for few in self.batches(x, y, batch)])

    def all_parts(self, x: Tensor, y: Tensor, batch: int) -> Tensor:
        """(K, P) the parts of standardised pairs, batch by batch."""
        return torch.stack([self.parts(*few) for few in self.batches(x, y, batch)])

    def evidence(self, x: Tensor, y: Tensor, batch: int) -> tuple[Tensor, ...]:
        """What `quality` is made of, a row for every pair or batch that it was not fitted to."""
        return ()

    def quality(self, evidence: tuple[Tensor, ...]) -> dict[str, float]:
        """How well the learned part fits, from the evidence of all folds."""
        return {}

    def doubt_of(self, quality: dict[str, float], nats: float, std: float) -> str | None:
        """Why the value should not be believed, None where nothing speaks against it."""
        return None

    @property
    def bound(self) -> Bound:
        """What its expected value is as the estimator is now; see `Facts.bound`."""
        return self.facts.bound

    def assumed(self) -> str | None:
        """What the bound needs as the estimator is now; see `Facts.assumes`."""
        return self.facts.assumes

    def _jackknife(self, parts: Tensor) -> float:
        """The standard error of `combine` over batches, NaN-free: 0 for a single one."""
        k = len(parts)
        if k < 2:
            return 0.0
        if type(self).combine is Estimator.combine:  # of a mean it has a closed form
            return (parts[:, 0].std() / math.sqrt(k)).item()
        whole = torch.arange(k)
        left = torch.stack([self.combine(parts[whole != i]) for i in range(k)])
        return ((k - 1) * left.var(correction=0)).sqrt().item()

    def _pairs(self, x: Any, y: Any) -> tuple[Tensor, Tensor]:
        rows_x, rows_y = checked_pairs(x, y)
        for name, rows, dim in (("x", rows_x, self.dim_x), ("y", rows_y, self.dim_y)):
            if rows.shape[1] != dim:
                raise InputError(f"{name} has {rows.shape[1]} columns; this estimator takes {dim}")
        return rows_x, rows_y
