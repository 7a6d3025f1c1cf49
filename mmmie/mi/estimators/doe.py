"""DoE: the difference of two entropies, each from a learned density."""

from __future__ import annotations

from torch import Tensor

from mmmie.mi.catalogue import CATALOGUE
from mmmie.mi.learned.conditional import ConditionalEstimator, ConditionalKind
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
        self.flow = ConditionalFlow(0, dim_y, hidden) if conditional == "flow" else None

    def loss(self, x: Tensor, y: Tensor) -> Tensor:
        loss = super().loss(x, y)
        return loss if self.flow is None else loss - self.flow.log_density(x, y).mean()

    def log_marginal(self, x: Tensor, y: Tensor) -> Tensor:
        return super().log_marginal(x, y) if self.flow is None else self.flow.log_density(x, y)

    def white(self, x: Tensor, y: Tensor) -> Tensor:
        return super().white(x, y) if self.flow is None else self.flow.residuals(x, y)

    def row_terms(self, x: Tensor, y: Tensor) -> Tensor:
        return self.q.log_density(x, y) - self.log_marginal(x, y)
