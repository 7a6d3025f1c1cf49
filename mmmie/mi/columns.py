"""Which columns carry something of their own."""

from __future__ import annotations

import numpy as np
import torch
from scipy.linalg.lapack import dpstrf
from torch import Tensor

_LEAST_OWN = 1e-10  # of a column's variance


def own_columns(rows: Tensor) -> Tensor:
    """The columns of rows (N, d) that are neither constant nor linear in the others: (K,) int64.

    Of columns that determine each other, such as those of a one-hot code, the last are left out.
    With fewer rows than columns all would be linear in the others: then none is left out for it.

    Example:
        >>> x = torch.randn(50, 2, dtype=torch.float64)
        >>> own_columns(torch.cat([x, x.sum(1, keepdim=True), torch.ones(50, 1)], 1)).tolist()
        [0, 1]
    """
    varies = torch.nonzero((rows != rows[0]).any(0)).flatten()
    n, d = len(rows), len(varies)
    if d < 2 or d >= n:
        return varies
    some = rows[:, varies]
    some = some / some.abs().amax(0)  # squares of very large numbers leave the range of floats
    some = some - some.mean(0)
    some = some / some.square().mean(0).sqrt().clamp_min(torch.finfo(some.dtype).tiny)
    gram = (some.mT @ some / n).numpy()
    # of columns alike the first is kept: the pivot is the largest, and these grow by a hair
    order = 1 + 1e-9 * np.arange(d, 0, -1)
    _, pivots, rank, _ = dpstrf(gram * np.sqrt(np.outer(order, order)), tol=_LEAST_OWN * d)
    return varies[torch.from_numpy(np.sort(pivots[:rank] - 1).astype(np.int64))]
