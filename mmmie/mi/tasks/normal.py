"""Jointly Gaussian tasks: equal correlations, a few strong pairs, everything with everything."""

from __future__ import annotations

import dataclasses
import math
from functools import partial

import numpy as np

from mmmie.errors import InputError
from mmmie.mi.tasks.task import Array, Task, check_dim

# beyond it y - rho x is lost in the rounding of float64
_MOST_NATS_PER_DIMENSION = 12


class GaussianTask(Task):
    """`dim` pairs (x_k, y_k) of equal correlation, with the exact conditional and critic."""

    @property
    def noise_variance(self) -> float:
        """Variance of each y_k given x, which is 1 - rho²."""
        return math.exp(-2 * self.mi / self.dim_x)

    @property
    def correlation(self) -> float:
        """rho of each pair."""
        return _correlation(self.mi / self.dim_x)

    def conditional(self, x: Array) -> tuple[Array, Array]:
        """Mean and log-variance of p(y | x), a Gaussian with a diagonal covariance.

        Args:
            x: (..., dim).

        Returns:
            (..., dim) each.
        """
        return self.correlation * x, np.full_like(x, math.log(self.noise_variance))

    def log_ratio(self, x: Array, y: Array) -> Array:
        """The optimal critic, log p(y_j | x_i) / p(y_j), for every x against every y.

        Per dimension it is -½ ln(1 - rho²) - (rho² (x² + y²) - 2 rho x y) / (2 (1 - rho²)).

        Args:
            x: (..., N, dim).
            y: (..., M, dim).

        Returns:
            (..., N, M) nats, entry [i, j] compares x_i with y_j.

        Example:
            >>> task = gaussian(20, 6)
            >>> x, y = task.sample(1000, seed=0)
            >>> bool(abs(task.log_ratio(x, y).diagonal().mean() - 6) < 0.5)
            True
        """
        rho = self.correlation
        squares = np.square(x).sum(-1)[..., :, None] + np.square(y).sum(-1)[..., None, :]
        products = x @ np.swapaxes(y, -1, -2)
        return self.mi - (rho**2 * squares - 2 * rho * products) / (2 * self.noise_variance)


def gaussian(dim: int, mi: float) -> GaussianTask:
    """`dim` independent pairs of standard normals, each of correlation rho.

    A pair has -½ ln(1 - rho²) nats and independent pairs add up, so that
    rho = sqrt(1 - exp(-2 I / dim)) gives I.

    Args:
        dim: dimensions of x and of y.
        mi: I(x; y) in nats.

    Raises:
        InputError: dim is below 1, or mi is negative or more than 12 nats per dimension.

    Example:
        >>> round(gaussian(20, 6).correlation, 4)
        0.6717
    """
    check_dim(dim)
    most = _MOST_NATS_PER_DIMENSION * dim
    if not 0 <= mi <= most:
        raise InputError(f"mi is {mi:g} nats in {dim} dimensions; use 0 to {most}")
    return GaussianTask(
        name=f"gaussian-{dim}-{np.format_float_positional(mi, trim='-')}",
        title=f"Gaussian {dim} × {dim}",
        mi=float(mi),
        dim_x=dim,
        dim_y=dim,
        derivation=(
            "Independent pairs of standard normals with one correlation rho: a pair has "
            "-1/2 ln(1 - rho^2) nats, and d pairs have d times that. Here rho = "
            f"sqrt(1 - exp(-2 I / d)) = {_correlation(mi / dim):.4f}."
        ),
        draw=partial(_draw_pairs, dim=dim, paired=dim, nats=mi / dim),
    )


def bivariate_normal(correlation: float = 0.75) -> GaussianTask:
    """Two standard normals of the given correlation; I = -½ ln(1 - rho²).

    Source: the task `1v1-normal` of Czyż et al. 2023 (arXiv 2306.11078).

    Raises:
        InputError: the correlation is not in [0, 1).

    Example:
        >>> round(bivariate_normal(0.75).mi, 4)
        0.4133
    """
    if not 0 <= correlation < 1:
        raise InputError(f"correlation is {correlation:g}; use at least 0 and less than 1")
    task = gaussian(1, -0.5 * math.log1p(-(correlation**2)))
    return dataclasses.replace(task, name=f"1v1-normal-{correlation}")


