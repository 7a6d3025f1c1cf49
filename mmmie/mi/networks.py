"""The network that critics and conditionals are made of."""

from __future__ import annotations

from torch import Tensor, nn


class SkipMLP(nn.Module):
    """A linear map plus a two-layer MLP: (..., dim_in) → (..., dim_out).

    The MLP starts at zero. The linear part fits jointly Gaussian data from the first steps, and
    the MLP adds what is not linear.
    """

    def __init__(self, dim_in: int, dim_out: int, hidden: int) -> None:
        super().__init__()
        self.linear = nn.Linear(dim_in, dim_out)
        last = nn.Linear(hidden, dim_out, bias=False)
        nn.init.zeros_(last.weight)
        self.deep = nn.Sequential(
            nn.Linear(dim_in, hidden), nn.GELU(), nn.Linear(hidden, hidden), nn.GELU(), last
        )

    def forward(self, x: Tensor) -> Tensor:
        return self.linear(x) + self.deep(x)
