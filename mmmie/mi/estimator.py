"""What every estimator of mutual information offers."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import ClassVar, Literal

from torch import Tensor, nn

Bound = Literal["lower", "upper", "neither"]


class Estimator(nn.Module, ABC):
    """An estimator of I(x; y) in nats that is learned from pairs.

    To add one: write a file with a subclass, and name the class in `mmmie.mi.registry`.

    Use: `prepare` once with the pairs to fit, minimise `learning_loss` over their batches, then
    call the estimator on batches that it was not fitted to. Nothing is cached: the value is
    always that of the present parameters. Gradients flow into x and y as well, so that the
    estimate can be part of an objective; freeze or detach what is not to be moved.

    Args:
        dim_x: channels of x.
        dim_y: channels of y.
        hidden: width of the networks.

    Attributes:
        name: the key in the registry.
        bound: what the expected value is of I(x; y). An "upper" bound with a learned q(y | x)
            holds as far as q fits.
    """

    name: ClassVar[str]
    bound: ClassVar[Bound]

    def __init__(self, dim_x: int, dim_y: int, hidden: int = 256) -> None:
        super().__init__()
        self.dim_x, self.dim_y, self.hidden = dim_x, dim_y, hidden

    def prepare(self, x: Tensor, y: Tensor) -> None:
        """Take what is of use from all pairs to fit at once: x (N, dim_x) and y (N, dim_y)."""

    @abstractmethod
    def learning_loss(self, x: Tensor, y: Tensor) -> Tensor:
        """What fits critic or q when minimised, a scalar, for x (B, dim_x) and y (B, dim_y)."""

    @abstractmethod
    def forward(self, x: Tensor, y: Tensor) -> Tensor:
        """The estimate in nats, a scalar, for x (B, dim_x) and y (B, dim_y)."""

    @classmethod
    def ceiling(cls, batch_size: int) -> float | None:
        """The largest value in nats that a batch can give, None where there is no such limit."""
        return None