def sparse_multinormal(dim: int, pairs: int = 2, strength: float = 2.0) -> Task:
    """Standard normals of which only the first `pairs` of x and y go together.

    x_k and y_k of such a pair are strength · z_k plus unit noise of their own, scaled to variance
    1, so rho = strength² / (1 + strength²) and I = -pairs/2 · ln(1 - rho²), whatever `dim` is: the
    other columns say nothing.

    Source: the task `multinormal-sparse` of Czyż et al. 2023 (arXiv 2306.11078).

    Args:
        dim: dimensions of x and of y.
        pairs: correlated pairs among them.
        strength: weight of the shared part, in standard deviations of the noise.

    Raises:
        InputError: dim is below 1, pairs are not 0 to dim, or the strength is not in [0, 100].

    Example:
        >>> round(sparse_multinormal(5).mi, 4), round(sparse_multinormal(25).mi, 4)
        (1.0217, 1.0217)
    """
    check_dim(dim)
    if not 0 <= pairs <= dim:
        raise InputError(f"pairs is {pairs}; use 0 to {dim}, the dimensions")
    if not 0 <= strength <= 100:
        raise InputError(f"strength is {strength:g}; use 0 to 100")
    rho = strength**2 / (1 + strength**2)
    nats = -0.5 * math.log1p(-(rho**2))
    return Task(
        name=f"multinormal-sparse-{dim}-{dim}-{pairs}-{float(strength)}",
        title=f"Sparse Gaussian {dim} × {dim}",
        mi=pairs * nats,
        dim_x=dim,
        dim_y=dim,
        derivation=(
            f"Standard normals, independent but for {pairs} pairs (x_k, y_k) of correlation rho = "
            f"s^2 / (1 + s^2) = {rho:.4f}: I = -k/2 ln(1 - rho^2) with k = {pairs}, whatever the "
            "number of dimensions."
        ),
        draw=partial(_draw_pairs, dim=dim, paired=pairs, nats=nats),
    )


def dense_multinormal(dim: int, off_diagonal: float = 0.5) -> Task:
    """Standard normals of which every two have the same correlation r.

    The covariance of k of them has the determinant (1 - r)^(k-1) (1 + (k-1) r), so that
    ½ ln(|Cov x| |Cov y| / |Cov xy|) = ½ ln[(1 + (d-1) r)² / ((1 - r) (1 + (2d-1) r))].

    Source: the task `multinormal-dense` of Czyż et al. 2023 (arXiv 2306.11078).

    Args:
        dim: dimensions of x and of y.
        off_diagonal: r.

    Raises:
        InputError: dim is below 1, or r is not in [0, 1).

    Example:
        >>> [round(dense_multinormal(dim).mi, 4) for dim in (5, 25, 50)]
        [0.5928, 1.2922, 1.6243]
    """
    check_dim(dim)
    r = float(off_diagonal)
    if not 0 <= r < 1:
        raise InputError(f"off_diagonal is {r:g}; use at least 0 and less than 1")
    inside, together = 1 + (dim - 1) * r, 1 + (2 * dim - 1) * r
    return Task(
        name=f"multinormal-dense-{dim}-{dim}-{r}",
        title=f"Dense Gaussian {dim} × {dim}",
        mi=math.log(inside) - 0.5 * math.log((1 - r) * together),
        dim_x=dim,
        dim_y=dim,
        derivation=(
            f"Standard normals, every two of correlation r = {r:g}. I = 1/2 ln(det Cov(x) "
            "det Cov(y) / det Cov(x, y)), which is 1/2 ln((1 + (d-1) r)^2 / ((1 - r) "
            "(1 + (2d-1) r)))."
        ),
        draw=partial(_draw_dense, dim=dim, off_diagonal=r),
    )


def _correlation(nats: float) -> float:
    return math.sqrt(-math.expm1(-2 * nats))


def _draw_pairs(
    random: np.random.Generator, n: int, *, dim: int, paired: int, nats: float
) -> tuple[Array, Array]:
    """Standard normals; the first `paired` columns have `nats` each in common."""
    x, y = random.standard_normal((2, n, dim))
    y[:, :paired] *= math.exp(-nats)
    y[:, :paired] += _correlation(nats) * x[:, :paired]
    return x, y


def _draw_dense(
    random: np.random.Generator, n: int, *, dim: int, off_diagonal: float
) -> tuple[Array, Array]:
    """One normal shared by all columns, plus each column's own."""
    own = random.standard_normal((n, 2 * dim))
    shared = random.standard_normal((n, 1))
    both = math.sqrt(off_diagonal) * shared + math.sqrt(1 - off_diagonal) * own
    return both[:, :dim], both[:, dim:]
