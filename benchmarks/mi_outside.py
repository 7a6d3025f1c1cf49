"""Tasks of known information that the library does not contain: mixtures, manifolds, classes.

Where there is no closed form, `mi` is a mean of ln p(x, y) / p(x) p(y) over many draws, or an
integral over a grid, right to the third digit.
"""

from __future__ import annotations

import math

import numpy as np
from scipy.special import logsumexp

from mmmie.mi.tasks import Task
from mmmie.mi.tasks.task import Array, Draw

_DRAWS = 200_000


def _task(name: str, mi: float, draw: Draw) -> Task:
    x, y = draw(np.random.default_rng(0), 2)
    return Task(name, name, mi, x.shape[1], y.shape[1], "see mi_outside.py", draw)


def _log_normal(rows: Array, mean: Array, covariance: Array) -> Array:
    """Log-density of rows (N, d) under N(mean, covariance)."""
    factor = np.linalg.cholesky(covariance)
    white = np.linalg.solve(factor, (rows - mean).T)
    d = len(mean)
    constant = np.log(np.diag(factor)).sum() + 0.5 * d * math.log(2 * math.pi)
    return -0.5 * np.square(white).sum(0) - constant


def mixture(
    name: str, weights: list[float], means: list[list[float]], covariances: list[Array], dim_x: int
) -> Task:
    """A mixture of Gaussians over (x, y); the first `dim_x` columns are x."""
    centres, share = np.array(means), np.array(weights)

    def draw(random: np.random.Generator, n: int) -> tuple[Array, Array]:
        part = random.choice(len(share), n, p=share)
        factors = np.array([np.linalg.cholesky(each) for each in covariances])
        noise = random.standard_normal((n, centres.shape[1]))
        rows = centres[part] + np.einsum("nij,nj->ni", factors[part], noise)
        return rows[:, :dim_x], rows[:, dim_x:]

    def density(rows: Array, columns: slice) -> Array:
        parts = [
            math.log(weight) + _log_normal(rows[:, columns], mean[columns], full[columns, columns])
            for weight, mean, full in zip(weights, centres, covariances, strict=True)
        ]
        return np.asarray(logsumexp(parts, axis=0))

    rows = np.hstack(draw(np.random.default_rng(1), _DRAWS))
    whole = slice(None)
    terms = density(rows, whole) - density(rows, slice(dim_x)) - density(rows, slice(dim_x, None))
    return _task(name, float(terms.mean()), draw)


def noisy(name: str, curve: Draw, spread: float, dim_y: int) -> Task:
    """y is a curve of x plus Gaussian noise; I = h(y) - h(noise), with h(y) from many draws.

    For one column of y: its density is integrated on a grid of the curve's values.
    """

    def draw(random: np.random.Generator, n: int) -> tuple[Array, Array]:
        x, mean = curve(random, n)
        return x, mean + spread * random.standard_normal((n, dim_y))

    _, means = curve(np.random.default_rng(1), 4000)
    _, values = draw(np.random.default_rng(2), 4000)
    squares = np.square(values[:, None] - means[None]).sum(-1) / (2 * spread**2)
    log_p = logsumexp(-squares, axis=1) - math.log(len(means))
    # both densities have the same normaliser, and h(noise) less it is dim_y / 2
    return _task(name, float(-log_p.mean() - dim_y / 2), draw)


def classes(name: str, means: list[list[float]], spread: float, *, swap: bool) -> Task:
    """A class of equal shares and a Gaussian around its centre, as x and y or the other way."""
    centres = np.array(means)

    def draw(random: np.random.Generator, n: int) -> tuple[Array, Array]:
        part = random.integers(0, len(centres), n)
        rows = centres[part] + spread * random.standard_normal((n, centres.shape[1]))
        label = part[:, None].astype(float)
        return (rows, label) if swap else (label, rows)

    random = np.random.default_rng(1)
    part = random.integers(0, len(centres), _DRAWS)
    rows = centres[part] + spread * random.standard_normal((_DRAWS, centres.shape[1]))
    squares = -np.square(rows[:, None] - centres[None]).sum(-1) / (2 * spread**2)
    own = squares[np.arange(_DRAWS), part]
    terms = own - logsumexp(squares, axis=1) + math.log(len(centres))
    return _task(name, float(terms.mean()), draw)


