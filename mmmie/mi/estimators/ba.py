"""BA: a lower bound from a conditional density and the entropy of y."""

from __future__ import annotations

import torch
from torch import Tensor

from mmmie.mi.catalogue import CATALOGUE, Bound
from mmmie.mi.learned.conditional import ConditionalEstimator, ConditionalKind


def ba(log_density: Tensor, entropy: float | Tensor) -> Tensor:
    """The Barber-Agakov bound: H(y) plus the mean of log q(y | x) over joint pairs.

    A lower bound for every q, exact where q(y | x) = p(y | x).

    Source: Barber and Agakov 2003; I_BA of Poole et al. 2019 (arXiv 1905.06922).

    Args:
        log_density: (..., B) log q(y_i | x_i).
        entropy: differential entropy of y, in nats.

    Returns:
        (...) nats.

    Example:
        >>> import torch
        >>> round(ba(torch.tensor([-1.0, -2.0]), 2.5).item(), 4)
        1.0
    """
    return entropy + log_density.mean(-1)


class BA(ConditionalEstimator):
    """BA with a learned q(y | x).

    A lower bound whatever q is, but only with the entropy of y. Where that is not known it is
    taken from a Gaussian with the covariance of y, which has the largest entropy of all: then
    the value can exceed the truth.

    The log-density of that Gaussian is also a control variate: its mean over held-out pairs is
    replaced by that over the pairs fitted, which takes away much of the noise.

    Args:
        entropy: H(y) in nats, of y as it is given to `fit`; None where it is not known.
    """

    facts = CATALOGUE["ba"]

    excess_entropy: Tensor

    def __init__(
        self,
        dim_x: int,
        dim_y: int,
        hidden: int = 256,
        conditional: ConditionalKind = "gaussian",
        entropy: float | None = None,
    ) -> None:
        super().__init__(dim_x, dim_y, hidden, conditional)
        self.entropy = entropy
        self.register_buffer("excess_entropy", torch.tensor(0.0))

    def prepare(self, x: Tensor, y: Tensor) -> None:
        super().prepare(x, y)
        if self.entropy is not None:
            of_y = self.standardise_y
            varies = of_y.scale > 0
            per_unit = of_y.scale[varies].log() - of_y.unit[varies].log()
            turned = torch.linalg.slogdet(of_y.turn).logabsdet
            self.excess_entropy.fill_(self.entropy + (per_unit.sum() + turned).item())

    def row_terms(self, x: Tensor, y: Tensor) -> Tensor:
        log_density = self.q.log_density(x, y)
        if self.entropy is not None:
            return log_density + self.excess_entropy
        return log_density - self.log_marginal(x, y)

    @property
    def bound(self) -> Bound:
        """Neither, unless the entropy of y was given."""
        return "neither" if self.entropy is None else "lower"

    def assumed(self) -> str | None:
        return self.facts.assumes if self.entropy is None else None
