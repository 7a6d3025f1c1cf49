"""The least that two say together, against closed forms and the certificate of its dual."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.special import ndtr, ndtri

from mmmie.mi.decomposition.union_information import union_information

LN2 = math.log(2)


def tables(of):
    """p(x1, y) and p(x2, y) of y = of(x1, x2) with fair coins."""
    cells = [(i, j, of(i, j)) for i in (0, 1) for j in (0, 1)]
    kinds = sorted({y for *_, y in cells})
    first, second = np.zeros((2, len(kinds))), np.zeros((2, len(kinds)))
    for i, j, y in cells:
        first[i, kinds.index(y)] += 0.25
        second[j, kinds.index(y)] += 0.25
    return first, second


@pytest.mark.parametrize(
    ("of", "nats"),
    [
        (lambda i, j: i, LN2),
        (lambda i, j: i ^ j, 0.0),
        (lambda i, j: 2 * i + j, 2 * LN2),
        (lambda i, j: i & j, 2 * LN2 - 0.75 * math.log(3) - LN2 / 2),  # either says as much
        (lambda i, j: i + j, LN2 / 2),
    ],
    ids=["unique", "xor", "both", "and", "sum"],
)
def test_gates(of, nats):
    found = union_information(*tables(of))
    assert found.nats == pytest.approx(nats, abs=5e-4)
    assert 0 <= found.gap < 5e-4


def gaussian(correlation, steps=24):
    grid = ndtri((np.arange(2400) + 0.5) / 2400)
    edges = ndtri(np.arange(steps + 1) / steps)
    spread = math.sqrt(1 - correlation**2)
    chances = np.diff(ndtr((edges - correlation * grid[:, None]) / spread), axis=1) / 2400
    return chances.reshape(steps, -1, steps).sum(1)


def information(table):
    apart = np.outer(table.sum(1), table.sum(0))
    here = table > 0
    return float((table[here] * np.log(table[here] / apart[here])).sum())


@pytest.mark.parametrize("pair", [(0.8, 0.6), (0.95, 0.5), (0.6, 0.6)])
def test_of_two_gaussians_the_better_one_says_all(pair):
    """The worse is the better one with more noise (Barrett, 2015)."""
    first, second = map(gaussian, pair)
    second *= first.sum(0) / second.sum(0)
    found = union_information(first, second)
    better = max(information(first), information(second))
    assert found.nats == pytest.approx(better, abs=1e-3)
    assert found.nats >= better - 1e-9


def test_the_potentials_give_the_value_row_by_row():
    random = np.random.default_rng(0)
    first, second = random.random((3, 4)), random.random((5, 4))
    first, second = first / first.sum(), second / second.sum()
    second *= first.sum(0) / second.sum(0)
    found = union_information(first, second)
    rows = (first * found.of_first).sum() + (second * found.of_second).sum()
    assert rows == pytest.approx(found.nats, abs=1e-9)
    # no distribution with these marginals has less: the independent one, and random others
    y = first.sum(0)
    apart = np.einsum("iy,jy->ijy", first / y, second / y) * y
    for _ in range(20):
        other = apart * random.random(apart.shape) ** 3
        for _ in range(300):
            other *= (first / other.sum(1))[:, None]
            other *= (second / other.sum(0))[None]
        both = other.reshape(15, 4)
        assert information(both + 1e-300) > found.nats - found.gap
