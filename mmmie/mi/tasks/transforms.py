"""The same information in another shape: maps of x and of y that can be undone."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
from scipy.special import ndtr

from mmmie.errors import InputError
from mmmie.mi.tasks.normal import bivariate_normal
from mmmie.mi.tasks.task import Array, Draw, Task

Map = Callable[[Array], Array]

_SPIRAL_SPEED = 1 / 3
_ROLL_SCALE = 21.0
_HALVINGS = 60


@dataclass(frozen=True)
class _Transform:
    title: str
    of_x: Map
    of_y: Map
    sentence: str
    least_dims: tuple[int, int] = (1, 1)


def _same(v: Array) -> Array:
    return v


def _cube(v: Array) -> Array:
    return v**3


def _half_cube(v: Array) -> Array:
    return v * np.sqrt(np.abs(v))


def _wiggly_x(v: Array) -> Array:
    # the slope is at least 1 - 0.4 - 0.34 - 0.099 > 0
    return v + 0.4 * np.sin(v) + 0.2 * np.sin(1.7 * v + 1) + 0.03 * np.sin(3.3 * v - 2.5)


def _wiggly_y(v: Array) -> Array:
    # the slope is at least 1 - 0.16 - 0.221 - 0.086 > 0
    return v - 0.4 * np.sin(0.4 * v) + 0.17 * np.sin(1.3 * v + 3.5) + 0.02 * np.sin(4.3 * v - 2.5)


def _spiral(v: Array, first: int) -> Array:
    """Turn each row in the plane of two neighbouring columns, by its squared length / 3."""
    angle = _SPIRAL_SPEED * np.square(v).sum(-1)
    one, two = v[:, first], v[:, first + 1]
    turned = v.copy()
    turned[:, first] = np.cos(angle) * one - np.sin(angle) * two
    turned[:, first + 1] = np.sin(angle) * one + np.cos(angle) * two
    return turned


_TRANSFORMS = {
    "cubic": _Transform("y cubed", _same, _cube, "y goes through v^3"),
    "half-cube": _Transform(
        "half-cubed", _half_cube, _half_cube, "x and y go through sign(v) |v|^(3/2)"
    ),
    "asinh": _Transform("asinh", np.arcsinh, np.arcsinh, "x and y go through asinh"),
    "normal-cdf": _Transform("normal CDF", ndtr, ndtr, "x and y go through the normal CDF"),
    "wiggly": _Transform(
        "wiggly", _wiggly_x, _wiggly_y, "x and y go through increasing sums of sines"
    ),
    "spiral": _Transform(
        "spiral",
        partial(_spiral, first=0),
        partial(_spiral, first=1),
        "x and y are turned in a plane by an angle that grows with their length",
        least_dims=(2, 3),
    ),
}

TRANSFORMS = tuple(_TRANSFORMS)
"""The names that `transformed` knows."""


def transformed(task: Task, name: str) -> Task:
    """A task whose x and y are bent by maps that can be undone, which leaves I unchanged.

    I(f(x); g(y)) = I(x; y) for one-to-one f and g, since neither loses nor adds anything. What
    changes is the shape: every estimator with a Gaussian q breaks.

    - "cubic": y³, x stays as it is.
    - "half-cube": sign(v) |v|^(3/2), for longer tails.
    - "asinh": for shorter tails.
    - "normal-cdf": Φ(v), which makes standard normals uniform.
    - "wiggly": v plus three sines that leave it increasing, others for x than for y.
    - "spiral": a turn by ‖v‖²/3 radians, x in the plane of its columns 0 and 1, y in that of its
      columns 1 and 2. The length stays, so the turn can be undone.

    All but "cubic" act on both x and y. I is unchanged as far as float64 tells the values apart.

    Source: all but "cubic" are those of Czyż et al. 2023 (arXiv 2306.11078).

    Args:
        task: the task to bend.
        name: one of `TRANSFORMS`.

    Returns:
        A task with the transform in front of the name, with `_` for `-`.

    Raises:
        InputError: the name is unknown, or x or y has too few columns for a spiral.

    Example:
        >>> transformed(bivariate_normal(), "normal-cdf").name
        'normal_cdf-1v1-normal-0.75'
    """
    if name not in _TRANSFORMS:
        raise InputError(f"transform `{name}` is unknown; use one of {', '.join(TRANSFORMS)}")
    how = _TRANSFORMS[name]
    least_x, least_y = how.least_dims
    if task.dim_x < least_x or task.dim_y < least_y:
        raise InputError(
            f"`{task.name}` has {task.dim_x} and {task.dim_y} dimensions; a {name} needs {least_x} "
            f"in x and {least_y} in y"
        )
    return Task(
        name=f"{name.replace('-', '_')}-{task.name}",
        title=f"{task.title}, {how.title}",
        mi=task.mi,
        dim_x=task.dim_x,
        dim_y=task.dim_y,
        derivation=f"{task.derivation} Then {how.sentence}, which can be undone, so I stays.",
        draw=partial(_draw_through, draw=task.draw, of_x=how.of_x, of_y=how.of_y),
    )


def bimodal(correlation: float = 0.75) -> Task:
    """Two normals of the given correlation, each stretched until it has two modes.

    x becomes 0.3 N(0, 1) + 0.7 N(5, 1) and y 0.5 N(-1, 1) + 0.5 N(3, 1), through the inverse of
    the mixture's distribution function after Φ. Both maps increase, so I = -½ ln(1 - rho²) stays.

    Source: the task `1v1-bimodal` of Czyż et al. 2023 (arXiv 2306.11078).

    Raises:
        InputError: the correlation is not in [0, 1).

    Example:
        >>> round(bimodal().mi, 4)
        0.4133
    """
    base = bivariate_normal(correlation)
    return Task(
        name=f"1v1-bimodal-{correlation}",
        title="Two modes 1 × 1",
        mi=base.mi,
        dim_x=1,
        dim_y=1,
        derivation=(
            f"{base.derivation} Then x and y go through increasing maps that give each of them two "
            "modes, which can be undone, so I stays."
        ),
        draw=partial(
            _draw_through,
            draw=base.draw,
            of_x=partial(_to_mixture, weight=0.3, centres=(0.0, 5.0)),
            of_y=partial(_to_mixture, weight=0.5, centres=(-1.0, 3.0)),
        ),
    )


def swissroll(correlation: float = 0.75) -> Task:
    """Two uniform variables that go together, x rolled up in the plane.

    x and y are normals of the given correlation after the normal CDF. x is then laid along the
    curve (t cos t, t sin t) / 21 with t = 3π/2 (1 + 2x). Its distance from the origin grows with
    x, so x can be read off it and I = -½ ln(1 - rho²) stays.

    Source: the Swiss roll of Czyż et al. 2023 (arXiv 2306.11078).

    Raises:
        InputError: the correlation is not in [0, 1).

    Example:
        >>> task = swissroll()
        >>> task.dim_x, task.dim_y, round(task.mi, 4)
        (2, 1, 0.4133)
    """
    base = transformed(bivariate_normal(correlation), "normal-cdf")
    return Task(
        name=f"swissroll_x-{base.name}",
        title="Swiss roll 2 × 1",
        mi=base.mi,
        dim_x=2,
        dim_y=1,
        derivation=(
            f"{base.derivation} Last, x is laid along a spiral in the plane, where it can be read "
            "off the distance from the centre, so I stays again."
        ),
        draw=partial(_draw_through, draw=base.draw, of_x=_roll, of_y=_same),
    )


def _draw_through(
    random: np.random.Generator, n: int, *, draw: Draw, of_x: Map, of_y: Map
) -> tuple[Array, Array]:
    x, y = draw(random, n)
    return of_x(x), of_y(y)


def _roll(v: Array) -> Array:
    angle = 1.5 * math.pi * (1 + 2 * v)
    return np.hstack([angle * np.cos(angle), angle * np.sin(angle)]) / _ROLL_SCALE


def _to_mixture(z: Array, weight: float, centres: tuple[float, float]) -> Array:
    """Standard normal z to weight N(first, 1) + (1 - weight) N(second, 1), by halving."""
    wanted = ndtr(z)
    first, second = centres
    # a mixture's quantile lies between those of its two parts
    low, high = z + first, z + second
    for _ in range(_HALVINGS):
        middle = 0.5 * (low + high)
        below = weight * ndtr(middle - first) + (1 - weight) * ndtr(middle - second) < wanted
        low, high = np.where(below, middle, low), np.where(below, high, middle)
    return 0.5 * (low + high)
