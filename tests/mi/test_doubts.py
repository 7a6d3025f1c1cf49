"""A doubt where a figure should not be believed, and none where it may be."""

from __future__ import annotations

import numpy as np
import pytest

from mmmie.mi import ESTIMATORS, estimate
from mmmie.mi.tasks import gaussian, task_named, transformed

pytestmark = pytest.mark.slow


def normal(*shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape)


def doubt(x, y, name, **options):
    return estimate(x, y, name, **{"steps": 20, "hidden": 16, **options}).doubt


@pytest.mark.parametrize("name", ESTIMATORS)
@pytest.mark.parametrize(("dim", "mi", "pairs"), [(1, 0.5, 1500), (3, 1.0, 300)])
def test_plain_gaussians_are_hardly_ever_doubted(name, dim, mi, pairs):
    found = [
        estimate(*gaussian(dim, mi).sample(pairs, s), name, steps=1, hidden=16, seed=s)
        for s in range(5)
    ]
    if name == "ksg" and dim == 3:  # in six dimensions it falls short by far, and is to say so
        assert all(one.nats < mi - 0.1 and one.doubt for one in found)
    else:
        assert sum(one.doubt is not None for one in found) <= 1


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
    y, least = {  # the truth of the last two by integration
        "two branches": (
            x * np.sign(normal(4000, 1, seed=1)) + 0.1 * normal(4000, 2, seed=2),
            np.log(101) - np.log(2),
        ),
        "heavy noise": (x + 0.5 * np.random.default_rng(1).standard_t(3, (4000, 2)), 2 * 0.581),
        "noise that grows": (x + (0.1 + x**2) * normal(4000, 2, seed=1), 2 * 0.880),
    }[shape]
    found = estimate(x, y, name, steps=1, hidden=1)
    # a bound that is loose enough holds all the same
    assert found.doubt is not None or (found.bound == "upper" and found.nats > least)


@pytest.mark.parametrize("name", ["cca", "doe", "ba"])
@pytest.mark.parametrize("shape", ["cubed", "two humps", "bits", "skewed"])
def test_a_y_that_is_not_gaussian_is_doubted_by_those_that_take_it_to_be(name, shape):
    x, y = gaussian(2, 1.0).sample(1000, 0)
    y = {"cubed": y**3, "two humps": y + 4 * np.sign(y), "bits": y > 0, "skewed": np.exp(y)}[shape]
    found = doubt(x, y, name)
    assert found is not None


def test_ksg_is_doubted_in_many_dimensions():
    assert doubt(*gaussian(1, 0.4).sample(1500, 0), "ksg") is None
    found = doubt(*gaussian(4, 1.0).sample(300, 0), "ksg")
    assert found is not None and "in 8 dimensions" in found


def test_ksg_is_doubted_while_its_value_rises_with_the_pairs():
    found = estimate(*gaussian(2, 4.0).sample(1000, 0), "ksg")
    assert found.nats < 3.7 and found.fit["missing"] > 0.3 and found.doubt is not None


def test_ksg_asks_for_ranks_where_tails_are_heavy():
    found = doubt(*task_named("student-identity-2-2-1").sample(3000, 0), "ksg")
    assert found is not None and "copula" in found


@pytest.mark.parametrize(
    "name",
    ["student-identity-2-2-2", "1v1-additive-0.1", "spiral-multinormal-sparse-5-5-2-2.0",
     "spiral-multinormal-sparse-25-25-2-2.0", "asinh-student-identity-1-1-1",
     "swissroll_x-normal_cdf-1v1-normal-0.75"],
)  # fmt: skip
def test_ranks_make_no_data_gaussian_that_are_not(name):
    task = task_named(name)
    found = estimate(*task.sample(10_000, 0), "cca", transform="copula")
    assert abs(found.nats - task.mi) > 0.1 and found.doubt is not None


@pytest.mark.parametrize(
    "name", ["multinormal-dense-5-5-0.5", "multinormal-sparse-25-25-2-2.0", "1v1-bimodal-0.75"]
)
def test_data_whose_ranks_are_gaussian_are_believed(name):
    task = task_named(name)
    found = estimate(*task.sample(10_000, 0), "cca", transform="copula")
    assert found.nats == pytest.approx(task.mi, rel=0.1) and found.doubt is None


@pytest.mark.parametrize("name", ["cca", "doe", "ba"])
def test_one_far_away_is_seen(name):
    x, y = gaussian(1, 0.4).sample(1000, 0)
    y[0] = 1e6
    assert doubt(x, y, name) is not None


@pytest.mark.parametrize("name", ESTIMATORS)
def test_walks_are_no_independent_draws(name):
    x, y = (normal(600, seed=seed).cumsum() for seed in (0, 1))
    found = doubt(x, y, name, steps=2)
    assert found is not None and "groups" in found
    order = np.random.default_rng(0).permutation(600)
    assert "groups" not in (doubt(x[order], y[order], name, steps=2) or "")


def test_rows_sorted_into_classes_are_draws_all_the_same():
    group = np.arange(900) // 300
    x, y = group + normal(900, seed=1), group + normal(900, seed=2)
    assert "groups" not in (doubt(x, y, "infonce") or "")


@pytest.mark.parametrize("name", ["cca", "doe", "ba", "vub", "club", "l1out"])
def test_more_columns_than_rows_are_doubted(name):
    assert "are few for" in (doubt(normal(60, 80), normal(60, 2, seed=1), name, steps=2) or "")


@pytest.mark.parametrize("name", ["ba", "doe"])
def test_a_cube_in_many_dimensions_is_not_believed(name):
    found = estimate(*transformed(gaussian(20, 6), "cubic").sample(4000, 0), name, steps=20)
    assert found.doubt is not None and "nothing should be concluded" in found.sentence


@pytest.mark.parametrize("name", ["club", "l1out", "vub"])
def test_an_upper_bound_well_below_the_truth_is_doubted(name):
    # few pairs in many dimensions: q finds little of what is there
    for seed in range(3):
        found = estimate(*gaussian(20, 2).sample(300, seed), name, steps=20, hidden=16)
        assert found.doubt is not None or found.nats > 2 - 3 * found.std - 0.1
