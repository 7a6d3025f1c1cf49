"""KSG: mutual information from distances to nearest neighbours, without any model."""

from __future__ import annotations

import math

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.spatial import cKDTree
from scipy.spatial.distance import cdist
from scipy.special import digamma
from torch import Tensor

from mmmie.mi.catalogue import CATALOGUE
from mmmie.mi.estimator import Estimator, Judged
from mmmie.mi.rows import Standardiser, normal_scores
from mmmie.mi.thresholds import material

NEIGHBOURS = 5
MOST_ROWS = 5000
"""Time grows with the square of the pairs; of more than this, some are taken at random."""

_CHUNK = 256
_MOST_IN_A_TREE = 2  # dimensions of a side, beyond which comparing all with all is as fast
_INSIDE = 1 - 1e-10
_PARTS = 8
_LEAST_IN_A_PART = 50
_TURNS = (7919, 104729)  # primes, so that rows are dealt out evenly

Rows = NDArray[np.float64]


def ksg(x: Tensor, y: Tensor, neighbours: int = NEIGHBOURS, group: Tensor | None = None) -> Tensor:
    """The terms whose mean is the first estimator of Kraskov, Stögbauer and Grassberger.

    ψ(k) + ψ(N) - ψ(n_x + 1) - ψ(n_y + 1) for every pair, where n_x and n_y count the points
    nearer in x and in y than its k-th neighbour in both, by the largest coordinate difference.
    In many dimensions distances say little and the value is far too low.

    Where more than k points are as near as the k-th, such as in an atom or a class, they all count:
    k is then the points within that distance in both, and n_x + 1 and n_y + 1 those within it in x
    and in y, each with the point itself. An atom is a neighbour of its own points alone. So x and y
    may be discrete, continuous, or both in turn.

    Source: Kraskov et al. 2004 (arXiv cond-mat/0305641), equation 8; for ties, Gao et al. 2017
    (arXiv 1709.06212), algorithm 1.

    Args:
        x: (N, dim_x), columns of like scale.
        y: (N, dim_y).
        neighbours: k.
        group: (N,) numbers; neighbours are sought in other groups alone.

    Returns:
        (N,) nats.

    Example:
        >>> x = torch.linspace(0, 1, 100)[:, None]
        >>> bool(ksg(x, x).mean() > 2)
        True
        >>> classes = torch.arange(90)[:, None] % 3
        >>> bool((ksg(classes, classes).mean() - math.log(3)).abs() < 0.02)
        True
    """
    rows_x, rows_y = (side.detach().cpu().numpy().astype(np.float64) for side in (x, y))
    n = len(rows_x)
    if n == 1:
        return torch.zeros(1, dtype=torch.float64)
    k = min(neighbours, n - 1)
    if group is None and _in_a_tree(rows_x) and _in_a_tree(rows_y):
        return torch.from_numpy(_by_trees(rows_x, rows_y, k))
    return torch.from_numpy(_by_all(rows_x, rows_y, k, None if group is None else group.numpy()))


def _in_a_tree(rows: Rows) -> bool:
    return rows.shape[1] <= _MOST_IN_A_TREE and all(
        len(np.unique(column)) == len(column) for column in rows.T
    )


def _by_trees(x: Rows, y: Rows, k: int) -> Rows:
    both = np.hstack([x, y])
    reach = cKDTree(both).query(both, k=[k + 1], p=np.inf)[0][:, 0] * _INSIDE
    near_x, near_y = (_within(side, reach) for side in (x, y))
    return np.asarray(digamma(k) + digamma(len(x)) - digamma(near_x) - digamma(near_y))


def _within(rows: Rows, reach: Rows) -> NDArray[np.int64]:
    """How many of rows (N, d) are within reach (N,) of each, itself included."""
    if rows.shape[1] > 1:
        tree = cKDTree(rows)
        return np.asarray(tree.query_ball_point(rows, reach, p=np.inf, return_length=True))
    column = rows[:, 0]
    ordered = np.sort(column)
    above = np.searchsorted(ordered, column + reach, side="right")
    return above - np.searchsorted(ordered, column - reach, side="left")


def _by_all(x: Rows, y: Rows, k: int, group: NDArray[np.int64] | None) -> Rows:
    n = len(x)
    terms = np.empty(n)
    atoms = [_atoms(side, k) for side in (x, y)]
    for start in range(0, n, _CHUNK):
        rows = slice(start, start + _CHUNK)
        apart = [cdist(side[rows], side, "chebyshev") for side in (x, y)]
        for distances, atom in zip(apart, atoms, strict=True):
            # however near, an atom is no part of the density of others; nan is within no distance
            distances[:, atom] = np.where(distances[:, atom] > 0, np.nan, 0)
        count = np.full(len(apart[0]), n)
        if group is not None:
            own = group[rows, None] == group[None]
            own[np.arange(len(own)), np.arange(start, start + len(own))] = False
            for distances in apart:
                distances[own] = np.nan
            count -= own.sum(1)
        both = np.maximum(*apart)
        reach = np.partition(both, k, axis=1)[:, k]  # the nearest is the point itself
        reach = np.where(np.isnan(reach), np.inf, reach)
        found = (both <= reach[:, None]).sum(1)
        tied = (found > k + 1) | np.isinf(reach)
        # up to where counts are taken: short of the k-th neighbour, or with all that are as near
        upto = np.where(tied, reach, np.nextafter(reach, 0))[:, None]
        near_x, near_y = ((distances <= upto).sum(1) for distances in apart)
        counted = np.where(tied, found, k)
        terms[rows] = digamma(counted) + digamma(count) - digamma(near_x) - digamma(near_y)
    return terms


