"""What a task with a known answer is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from mmmie.errors import InputError

Array = NDArray[np.float64]
Draw = Callable[[np.random.Generator, int], tuple[Array, Array]]


@dataclass(frozen=True)
class Task:
    """A joint distribution of x and y whose mutual information is known.

    Attributes:
        name: the key in the registry.
        title: a few words for a menu.
        mi: the true I(x; y) in nats.
        dim_x: columns of x.
        dim_y: columns of y.
        derivation: where `mi` comes from, in a sentence or two.
        draw: n pairs from a generator; `sample` is the way to call it.
    """

    name: str
    title: str
    mi: float
    dim_x: int
    dim_y: int
    derivation: str
    draw: Draw = field(repr=False, compare=False)

    def sample(self, n: int, seed: int) -> tuple[Array, Array]:
        """Independent pairs, the same for the same seed and independent for different ones.

        A task and its transformed versions draw the same underlying pairs from the same seed, so
        that estimates on them can be compared pair by pair.

        Args:
            n: pairs.
            seed: not negative.

        Returns:
            x (n, dim_x) and y (n, dim_y), float64; row i of y belongs to row i of x.

        Raises:
            InputError: n is below 1 or the seed below 0.
        """
        if n < 1:
            raise InputError(f"n is {n}; use 1 or more pairs")
        if seed < 0:
            raise InputError(f"seed is {seed}; use 0 or more")
        return self.draw(np.random.default_rng(seed), n)


def check_dim(dim: int) -> None:
    """Raises InputError where a number of dimensions is below 1."""
    if dim < 1:
        raise InputError(f"dim is {dim}; use 1 or more")
