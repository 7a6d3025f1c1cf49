"""Data that nobody meant for an estimator: a finite figure or an InputError, and never NaN."""

from __future__ import annotations

import math
import re

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from mmmie.errors import InputError
from mmmie.mi import ESTIMATORS, Estimate, estimate

pytestmark = pytest.mark.slow

each_estimator = pytest.mark.parametrize("name", ESTIMATORS)


def normal(*shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape)


def drawn():
    return np.random.default_rng(7)


def bits(*shape, seed=0):
    return np.random.default_rng(seed).integers(0, 2, shape)


HARD = {
    "fewest": (normal(16), normal(16, seed=1)),
    "less than a batch": (normal(40, 2), normal(40, 3, seed=1)),
    "more columns than rows": (normal(40, 60), normal(40, 60, seed=1)),
    "copy": (normal(150, 4), normal(150, 4)),
    "constant column": (np.c_[normal(100), np.full(100, 3.0)], np.c_[np.ones(100), normal(100)]),
    "each row four times": (np.tile(normal(30, 2), (4, 1)), np.tile(normal(30, seed=1), 4)),
    "all rows but one": (np.r_[np.ones(99), 2.5], np.r_[np.ones(99), -0.5]),
    "Cauchy": (drawn().standard_cauchy((200, 2)), drawn().standard_cauchy((200, 3))),
    "one far away": (np.r_[normal(199), 1e15], np.r_[normal(199, seed=1), -1e15]),
    "ends": (1e-300 * normal(100), 1e305 * normal(100, seed=1)),
    "denormal": (5e-324 * np.round(5 * normal(100)), normal(100, seed=1)),
    "the largest": (1.7e308 * np.tanh(normal(100, 4)), normal(100, seed=1)),
    "scales apart": (normal(100, 3) * [1e-8, 1, 1e8], normal(100, 2, seed=1) * [1e-5, 1e12]),
    "far from zero": (1e10 + normal(100, 2), normal(100, seed=1)),
    "whole numbers": (drawn().integers(0, 5, (150, 2)), drawn().integers(0, 3, 150)),
    "bits": (bits(100), bits(100, seed=1)),
    "the same bits": (bits(100), bits(100)),
    "rare": (np.eye(150)[:, :2], np.eye(150)[:, 1:3]),
}


def check(found: Estimate) -> None:
    assert math.isfinite(found.nats) and math.isfinite(found.std) and found.std >= 0
    assert all(map(math.isfinite, found.fit.values()))
    assert not {"nan", "inf"} & set(re.findall(r"\w+", found.sentence))
    if found.ceiling is not None:
        assert found.nats <= found.ceiling + 1e-5


@pytest.mark.filterwarnings("error")
@each_estimator
@pytest.mark.parametrize("data", HARD)
def test_hard_data_give_finite_figures(name, data):
    check(estimate(*HARD[data], name, steps=3, hidden=8))


@pytest.mark.filterwarnings("error")
@each_estimator
@pytest.mark.parametrize("data", ["ends", "bits"])
def test_so_do_their_ranks(name, data):
    check(estimate(*HARD[data], name, steps=3, hidden=8, transform="copula"))


@pytest.mark.parametrize("name", ["infonce", "nwj", "smile"])
@pytest.mark.parametrize("data", ["fewest", "copy", "Cauchy"])
def test_so_does_a_joint_critic(name, data):
    check(estimate(*HARD[data], name, steps=3, hidden=8, critic="joint"))


@each_estimator
@pytest.mark.parametrize("rows", [1, 2, 8, 15])
def test_fewer_than_sixteen_pairs_are_refused(name, rows):
    with pytest.raises(InputError, match=f"{rows} rows; give at least 16 pairs"):
        estimate(normal(rows), normal(rows), name)


@each_estimator
def test_two_pairs_are_valued_by_an_estimator_of_one_s_own(name):
    estimator = ESTIMATORS[name](1, 1, hidden=4).fit(normal(2), normal(2, seed=1), steps=3)
    check(estimator.estimate(normal(2, seed=2), normal(2, seed=3)))
    check(estimator.estimate(normal(1, seed=2), normal(1, seed=3)))


numbers = st.floats(-1e6, 1e6, width=32) | st.sampled_from([0.0, 1.0, -1.0, 1e-6, 1e300])


@settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(data=st.data(), name=st.sampled_from(list(ESTIMATORS)))
def test_small_arrays_of_any_kind_give_a_finite_figure_or_an_error_that_is_meant(data, name):
    rows = data.draw(st.integers(12, 32))
    x, y = (
        data.draw(
            arrays(
                np.float64,
                array_shapes(min_dims=1, max_dims=1, max_side=3).map(lambda s: (rows, *s)),
                elements=numbers,
            )
        )
        for _ in range(2)
    )
    try:
        found = estimate(x, y, name, steps=2, hidden=4, batch_size=8)
    except InputError:
        assert rows < 16
    else:
        check(found)
