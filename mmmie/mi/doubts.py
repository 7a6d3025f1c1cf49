"""Why an estimate should not be believed, whatever the estimator."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from mmmie.mi.result import Estimate
from mmmie.mi.thresholds import LEAST_GROUPS, MOST_INFLATION, NOTHING, SURE, material

_SHARE_APART = 1 / 50
_LEAST_APART = 10


def doubt_of_value(found: Estimate, group: Tensor | None) -> str | None:
    """Of an estimate that is on no side of the truth, and of errors over few groups.

    Args:
        found: the estimate.
        group: (N,) the groups of the pairs that it was valued on, None where there are none.
    """
    if found.bound == "neither" and found.nats < -SURE * found.std - NOTHING:
        return "what x and y share cannot be negative, so what it assumes does not hold"
    if group is not None and (count := len(group.unique())) < LEAST_GROUPS:
        return f"its value and its error rest on {count} groups, which are too few"
    return None


def doubt_of_size(found: Estimate, dim_x: int, dim_y: int) -> str | None:
    """Of a fit with so many columns for its rows that what it misses matters.

    On other rows a regression of dim_y on dim_x columns lacks dim_x dim_y / 2 N nats (Akaike 1974),
    and with a penalty about half of that. A lower bound stays one, however much its fit lacks.

    Args:
        found: the estimate.
        dim_x: columns of x that carry something.
        dim_y: those of y.
    """
    if found.bound == "lower" or not found.fit:
        return None
    lacks = dim_x * dim_y / (4 * found.n)
    if lacks <= material(found.nats, 0) and dim_x + dim_y <= found.n:
        return None
    return (
        f"{found.n} rows are few for {dim_x} columns of x and {dim_y} of y, so that its fit may "
        f"miss {lacks:.2g} nats"
    )


def doubt_of_rows(x: Tensor, y: Tensor) -> str | None:
    """Of pairs (N, dim_x) and (N, dim_y) that are no independent draws.

    Where rows of x and of y resemble the rows next to them, more than those somewhat farther off,
    the pairs are worth fewer than they are: the error of a mean of products is too small by
    (1 + ab) / (1 - ab) in variance for two autoregressions of correlation a and b (Bartlett 1935).
    Rows that are sorted into a few classes do not resemble the next one more than these.
    """
    both = _resemblance(x) * _resemblance(y)
    if (1 + both) / (1 - both) <= MOST_INFLATION**2:
        return None
    return (
        "rows of x and of y resemble the rows next to them, so they are no independent draws; name "
        "what they belong to as groups"
    )


def _resemblance(rows: Tensor) -> float:
    """How much nearer neighbours are than rows some way off: about the correlation of neighbours.

    The mean over columns of 1 less the ratio of mean squared differences; beyond noise, 0 to 1.
    """
    n = len(rows)
    apart = max(_LEAST_APART, int(_SHARE_APART * n))
    if n < 4 * apart:
        return 0.0
    rows = rows / rows.abs().amax(0).clamp_min(torch.finfo(rows.dtype).tiny)
    near = (rows[1:] - rows[:-1]).square().mean(0)
    far = (rows[apart:] - rows[:-apart]).square().mean(0)
    ratios = near[far > 0] / far[far > 0]
    if not len(ratios):
        return 0.0
    return min(max(1 - ratios.mean().item() - SURE * math.sqrt(2 / n), 0.0), 0.999)
