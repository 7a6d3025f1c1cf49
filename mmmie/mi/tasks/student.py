"""Heavy tails: a multivariate Student distribution, split into x and y."""

from __future__ import annotations

import math
from functools import partial

import numpy as np
from scipy.special import digamma, gammaln

from mmmie.errors import InputError
from mmmie.mi.tasks.task import Array, Task, check_dim

# beyond it the four terms of the correction cancel to less than four decimals
_MOST_DEGREES = 1e6


def student_t(dim: int, degrees_of_freedom: float, correlation: float = 0.0) -> Task:
    """x and y from one Student distribution of 2 · dim dimensions.

    All columns are divided by one common chi, so x and y share information about their scale even
    where the dispersion is the identity. With the entropy of a k-dimensional Student,
    h_k = lnΓ(ν/2) - lnΓ((ν+k)/2) + k/2 ln(νπ) + (ν+k)/2 [ψ((ν+k)/2) - ψ(ν/2)] + ½ ln|dispersion|,
    h(x) + h(y) - h(x, y) is the Gaussian part -dim/2 ln(1 - rho²) plus the correction
    f(ν) - 2 f(ν + dim) + f(ν + 2 dim), where f(v) = lnΓ(v/2) - v/2 ψ(v/2).

    Source: the entropy is that of Arellano-Valle, Contreras-Reyes and Genton 2013 (Scandinavian
    Journal of Statistics 40, eq. 7); the task that of Czyż et al. 2023 (arXiv 2306.11078), where
    the identity dispersion is `student-identity`.

    Args:
        dim: dimensions of x and of y.
        degrees_of_freedom: ν; 1 is the Cauchy distribution.
        correlation: rho of the dispersion of each pair (x_k, y_k).

    Raises:
        InputError: dim is below 1, the degrees of freedom are not in (0, 1e6], or the correlation
            is not in [0, 1).

    Example:
        >>> round(student_t(1, 1).mi, 4), round(student_t(5, 2).mi, 4)
        (0.2242, 0.4482)
    """
    check_dim(dim)
    if not 0 < degrees_of_freedom <= _MOST_DEGREES:
        raise InputError(
            f"degrees_of_freedom is {degrees_of_freedom:g}; use more than 0 and up to 1e6"
        )
    if not 0 <= correlation < 1:
        raise InputError(f"correlation is {correlation:g}; use at least 0 and less than 1")
    freedom = f"{degrees_of_freedom:g}"
    name = f"student-identity-{dim}-{dim}-{freedom}"
    if correlation:
        name = f"student-pairs-{dim}-{dim}-{freedom}-{correlation}"
    return Task(
        name=name,
        title=f"Student {dim} × {dim}, {freedom} degrees of freedom",
        mi=-0.5 * dim * math.log1p(-(correlation**2)) + _correction(dim, degrees_of_freedom),
        dim_x=dim,
        dim_y=dim,
        derivation=(
            f"One Student distribution of {2 * dim} dimensions, with v = {freedom} degrees of "
            "freedom, is split into x and y, which share its scale. From its entropies, I is that "
            "of Gaussians with the same dispersion plus f(v) - 2 f(v + d) + f(v + 2d) with f(u) = "
            "ln Gamma(u/2) - u/2 digamma(u/2)."
        ),
        draw=partial(_draw, dim=dim, degrees=degrees_of_freedom, correlation=correlation),
    )


def _correction(dim: int, degrees: float) -> float:
    half = 0.5 * (degrees + dim * np.arange(3))
    terms = gammaln(half) - half * digamma(half)
    return float(terms @ [1.0, -2.0, 1.0])


def _draw(
    random: np.random.Generator, n: int, *, dim: int, degrees: float, correlation: float
) -> tuple[Array, Array]:
    x, y = random.standard_normal((2, n, dim))
    y = correlation * x + math.sqrt(1 - correlation**2) * y
    scale = np.sqrt(random.chisquare(degrees, (n, 1)) / degrees)
    return x / scale, y / scale
