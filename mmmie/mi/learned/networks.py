"""The networks that critics and conditionals are made of."""

from __future__ import annotations

from torch import Tensor, nn

_NARROWING = 4


def residual_mlp(dim_in: int, dim_out: int, hidden: int) -> nn.Sequential:
    """An MLP of two hidden layers that starts at zero: (..., dim_in) → (..., dim_out).

    What it is added to starts as it is. The second layer is narrower: most of the time would
    go into it.
    """
    narrow = max(hidden // _NARROWING, 1)
    last = nn.Linear(narrow, dim_out)
    nn.init.zeros_(last.weight)
    nn.init.zeros_(last.bias)
    return nn.Sequential(
        nn.Linear(dim_in, hidden), nn.SiLU(), nn.Linear(hidden, narrow), nn.SiLU(), last
    )


class SkipMLP(nn.Module):
    """A linear map plus an MLP: (..., dim_in) → (..., dim_out).

    The linear part fits jointly Gaussian data from the first steps, and the MLP, which starts at
    zero, adds what is not linear.
    """

    def __init__(self, dim_in: int, dim_out: int, hidden: int) -> None:
        super().__init__()
        self.linear = nn.Linear(dim_in, dim_out)
        self.deep = residual_mlp(dim_in, dim_out, hidden)

    def forward(self, x: Tensor) -> Tensor:
        return self.linear(x) + self.deep(x)
