"""A uniform variable seen through uniform noise."""

from __future__ import annotations

import math
from functools import partial

import numpy as np

from mmmie.errors import InputError
from mmmie.mi.tasks.task import Array, Task


def additive_uniform_noise(epsilon: float) -> Task:
    """x uniform on (0, 1), y = x + noise uniform on (-epsilon, epsilon).

    y has a trapezoid as its density. The sum of two independent uniforms of widths a ≥ b has the
    entropy ln a + b / (2a), and y given x has ln(2 epsilon), so that I = h(y) - h(y | x) is
    epsilon - ln(2 epsilon) up to epsilon = ½ and 1 / (4 epsilon) from there on.

    Source: the task `1v1-additive` of Czyż et al. 2023 (arXiv 2306.11078).

    Args:
        epsilon: half the width of the noise.

    Raises:
        InputError: epsilon is not a positive number.

    Example:
        >>> round(additive_uniform_noise(0.1).mi, 4)
        1.7094
    """
    if not 0 < epsilon < math.inf:
        raise InputError(f"epsilon is {epsilon:g}; use a positive number")
    width = 2 * epsilon
    wide, narrow = max(1.0, width), min(1.0, width)
    return Task(
        name=f"1v1-additive-{epsilon}",
        title="Uniform plus uniform noise",
        mi=math.log(wide / width) + narrow / (2 * wide),
        dim_x=1,
        dim_y=1,
        derivation=(
            "x is uniform on (0, 1) and y is x plus noise uniform on (-e, e), with e = "
            f"{epsilon:g}. The density of y is a trapezoid, so that I = h(y) - h(y | x) is "
            "e - ln(2e) for e up to 1/2 and 1 / (4e) above."
        ),
        draw=partial(_draw, epsilon=epsilon),
    )


def _draw(random: np.random.Generator, n: int, *, epsilon: float) -> tuple[Array, Array]:
    x = random.random((n, 1))
    return x, x + random.uniform(-epsilon, epsilon, (n, 1))
