"""A conditional density of any shape, where a Gaussian is not enough."""

from __future__ import annotations

from torch import Tensor, nn

from mmmie.errors import InputError

_TRANSFORMS = 3
_MOST_HIDDEN = 64


class ConditionalFlow(nn.Module):
    """A learned q(y | x): a neural spline flow, by the package `zuko` (the extra `flow`).

    Source: Durkan et al. 2019 (arXiv 1906.04032).

    Args:
        dim_x: channels of x, 0 for a marginal q(y).
        dim_y: channels of y.
        hidden: width of the networks, at most 64.

    Raises:
        InputError: zuko is not installed.
    """

    def __init__(self, dim_x: int, dim_y: int, hidden: int) -> None:
        super().__init__()
        try:
            from zuko.flows import NSF
        except ImportError:
            raise InputError(
                'a flow needs the package zuko; install it with `pip install "mmmie[flow]"`'
            ) from None
        width = min(hidden, _MOST_HIDDEN)
        self.dim_x = dim_x
        self.flow = NSF(dim_y, dim_x, transforms=_TRANSFORMS, hidden_features=(width, width))

    def start(self, x: Tensor, y: Tensor) -> None:
        """A flow starts near the identity; there is nothing to take from the data."""

    def log_density(self, x: Tensor, y: Tensor) -> Tensor:
        """log q(y_i | x_i): (...), in nats, for x (..., dim_x) and y (..., dim_y)."""
        return self._given(x).log_prob(y)

    def pairwise(self, x: Tensor, y: Tensor) -> Tensor:
        """log q(y_j | x_i): (B, B), in nats."""
        batch = len(x)
        given = x[:, None].expand(batch, batch, -1).flatten(0, 1)
        points = y[None].expand(batch, batch, -1).flatten(0, 1)
        return self.log_density(given, points).unflatten(0, (batch, batch))

    def residuals(self, x: Tensor, y: Tensor) -> Tensor:
        """(B, dim_y) y in the base space of the flow, standard normal where q fits."""
        return self._given(x).transform(y)

    def _given(self, x: Tensor):  # type: ignore[no-untyped-def]
        return self.flow(x if self.dim_x else None)
