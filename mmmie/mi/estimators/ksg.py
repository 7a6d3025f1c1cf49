"""KSG: mutual information from distances to nearest neighbours, without any model."""

from __future__ import annotations

import math

import numpy as np
import torch
from scipy.spatial.distance import cdist
from scipy.special import digamma
from torch import Tensor

from mmmie.mi.catalogue import CATALOGUE
from mmmie.mi.estimator import Estimator

NEIGHBOURS = 5
MOST_ROWS = 5000
"""Time grows with the square of the pairs; of more than this, the first are taken."""

_CHUNK = 256
_JITTER = 1e-9


def ksg(x: Tensor, y: Tensor, neighbours: int = NEIGHBOURS) -> Tensor:
    """The terms whose mean is the first estimator of Kraskov, Stögbauer and Grassberger.

    ψ(k) + ψ(N) - ψ(n_x + 1) - ψ(n_y + 1) for every pair, where n_x and n_y count the points
    nearer in x and in y than its k-th neighbour in both, by the largest coordinate difference.
    In many dimensions distances say little and the value is far too low.

    Source: Kraskov et al. 2004 (arXiv cond-mat/0305641), equation 8.

    Args:
        x: (N, dim_x), columns of like scale.
        y: (N, dim_y).
        neighbours: k.

    Returns:
        (N,) nats.

    Example:
        >>> x = torch.linspace(0, 1, 100)[:, None]
        >>> bool(ksg(x, x).mean() > 2)
        True
    """
    rows_x, rows_y = _without_ties(x, seed=0), _without_ties(y, seed=1)
    n = len(rows_x)
    if n == 1:
        return torch.zeros(1, dtype=torch.float64)
    k = min(neighbours, n - 1)
    nearer = np.empty((2, n))
    for start in range(0, n, _CHUNK):
        rows = slice(start, start + _CHUNK)
        apart_x = cdist(rows_x[rows], rows_x, "chebyshev")
        apart_y = cdist(rows_y[rows], rows_y, "chebyshev")
        both = np.maximum(apart_x, apart_y)
        reach = np.partition(both, k, axis=1)[:, k : k + 1]  # the nearest is the point itself
        nearer[0, rows] = (apart_x < reach).sum(1)
        nearer[1, rows] = (apart_y < reach).sum(1)
    # the point itself is among those counted, which is the + 1 of the formula
    terms = digamma(k) + digamma(n) - digamma(nearer[0]) - digamma(nearer[1])
    return torch.from_numpy(terms)


class KSG(Estimator):
    """KSG on all pairs: it fits nothing, so nothing need be held out."""

    facts = CATALOGUE["ksg"]
    fitted = "never"

    def value(self, x: Tensor, y: Tensor) -> Tensor:
        return ksg(x, y).mean() if len(x) > 1 else x.new_zeros(())

    def all_parts(self, x: Tensor, y: Tensor, batch: int) -> Tensor:
        return ksg(x[:MOST_ROWS], y[:MOST_ROWS])[:, None]

    def quality(self, x: Tensor, y: Tensor, batch: int) -> dict[str, float]:
        """Nothing is fitted: `dimensions` of x and y together, which is what it suffers from."""
        return {"dimensions": float(self.dim_x + self.dim_y)}

    def doubt_of(self, quality: dict[str, float], nats: float, std: float) -> str | None:
        if quality["dimensions"] > (self.facts.most_dimensions or math.inf):
            return (
                f"in {quality['dimensions']:.0f} dimensions neighbours are far away, and its "
                f"value far too low where much is shared"
            )
        return None


def _without_ties(rows: Tensor, seed: int) -> np.ndarray:
    """Rows (N, d) float64, moved so little that only equal ones change their order."""
    array = rows.detach().cpu().numpy().astype(np.float64)
    spread = np.maximum(array.std(0), math.ulp(1.0))
    noise = np.random.default_rng(seed).standard_normal(array.shape)
    return array + _JITTER * spread * noise
