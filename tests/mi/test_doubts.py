"""A doubt where a figure should not be believed, and none where it may be."""

from __future__ import annotations

import numpy as np
import pytest

from mmmie.mi import ESTIMATORS, estimate
from mmmie.mi.tasks import gaussian, transformed

pytestmark = pytest.mark.slow


def normal(*shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape)


def doubt(x, y, name, **options):
    return estimate(x, y, name, **{"steps": 20, "hidden": 16, **options}).doubt


@pytest.mark.parametrize("name", ESTIMATORS)
@pytest.mark.parametrize(("dim", "mi", "pairs"), [(1, 0.5, 1500), (3, 1.0, 300)])
def test_plain_gaussians_are_hardly_ever_doubted(name, dim, mi, pairs):
    found = [doubt(*gaussian(dim, mi).sample(pairs, s), name, steps=1, seed=s) for s in range(5)]
    assert sum(one is not None for one in found) <= 1


def test_smile_is_doubted_where_much_is_shared():
    found = doubt(*gaussian(20, 8).sample(3000, 0), "smile")
    assert found is not None and "it can exceed the truth" in found


@pytest.mark.parametrize("name", ["nwj", "dv", "js"])
def test_exponentials_are_doubted_where_much_is_shared(name):
    found = doubt(*gaussian(20, 20).sample(3000, 0), name)
    assert found is not None and "which is noise" in found


@pytest.mark.parametrize("name", ["club", "vclub-s", "l1out", "vub", "doe"])
@pytest.mark.parametrize("shape", ["two branches", "heavy noise", "noise that grows"])
def test_a_q_that_cannot_fit_is_doubted(name, shape):
    x = normal(4000, 2)
    y = {
        "two branches": x * np.sign(normal(4000, 1, seed=1)) + 0.1 * normal(4000, 2, seed=2),
        "heavy noise": x + 0.5 * np.random.default_rng(1).standard_t(3, (4000, 2)),
        "noise that grows": x + (0.1 + x**2) * normal(4000, 2, seed=1),
    }[shape]
    found = doubt(x, y, name, steps=1, hidden=1)
    assert found is not None


@pytest.mark.parametrize("name", ["cca", "doe", "ba"])
@pytest.mark.parametrize("shape", ["cubed", "two humps", "bits", "skewed"])
def test_a_y_that_is_not_gaussian_is_doubted_by_those_that_take_it_to_be(name, shape):
    x, y = gaussian(2, 1.0).sample(1000, 0)
    y = {"cubed": y**3, "two humps": y + 4 * np.sign(y), "bits": y > 0, "skewed": np.exp(y)}[shape]
    found = doubt(x, y, name)
    assert found is not None and "not Gaussian" in found and "copula" in found


def test_ksg_is_doubted_in_many_dimensions_alone():
    assert doubt(*gaussian(3, 1.0).sample(300, 0), "ksg") is None
    found = doubt(*gaussian(4, 1.0).sample(300, 0), "ksg")
    assert found is not None and "in 8 dimensions" in found


@pytest.mark.parametrize("name", ["ba", "doe"])
def test_a_cube_in_many_dimensions_is_not_believed(name):
    found = estimate(*transformed(gaussian(20, 6), "cubic").sample(4000, 0), name, steps=20)
    assert found.doubt is not None and "nothing should be concluded" in found.sentence


@pytest.mark.xfail(reason="held-out pairs are too few to show what q has missed")
@pytest.mark.parametrize("name", ["club", "l1out", "vub"])
def test_an_upper_bound_well_below_the_truth_is_doubted(name):
    # few pairs in many dimensions: q finds little of what is there
    for seed in range(3):
        found = estimate(*gaussian(20, 2).sample(300, seed), name, steps=20, hidden=16)
        assert found.doubt is not None or found.nats > 2 - 3 * found.std - 0.1
