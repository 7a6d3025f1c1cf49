"""Families of tasks of known information that the library does not contain.

Mixtures, manifolds, classes, counts, copulas and odd noise, with parameters that are drawn. Where
there is no closed form, `mi` is a mean of ln p(x, y) / p(x) p(y) over many draws, right to about a
hundredth of a nat.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

import numpy as np
from scipy.special import gammaln, logsumexp, ndtri

from mmmie.mi.tasks import Task
from mmmie.mi.tasks.task import Array, Draw

_DRAWS = 100_000
_VALUED, _COMPARED = 3000, 20_000
_CHUNK = 100

Random = np.random.Generator
LogDensity = Callable[[Array, Array], Array]
"""ln p(y_j | x_i) of x (N, 1, dim_x) and y (1, M, dim_y): (N, M)."""


def _task(name: str, mi: float, draw: Draw) -> Task:
    x, y = draw(np.random.default_rng(0), 2)
    return Task(name, name, mi, x.shape[1], y.shape[1], "see mi_outside.py", draw)


def _through(name: str, draw: Draw, log_density: LogDensity) -> Task:
    """A channel whose density is known: E ln p(y | x) less that of its mean over other x."""
    x, y = draw(np.random.default_rng(1), _VALUED)
    others = draw(np.random.default_rng(2), _COMPARED)[0][:, None]
    terms = []
    for start in range(0, _VALUED, _CHUNK):
        few = y[None, start : start + _CHUNK]
        own = log_density(x[start : start + _CHUNK, None], few).diagonal()
        # with its own x among the others, at which alone the density is never nothing
        sums = np.logaddexp(logsumexp(log_density(others, few), axis=0), own)
        terms.append(own - sums + math.log(_COMPARED + 1))
    return _task(name, float(np.concatenate(terms).mean()), draw)


def _plus_noise(
    name: str,
    draw_x: Callable[[Random, int], Array],
    mean: Callable[[Array], Array],
    spread: Callable[[Array], Array] | float,
    noise: str = "normal",
) -> Task:
    """y = mean(x) + spread(x) × independent noise in every column."""

    def scale(x: Array) -> Array:
        return spread(x) if callable(spread) else np.full((*x.shape[:-1], 1), spread)

    def draw(random: Random, n: int) -> tuple[Array, Array]:
        x = draw_x(random, n)
        centre = mean(x)
        return x, centre + scale(x) * _NOISES[noise][0](random, centre.shape)

    def log_density(x: Array, y: Array) -> Array:
        wide = scale(x)
        each = _NOISES[noise][1]((y - mean(x)) / wide) - np.log(wide)
        return np.asarray(each.sum(-1))

    return _through(name, draw, log_density)


_NOISES: dict[str, tuple[Callable[..., Array], Callable[[Array], Array]]] = {
    "normal": (
        lambda random, shape: random.standard_normal(shape),
        lambda e: -0.5 * e**2 - 0.5 * math.log(2 * math.pi),
    ),
    "laplace": (lambda random, shape: random.laplace(size=shape), lambda e: -abs(e) - math.log(2)),
    "exponential": (
        lambda random, shape: random.exponential(size=shape),
        lambda e: np.where(e >= 0, -e, -np.inf),
    ),
    "student": (  # of three degrees of freedom
        lambda random, shape: random.standard_t(3, shape),
        lambda e: -2 * np.log1p(e**2 / 3) + math.log(2 / (math.pi * math.sqrt(3))),
    ),
    "two humps": (
        lambda random, shape: random.choice([-1, 1], shape) + 0.3 * random.standard_normal(shape),
        lambda e: (
            np.logaddexp(-((e - 1) ** 2) / 0.18, -((e + 1) ** 2) / 0.18)
            - math.log(2 * 0.3 * math.sqrt(2 * math.pi))
        ),
    ),
}


def _normals(dim: int) -> Callable[[Random, int], Array]:
    return lambda random, n: random.standard_normal((n, dim))


def _mixture(name: str, share: Array, centres: Array, spreads: Array, dim_x: int) -> Task:
    """A mixture of Gaussians over (x, y): centres (K, d) and covariances (K, d, d)."""
    factors = np.linalg.cholesky(spreads)

    def draw(random: Random, n: int) -> tuple[Array, Array]:
        part = random.choice(len(share), n, p=share)
        noise = random.standard_normal((n, centres.shape[1]))
        rows = centres[part] + np.einsum("nij,nj->ni", factors[part], noise)
        return rows[:, :dim_x], rows[:, dim_x:]

    def density(rows: Array, columns: slice) -> Array:
        parts = []
        for weight, centre, spread in zip(share, centres, spreads, strict=True):
            factor = np.linalg.cholesky(spread[columns, columns])
            white = np.linalg.solve(factor, (rows[:, columns] - centre[columns]).T)
            least = np.log(np.diag(factor)).sum() + 0.5 * len(factor) * math.log(2 * math.pi)
            parts.append(math.log(weight) - 0.5 * np.square(white).sum(0) - least)
        return np.asarray(logsumexp(parts, axis=0))

    rows = np.hstack(draw(np.random.default_rng(1), _DRAWS))
    sides = density(rows, slice(dim_x)) + density(rows, slice(dim_x, None))
    return _task(name, float((density(rows, slice(None)) - sides).mean()), draw)


def _covariance(random: Random, dim: int, nearly: int) -> Array:
    """Of columns that correlate, less so with a larger `nearly`."""
    loads = random.standard_normal((dim, dim + nearly))
    full = loads @ loads.T
    deviation = np.sqrt(np.diag(full))
    return np.asarray(full / np.outer(deviation, deviation))


def _dims(random: Random, most: int) -> tuple[int, int]:
    return int(random.integers(1, most + 1)), int(random.integers(1, most + 1))


def gaussians(random: Random, name: str) -> Task:
    """x and y jointly Gaussian, all columns correlated."""
    dim_x, dim_y = _dims(random, 5)
    full = _covariance(random, dim_x + dim_y, 3)
    return _mixture(name, np.ones(1), np.zeros((1, len(full))), full[None], dim_x)


def bent(random: Random, name: str) -> Task:
    """The same through a rising function of every column."""
    plain = gaussians(random, name)
    bends = [np.exp, lambda v: v**3, np.cbrt, np.tanh, lambda v: np.log1p(np.exp(3 * v))]
    at = random.choice(len(bends), 2)

    def draw(random: Random, n: int) -> tuple[Array, Array]:
        x, y = plain.draw(random, n)
        return np.asarray(bends[at[0]](x)), np.asarray(bends[at[1]](y))

    return _task(name, plain.mi, draw)


def embedded(random: Random, name: str) -> Task:
    """A Gaussian pair, each side of it on a curve that bends through several dimensions."""
    rho = random.uniform(0.5, 0.9)
    turns = random.uniform(0.8, 2.5, 2)

    def curve(t: Array, turn: float) -> Array:
        return np.hstack([np.cos(turn * t), np.sin(turn * t), 0.5 * t])

    def draw(random: Random, n: int) -> tuple[Array, Array]:
        x, noise = random.standard_normal((2, n, 1))
        return curve(x, turns[0]), curve(rho * x + math.sqrt(1 - rho**2) * noise, turns[1])

    return _task(name, -0.5 * math.log(1 - rho**2), draw)


def clusters(random: Random, name: str) -> Task:
    """Two to four Gaussians in different places."""
    dim_x, dim_y = _dims(random, 3)
    count, dim = int(random.integers(2, 5)), dim_x + dim_y
    centres = random.uniform(0.5, 2.5) * random.standard_normal((count, dim))
    spreads = np.stack([_covariance(random, dim, 3) for _ in range(count)])
    return _mixture(name, random.dirichlet(np.full(count, 3.0)), centres, spreads, dim_x)


def crossed(random: Random, name: str) -> Task:
    """Two Gaussians in one place, of other signs."""
    dim, rho = int(random.integers(1, 4)), random.uniform(0.6, 0.95)
    signs = np.stack([np.ones(dim), random.choice([-1.0, 1.0], dim)])
    signs[1, 0] = -1
    unit = np.eye(dim)
    spreads = np.stack(
        [np.block([[unit, rho * np.diag(s)], [rho * np.diag(s), unit]]) for s in signs]
    )
    return _mixture(name, np.full(2, 0.5), np.zeros((2, 2 * dim)), spreads, dim)


def loudness(random: Random, name: str) -> Task:
    """x and y share how large they are, and perhaps a direction."""
    dim_x, dim_y = _dims(random, 3)
    scales = np.geomspace(1, random.uniform(3, 10), 4) ** 2
    full = np.eye(dim_x + dim_y)
    if random.random() < 0.5:
        full = _covariance(random, dim_x + dim_y, 6)
    spreads = scales[:, None, None] * full
    return _mixture(name, np.full(4, 0.25), np.zeros((4, len(full))), spreads, dim_x)


def waves(random: Random, name: str) -> Task:
    """y is a sum of waves of x, plus noise."""
    dim_x, dim_y = _dims(random, 2)
    frequency = random.uniform(1, 3) * random.standard_normal((3, dim_x, dim_y))
    phase = random.uniform(0, 2 * math.pi, (3, dim_y))

    def mean(x: Array) -> Array:
        return np.asarray(sum(np.sin(x @ f + p) for f, p in zip(frequency, phase, strict=True)))

    return _plus_noise(name, _normals(dim_x), mean, random.uniform(0.2, 0.6))


def growing(random: Random, name: str) -> Task:
    """The noise of y grows with x, and its mean may not depend on it."""
    slope, least, grows = (
        random.choice([0.0, 1.0]),
        random.uniform(0.1, 0.5),
        random.uniform(0.3, 1),
    )
    return _plus_noise(
        name,
        _normals(1),
        lambda x: slope * x[..., :1],
        lambda x: least + grows * abs(x[..., :1]),
    )


def odd_noise(random: Random, name: str) -> Task:
    """y is x plus noise that is not Gaussian."""
    dim = int(random.integers(1, 3))
    noise = str(random.choice(sorted(set(_NOISES) - {"normal"})))
    return _plus_noise(name, _normals(dim), lambda x: x, random.uniform(0.3, 1.0), noise)


def product(random: Random, name: str) -> Task:
    """y is x1 x2, or the sign of it, plus noise: nothing in x1 or x2 alone."""
    sign = random.random() < 0.5

    def mean(x: Array) -> Array:
        both = x[..., :1] * x[..., 1:]
        return np.sign(both) if sign else both

    return _plus_noise(name, _normals(2), mean, random.uniform(0.3, 0.8))


def round_things(random: Random, name: str) -> Task:
    """x lies on a circle or a sphere, and y goes round several times on the way."""
    dim, times = int(random.integers(2, 4)), int(random.integers(1, 4))

    def draw_x(random: Random, n: int) -> Array:
        x = random.standard_normal((n, dim))
        return np.asarray(x / np.linalg.norm(x, axis=1, keepdims=True))

    def mean(x: Array) -> Array:
        angle = times * np.arctan2(x[..., 1], x[..., 0])
        return np.stack([np.cos(angle), np.sin(angle)], -1)

    return _plus_noise(name, draw_x, mean, random.uniform(0.2, 0.6))


def copulas(random: Random, name: str) -> Task:
    """Clayton's or Frank's copula with margins that may be Gaussian."""
    clayton, theta = random.random() < 0.5, random.uniform(1.5, 6)
    margins = [ndtri, lambda u: -np.log1p(-u), lambda u: u]
    at = random.choice(3, 2)

    def draw_uniform(random: Random, n: int) -> tuple[Array, Array]:
        u, w = random.uniform(1e-9, 1 - 1e-9, (2, n, 1))
        if clayton:
            return u, (u**-theta * (w ** (-theta / (1 + theta)) - 1) + 1) ** (-1 / theta)
        part = np.exp(-theta * u)
        return u, -np.log1p(w * math.expm1(-theta) / (w + (1 - w) * part)) / theta

    def log_density(u: Array, v: Array) -> Array:
        if clayton:
            both = np.log(u**-theta + v**-theta - 1)
            return math.log1p(theta) - (1 + theta) * np.log(u * v) - (2 + 1 / theta) * both
        below = -np.expm1(-theta)
        rest = below - np.expm1(-theta * u) * np.expm1(-theta * v)
        return np.asarray(math.log(theta * below) - theta * (u + v) - 2 * np.log(rest))

    def draw(random: Random, n: int) -> tuple[Array, Array]:
        u, v = draw_uniform(random, n)
        v = v.clip(1e-12, 1 - 1e-12)
        return np.asarray(margins[at[0]](u)), np.asarray(margins[at[1]](v))

    u, v = draw_uniform(np.random.default_rng(1), _DRAWS)
    return _task(name, float(log_density(u, v).mean()), draw)


def classes(random: Random, name: str) -> Task:
    """A class and a Gaussian around its centre, as x and y or the other way."""
    count, dim, swap = int(random.integers(2, 6)), int(random.integers(1, 4)), random.random() < 0.5
    centres = random.uniform(0.7, 2.0) * random.standard_normal((count, dim))

    def draw_x(random: Random, n: int) -> Array:
        return random.integers(0, count, (n, 1)).astype(float)

    found = _plus_noise(
        name, draw_x, lambda x: centres[x[..., 0].astype(int)], random.uniform(0.5, 1.0)
    )
    return _task(name, found.mi, lambda r, n: found.draw(r, n)[::-1]) if swap else found


def counts(random: Random, name: str) -> Task:
    """y counts at a rate x, and is 0 in a share of rows (Gao et al. 2017)."""
    silent, rate = random.choice([0.0, 0.15, 0.4]), random.uniform(0.5, 4)

    def draw(random: Random, n: int) -> tuple[Array, Array]:
        x = random.exponential(rate, (n, 1))
        return x, np.where(random.random((n, 1)) < silent, 0, random.poisson(x)).astype(float)

    def log_density(x: Array, y: Array) -> Array:
        x, y = x[..., 0], y[..., 0]
        counted = y * np.log(x) - x - gammaln(y + 1) + math.log(1 - silent)
        return np.where(y == 0, np.logaddexp(counted, math.log(max(silent, 1e-300))), counted)

    return _through(name, draw, log_density)


def silence(random: Random, name: str) -> Task:
    """Both are 0 together in a share of rows, and correlated Gaussians otherwise."""
    share, rho = random.uniform(0.1, 0.6), random.uniform(0.3, 0.9)

    def draw(random: Random, n: int) -> tuple[Array, Array]:
        x, noise = random.standard_normal((2, n, 1))
        y = rho * x + math.sqrt(1 - rho**2) * noise
        silent = random.random((n, 1)) < share
        return np.where(silent, 0, x), np.where(silent, 0, y)

    entropy = -share * math.log(share) - (1 - share) * math.log(1 - share)
    return _task(name, entropy - (1 - share) * 0.5 * math.log(1 - rho**2), draw)


FAMILIES: dict[str, Callable[[Random, str], Task]] = {
    family.__name__: family
    for family in (
        gaussians,
        bent,
        embedded,
        clusters,
        crossed,
        loudness,
        waves,
        growing,
        odd_noise,
        product,
        round_things,
        copulas,
        classes,
        counts,
        silence,
    )
}


def outside(members: int) -> Iterator[Task]:
    """So many members of every family, named ``family.number``."""
    for number, (name, family) in enumerate(FAMILIES.items()):
        for member in range(members):
            yield family(np.random.default_rng([number, member]), f"{name}.{member}")