def zero_inflated() -> Task:
    """x is exponential; y is Poisson of x, and 0 in 15 of 100 rows (Gao et al. 2017)."""

    def draw(random: np.random.Generator, n: int) -> tuple[Array, Array]:
        x = random.exponential(1.0, (n, 1))
        return x, np.where(random.random((n, 1)) < 0.15, 0, random.poisson(x)).astype(float)

    grid = np.linspace(0.0005, 40, 80_000)
    weight = np.exp(-grid) * (grid[1] - grid[0])
    weight /= weight.sum()
    counts = np.arange(60)
    factorial = np.array([math.lgamma(k + 1) for k in counts])
    p = 0.85 * np.exp(-grid[:, None] + counts * np.log(grid[:, None]) - factorial)
    p[:, 0] += 0.15
    marginal = weight @ p
    inside = np.where(p > 0, p * np.log(np.where(p > 0, p, 1) / marginal), 0).sum(1)
    return _task("zero-inflated Poisson", float(weight @ inside), draw)


def silence(share: float, correlation: float) -> Task:
    """Both are 0 together in a share of rows, and correlated normals otherwise."""
    rho = correlation

    def draw(random: np.random.Generator, n: int) -> tuple[Array, Array]:
        x, noise = random.standard_normal((2, n, 1))
        y = rho * x + math.sqrt(1 - rho**2) * noise
        silent = random.random((n, 1)) < share
        return np.where(silent, 0, x), np.where(silent, 0, y)

    entropy = -share * math.log(share) - (1 - share) * math.log(1 - share)
    return _task(f"silence {share}", entropy - (1 - share) * 0.5 * math.log(1 - rho**2), draw)


def xor(noise: float) -> Task:
    """y is the sign of x1 x2 plus noise: nothing in x1 or x2 alone."""

    def curve(random: np.random.Generator, n: int) -> tuple[Array, Array]:
        x = random.standard_normal((n, 2))
        return x, np.sign(x[:, :1] * x[:, 1:])

    return noisy(f"xor {noise}", curve, noise, 1)


def _sine(random: np.random.Generator, n: int) -> tuple[Array, Array]:
    x = random.uniform(-1, 1, (n, 1))
    return x, np.sin(6 * x)


def _circle(random: np.random.Generator, n: int) -> tuple[Array, Array]:
    """x lies on a circle, and y goes up and down twice on the way round."""
    angle = random.uniform(0, 2 * math.pi, (n, 1))
    return np.hstack([np.cos(angle), np.sin(angle)]), np.cos(2 * angle)


def _sphere(random: np.random.Generator, n: int) -> tuple[Array, Array]:
    """x lies on a sphere, y on a torus knot of two of its angles."""
    x = random.standard_normal((n, 3))
    x /= np.linalg.norm(x, axis=1, keepdims=True)
    angle = np.arctan2(x[:, 1], x[:, 0])
    return x, np.stack([np.cos(2 * angle), np.sin(2 * angle)], 1)


def _curve(random: np.random.Generator, n: int) -> tuple[Array, Array]:
    """A line in eight dimensions that bends, x and y on it."""
    t = random.uniform(-1, 1, (n, 1))
    waves = np.arange(1, 5)
    return np.sin(waves * t * 2), np.cos(waves * t * 2)


def _block(rho: float, d: int = 1) -> Array:
    unit = np.eye(d)
    return np.block([[unit, rho * unit], [rho * unit, unit]])


OUTSIDE = (
    mixture("two clusters", [0.5, 0.5], [[-2, -2], [2, 2]], [_block(0.0), _block(0.0)], 1),
    mixture("cross", [0.5, 0.5], [[0, 0], [0, 0]], [_block(0.9), _block(-0.9)], 1),
    mixture(
        "four corners",
        [0.3, 0.2, 0.2, 0.3],
        [[-2, -2], [-2, 2], [2, -2], [2, 2]],
        [_block(0.5), _block(-0.5), _block(0.0), _block(0.8)],
        1,
    ),
    mixture(
        "narrow and wide", [0.7, 0.3], [[0] * 4, [0] * 4], [_block(0.6, 2), 9 * _block(0.2, 2)], 2
    ),
    mixture(
        "clusters in 6 + 6",
        [0.4, 0.3, 0.3],
        [[0] * 12, [2] * 12, [2, -2] * 6],
        [_block(0.5, 6)] * 3,
        6,
    ),
    noisy("sine", _sine, 0.3, 1),
    noisy("circle", _circle, 0.2, 1),
    noisy("sphere to circle", _sphere, 0.4, 2),
    noisy("curve in 4 + 4", _curve, 0.3, 4),
    xor(0.7),
    classes("class to point", [[-1.5], [0.0], [2.0]], 0.7, swap=False),
    classes("point to class", [[0, 0], [2, 0], [0, 2], [2, 2]], 0.8, swap=True),
    zero_inflated(),
    silence(0.3, 0.7),
)