def _atoms(rows: Rows, k: int) -> NDArray[np.bool_]:
    """Which of rows (N, d) have more than k copies."""
    _, place, copies = np.unique(rows, axis=0, return_inverse=True, return_counts=True)
    return np.asarray(copies[place.reshape(-1)] > k + 1)


class KSG(Estimator):
    """KSG on all pairs: it fits nothing, so nothing need be held out."""

    standardise_x: Standardiser
    standardise_y: Standardiser
    facts = CATALOGUE["ksg"]
    fitted = "never"

    def row_terms(self, x: Tensor, y: Tensor) -> Tensor:
        return ksg(x, y)

    def judged(self, x: Tensor, y: Tensor, batch: int, group: Tensor | None = None) -> Judged:
        """As of every estimator, of at most `MOST_ROWS` pairs; batches are of no matter."""
        with torch.no_grad():
            x, y = self.standardise_x.exact(x[:MOST_ROWS]), self.standardise_y.exact(y[:MOST_ROWS])
            group = None if group is None else group[:MOST_ROWS]
            whole = _Sample(x, y, group)
            terms = whole.terms()
            return Judged(terms[:, None], terms, whole.evidence(terms), whole.error(terms))

    def evidence(self, x: Tensor, y: Tensor, batch: int) -> tuple[Tensor, ...]:
        whole = _Sample(x, y, None)
        return whole.evidence(whole.terms())

    def quality(self, evidence: tuple[Tensor, ...]) -> dict[str, float]:
        """Nothing is fitted.

        Returns:
            `dimensions` of x and y together, which is what it suffers from.
            `missing`: nats that more pairs would add, going by what it says of fewer, and
            `gained by ranks`: nats that ranks would add; both left out in many dimensions.
        """
        found = {"dimensions": float(self.dim_x + self.dim_y)}
        if len(evidence[0]):
            found["missing"], found["gained by ranks"] = evidence[0][0].tolist()
        return found

    def doubt_of(self, quality: dict[str, float], nats: float, std: float) -> str | None:
        if "missing" not in quality:
            return (
                f"in {quality['dimensions']:.0f} dimensions neighbours are far away, and its "
                f"value far too low where much is shared"
            )
        missing, gained = quality["missing"], quality["gained by ranks"]
        if missing + gained <= material(nats, std):
            return None
        if gained > missing:
            return (
                f"on ranks it finds about {gained:.2f} nats more, as with heavy tails; use the "
                f"copula transform"
            )
        return (
            f"its value still rises with the number of pairs, and about {missing:.2f} nats may be "
            f"missing"
        )


class _Sample:
    """Standardised pairs, of which parts are taken: x (N, dim_x), y (N, dim_y), group (N,)."""

    def __init__(self, x: Tensor, y: Tensor, group: Tensor | None) -> None:
        self.x, self.y, self.group = x, y, group
        rows = torch.arange(len(x))
        # groups stay whole
        self.place = rows if group is None else group.unique(return_inverse=True)[1]
        self.places = int(self.place.max()) + 1

    def terms(self) -> Tensor:
        """Those of `ksg`."""
        return ksg(self.x, self.y, group=self.group)

    def parts(self, count: int, turn: int = 1) -> list[_Sample]:
        """Parts that have no row in common; another prime `turn` deals rows out differently."""
        dealt = self.place * turn % self.places * count // self.places
        return [self._some(dealt == part) for part in range(count)]

    def evidence(self, terms: Tensor) -> tuple[Tensor, ...]:
        """(1, 2) nats that more pairs and that ranks would add; nothing in many dimensions."""
        most = KSG.facts.most_dimensions or math.inf
        if self.x.shape[1] + self.y.shape[1] > most:
            return (torch.zeros(0, 2),)
        return (torch.tensor([[self.missing(terms), self.gained_by_ranks()]]),)

    def missing(self, terms: Tensor) -> float:
        """Nats that the value is short of, as neighbours are not near enough.

        The density changes within their reach, and what that costs goes with the square of it: with
        N to the power of minus 2 over the dimensions. It is extrapolated from quarters.
        """
        if self.places < 4 * _LEAST_IN_A_PART:
            return 0.0
        quarters = torch.stack([part.terms().mean() for part in self.parts(4, _TURNS[0])])
        per_halving = ((terms.mean() - quarters.mean()) / 2).item()
        return max(per_halving, 0.0) / (2 ** (2 / (self.x.shape[1] + self.y.shape[1])) - 1)

    def gained_by_ranks(self) -> float:
        """Nats by which the value is larger on normal scores of half of the pairs."""
        if self.places < 2 * _LEAST_IN_A_PART:
            return 0.0
        half = self.parts(2)[0]
        ranked = _Sample(normal_scores(half.x), normal_scores(half.y), half.group)
        return max((ranked.terms().mean() - half.terms().mean()).item(), 0.0)

    def error(self, terms: Tensor) -> float:
        """The standard error of the mean, from values on parts that have no row in common.

        Terms go together, since neighbours are each other's; the variance of the whole is that of a
        part over the number of parts (Holmes and Nemenman 2019, arXiv 1903.09280).
        """
        n = len(terms)
        count = min(_PARTS, n // (2 * _LEAST_IN_A_PART), self.places)
        if count < 2:
            return 2 * (terms.std() / math.sqrt(n)).item() if n > 1 else 0.0
        variances = []
        for turn in _TURNS:
            values = [part.terms().mean() for part in self.parts(count, turn)]
            variances.append(torch.stack(values).var() / count)
        # the root of a variance of so few values is too small on average
        return (torch.stack(variances).mean().sqrt() * (1 + 1 / (4 * (count - 1)))).item()

    def _some(self, own: Tensor) -> _Sample:
        return _Sample(self.x[own], self.y[own], None if self.group is None else self.group[own])
