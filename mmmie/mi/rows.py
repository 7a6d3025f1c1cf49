"""From arrays or tensors to checked, standardised or rank-transformed rows."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from scipy.special import ndtri
from torch import Tensor, nn

from mmmie.errors import InputError


def checked_pairs(x: Any, y: Any) -> tuple[Tensor, Tensor]:
    """x and y as float64 (N, dim_x) and (N, dim_y).

    Raises:
        InputError: they are not finite numbers of these shapes, or their rows do not match.
    """
    rows_x, rows_y = checked_rows(x, "x"), checked_rows(y, "y")
    if len(rows_x) != len(rows_y):
        raise InputError(
            f"x has {len(rows_x)} rows and y {len(rows_y)}; give pairs, row i of x with row i of y"
        )
    return torch.from_numpy(rows_x), torch.from_numpy(rows_y)


def without_masked(x: Any, y: Any, groups: Any = None) -> tuple[Any, Any, Any, int]:
    """x, y and groups without the rows in which x or y is masked, and how many these are.

    What is no masked array, or not of N rows, is returned as it is.
    """
    masked = [np.array(np.ma.getmaskarray(s)) for s in (x, y) if np.ma.is_masked(s)]
    if not masked or any(np.ndim(side) not in (1, 2) for side in (x, y)):
        return x, y, groups, 0
    rows = [np.asarray(mask.reshape(len(mask), -1).any(axis=1)) for mask in masked]
    n = rows[0].size
    if any(len(side) != n for side in (x, y, *rows)) or (groups is not None and len(groups) != n):
        return x, y, groups, 0
    kept = ~np.logical_or.reduce(rows)
    x, y = (np.ma.getdata(np.asanyarray(side))[kept] for side in (x, y))
    return x, y, None if groups is None else np.asarray(groups)[kept], int(n - kept.sum())


def normal_scores(rows: Tensor) -> Tensor:
    """The normal quantile of every value's rank in its column, (N, d) float64.

    Undoes any monotone transform of single columns, which leaves mutual information as it is:
    afterwards every column is Gaussian, though not all columns together. Equal values keep
    equal scores.

    Example:
        >>> x = torch.tensor([[1.0], [10.0], [1000.0]], dtype=torch.float64)
        >>> [round(value, 4) for value in normal_scores(x).flatten().tolist()]
        [-0.6745, 0.0, 0.6745]
    """
    from scipy.stats import rankdata  # half a second that no trainer has to wait for

    ranks = rankdata(rows.numpy(), axis=0)
    return torch.from_numpy(ndtri(ranks / (len(rows) + 1)))


LEAST_PAIRS = 16
_FARTHEST = 1e9  # deviations; squares of more leave the range of floats


_KNOTS = 1024


class RankScores(nn.Module):
    """Takes values to the normal quantiles of their ranks; does nothing until it is fitted.

    Ranks are those among the rows that it was fitted to, and straight lines between them. What is
    beyond all of them gets the score of the farthest. A map of single columns that only increases
    loses nothing, and heavy tails or bounds of a column trouble no network behind it.
    """

    fitted: Tensor
    knots: Tensor
    scores: Tensor

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.register_buffer("fitted", torch.tensor(False))
        self.register_buffer("knots", torch.zeros(dim, _KNOTS, dtype=torch.float64))
        self.register_buffer("scores", torch.zeros(dim, _KNOTS, dtype=torch.float64))

    def fit(self, rows: Tensor) -> None:
        """Take ranks from rows (N, dim)."""
        order = rows.argsort(0)
        # of few rows some are taken more than once
        some = torch.linspace(0, len(rows) - 1, _KNOTS).round().long()
        self.knots.copy_(rows.gather(0, order)[some].mT)
        self.scores.copy_(normal_scores(rows).gather(0, order)[some].mT)
        self.fitted.fill_(True)

    def forward(self, rows: Tensor) -> Tensor:
        """Rows (..., dim) as float32."""
        if not self.fitted:
            return rows.float()
        values = rows.to(self.knots).flatten(0, -2).mT.contiguous()
        above = torch.searchsorted(self.knots, values.detach()).clamp(1, _KNOTS - 1)
        low, high = self.knots.gather(1, above - 1), self.knots.gather(1, above)
        # values may be so far apart that their difference is no float
        unit = torch.maximum(low.abs(), high.abs()).clamp_min(torch.finfo(low.dtype).tiny)
        step = (high / unit - low / unit).clamp_min(torch.finfo(low.dtype).tiny)
        share = ((values / unit - low / unit) / step).clamp(0, 1)
        start, end = self.scores.gather(1, above - 1), self.scores.gather(1, above)
        return (start + share * (end - start)).mT.reshape(rows.shape).float()


class Standardiser(nn.Module):
    """Shifts and scales columns to mean 0 and deviation 1; does nothing until it is fitted.

    A column that is constant becomes 0, and so carries no information. Then `turn`, (dim, dim),
    takes columns to others.
    """

    unit: Tensor
    scale: Tensor
    offset: Tensor
    turn: Tensor
    turned: Tensor

    def __init__(self, dim: int) -> None:
        super().__init__()
        # double precision, since a column may be far from 0 for its deviation
        self.register_buffer("unit", torch.ones(dim, dtype=torch.float64))
        self.register_buffer("scale", torch.ones(dim, dtype=torch.float64))
        self.register_buffer("offset", torch.zeros(dim, dtype=torch.float64))
        self.register_buffer("turn", torch.eye(dim, dtype=torch.float64))
        self.register_buffer("turned", torch.tensor(False))

    def fit(self, rows: Tensor) -> None:
        """Take mean and deviation from rows (N, dim)."""
        # squares of very large or small numbers leave the range of floats, so rescale first
        largest = rows.abs().amax(0)
        unit = torch.where(largest > 0, largest, 1)
        mean = (rows / unit).mean(0)
        deviation = (rows / unit).std(0, correction=0)
        varies = (rows.amin(0) != rows.amax(0)) & (deviation > 0)
        per_unit = torch.where(varies, 1 / deviation, 0)
        self.unit.copy_(unit)
        self.scale.copy_(per_unit)
        self.offset.copy_(torch.where(varies, -mean * per_unit, 0))
        self.turn_to(torch.eye(len(unit)).to(rows))

    def turn_to(self, turn: Tensor) -> None:
        """Take columns to others from now on: linear maps of these, turn (dim, dim)."""
        self.turn.copy_(turn)
        self.turned.fill_(not torch.equal(self.turn, torch.eye(len(turn)).to(self.turn)))

    def forward(self, rows: Tensor) -> Tensor:
        """Rows (..., dim) as float32."""
        return self.exact(rows).float()

    def exact(self, rows: Tensor) -> Tensor:
        """Rows (..., dim) in their own precision, in which values that differ stay different."""
        rows = (rows / self.unit * self.scale + self.offset).clamp(-_FARTHEST, _FARTHEST)
        return rows.to(self.turn) @ self.turn if self.turned else rows


def checked_rows(values: Any, name: str) -> np.ndarray:
    """Numbers as float64 (N, d); `name` is what a message calls them.

    Raises:
        InputError: they are not finite numbers of shape (N,) or (N, d).
    """
    if isinstance(values, Tensor):
        values = values.detach().cpu()
        if values.dtype == torch.bfloat16:  # unknown to numpy
            values = values.float()
    if np.ma.is_masked(values):
        row, column = np.argwhere(np.ma.getmaskarray(values).reshape(len(values), -1))[0]
        raise InputError(
            f"{name} is masked in row {row}, column {column}; drop the row or fill it in"
        )
    try:
        array = np.asarray(values)
    except ValueError:
        raise InputError(f"{name} is ragged; give N rows of equal length") from None
    if array.dtype.kind not in "fiub":
        raise InputError(f"{name} has the type {array.dtype}; give real numbers")
    if array.ndim not in (1, 2) or 0 in array.shape:
        raise InputError(f"{name} has shape {array.shape}; give (N,) or (N, d) numbers")
    array = array.astype(np.float64).reshape(len(array), -1)
    bad = np.argwhere(~np.isfinite(array))
    if len(bad):
        row, column = bad[0]
        raise InputError(
            f"{name} is {array[row, column]} in row {row}, column {column}; drop the row or "
            f"put in a finite number"
        )
    return array
