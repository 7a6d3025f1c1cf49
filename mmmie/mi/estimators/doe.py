"""DoE: the difference of two entropies, each from a learned density."""

from __future__ import annotations

from torch import Tensor

from mmmie.mi.catalogue import CATALOGUE
from mmmie.mi.closed.normality import beyond_noise, distance_from_normal, doubt_of_normality
from mmmie.mi.learned.conditional import ConditionalEstimator, ConditionalKind, MarginalGaussian
from mmmie.mi.learned.flow import ConditionalFlow


def doe(log_conditional: Tensor, log_marginal: Tensor) -> Tensor:
    """H(y) - H(y | x), both as cross-entropies: the mean of log q(y | x) - log q(y).

    Each cross-entropy is too large by how badly its density fits, and nothing says which of the
    errors is larger: neither a lower nor an upper bound.

    Source: McAllester and Stratos 2020 (arXiv 1811.04251).

    Args:
        log_conditional: (..., B) log q(y_i | x_i).
        log_marginal: (..., B) log q(y_i).

    Returns:
        (...) nats.

    Example:
        >>> import torch
        >>> doe(torch.tensor([-1.0, -2.0]), torch.tensor([-3.0, -3.0])).item()
        1.5
    """
    return (log_conditional - log_marginal).mean(-1)


class DoE(ConditionalEstimator):
    """DoE with a learned q(y | x) and a q(y) of the same family: Gaussian, or a flow."""

    facts = CATALOGUE["doe"]

    def __init__(
        self, dim_x: int, dim_y: int, hidden: int = 256, conditional: ConditionalKind = "gaussian"
    ) -> None:
        super().__init__(dim_x, dim_y, hidden, conditional)
        self.marginal = (
            MarginalGaussian(dim_y)
            if conditional == "gaussian"
            else ConditionalFlow(0, dim_y, hidden)
        )

    def prepare(self, x: Tensor, y: Tensor) -> None:
        if isinstance(self.marginal, MarginalGaussian):
            self.marginal.fit(y)

    def loss(self, x: Tensor, y: Tensor) -> Tensor:
        loss = super().loss(x, y)
        if isinstance(self.marginal, ConditionalFlow):
            return loss - self.marginal.log_density(x, y).mean()
        return loss

    def value(self, x: Tensor, y: Tensor) -> Tensor:
        if isinstance(self.marginal, ConditionalFlow):
            marginal = self.marginal.log_density(x, y)
        else:
            marginal = self.marginal.log_density(y) + self.marginal.excess
        return doe(self.q.log_density(x, y), marginal)

    def quality(self, x: Tensor, y: Tensor, batch: int) -> dict[str, float]:
        """As of every learned q; with a Gaussian q(y) also the `distance` of y from one."""
        found = super().quality(x, y, batch)
        if isinstance(self.marginal, MarginalGaussian):
            found["distance"] = beyond_noise(distance_from_normal(y), y)
        return found

    def doubt_of(self, quality: dict[str, float], nats: float, std: float) -> str | None:
        doubt = doubt_of_normality(quality.get("distance", 0.0), "y")
        return doubt or super().doubt_of(quality, nats, std)
