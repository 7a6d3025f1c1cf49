"""The limits of the estimators against tables, quadrature and the estimators' own functions."""

from __future__ import annotations

import math
import tracemalloc

import numpy as np
import pytest
import torch

from mmmie.errors import InputError
from mmmie.mi.closed.gaussian import pairwise_log_density
from mmmie.mi.estimators.club import club
from mmmie.mi.estimators.infonce import infonce
from mmmie.mi.estimators.l1out import l1out
from mmmie.mi.estimators.vub import vub
from mmmie.mi.tasks import gaussian
from mmmie.mi.tasks.closed_forms import (
    club_value,
    expected_value,
    infonce_value,
    l1out_value,
    smile_value,
)

STAIRS = (2, 4, 6, 8, 10)


def batches(dim, mi, batch, count, seed=11):
    """Samples (count, batch, dim) of x and y."""
    task = gaussian(dim, mi)
    pairs = task.sample(count * batch, seed)
    return task, *(side.reshape(count, batch, dim) for side in pairs)


def exact_log_density(task, x, y):
    mean, log_variance = task.conditional(x)
    return pairwise_log_density(*map(torch.from_numpy, (y, mean, log_variance)))


def standard_error(values):
    return values.std().item() / math.sqrt(len(values))


@pytest.mark.parametrize(
    ("mi", "expected"), list(zip(STAIRS, (4.428, 9.836, 16.442, 24.511, 34.366), strict=True))
)
def test_club_has_the_known_figures(mi, expected):
    assert club_value(20, mi) == pytest.approx(expected, abs=5e-4)
    task, x, y = batches(20, mi, 64, 300)
    values = club(exact_log_density(task, x, y))
    assert abs(values.mean().item() - expected) < 4 * standard_error(values)


@pytest.mark.parametrize(
    ("mi", "expected"), list(zip(STAIRS, (1.817, 3.071, 3.739, 4.025, 4.123), strict=True))
)
@pytest.mark.slow
def test_infonce_has_the_known_figures(mi, expected):
    found = infonce_value(20, mi, 64)
    assert found.value == pytest.approx(expected, abs=0.006)
    assert found.standard_error < 0.002
    assert found.value < min(mi, math.log(64))


@pytest.mark.parametrize(
    ("mi", "expected"), list(zip(STAIRS, (2.168, 4.742, 7.859, 11.652, 16.281), strict=True))
)
@pytest.mark.slow
def test_l1out_has_the_known_figures(mi, expected):
    found = l1out_value(20, mi, 64)
    # the table has errors of its own, of about a quarter of a per cent
    assert found.value == pytest.approx(expected, rel=0.004)
    assert found.standard_error < 0.01
    assert mi < found.value < club_value(20, mi)


@pytest.mark.parametrize(("dim", "mi", "batch"), [(1, 0.7, 3), (3, 2.0, 8), (10, 5.0, 200)])
@pytest.mark.slow
def test_the_functions_of_the_estimators_give_the_same(dim, mi, batch):
    task, x, y = batches(dim, mi, batch, 40_000 // batch)
    scores = torch.from_numpy(task.log_ratio(x, y))
    for values, found in (
        (infonce(scores), infonce_value(dim, mi, batch)),
        (l1out(exact_log_density(task, x, y)), l1out_value(dim, mi, batch)),
    ):
        error = math.hypot(standard_error(values), found.standard_error)
        assert abs(values.mean().item() - found.value) < 4 * error


@pytest.mark.parametrize(("dim", "mi"), [(1, 0.5), (20, 6.0)])
def test_l1out_of_two_pairs_is_club(dim, mi):
    found = l1out_value(dim, mi, 2)
    assert abs(found.value - club_value(dim, mi)) < 4 * found.standard_error


def test_infonce_of_two_pairs_by_quadrature():
    task = gaussian(1, 0.8)
    nodes, weights = np.polynomial.hermite_e.hermegauss(60)
    weights = weights / math.sqrt(2 * math.pi)
    x, noise, other = np.meshgrid(nodes, nodes, nodes, indexing="ij")
    joint_y = task.correlation * x + math.sqrt(task.noise_variance) * noise

    def ratio(y):
        rho = task.correlation
        return task.mi + 0.5 * y**2 - 0.5 * (y - rho * x) ** 2 / task.noise_variance

    value = ratio(joint_y) - np.logaddexp(ratio(joint_y), ratio(other)) + math.log(2)
    expected = np.einsum("ijk,i,j,k", value, weights, weights, weights)
    found = infonce_value(1, 0.8, 2)
    assert abs(found.value - expected) < 4 * found.standard_error


@pytest.mark.slow
def test_both_come_near_the_truth_in_large_batches():
    for simulated in (infonce_value, l1out_value):
        gaps = [abs(simulated(2, 1.0, batch).value - 1) for batch in (4, 64, 3000)]
        assert gaps[0] > gaps[1] > gaps[2] and gaps[2] < 0.01


@pytest.mark.parametrize("simulated", [infonce_value, l1out_value])
@pytest.mark.slow
def test_the_standard_error_is_what_seeds_differ_by(simulated):
    runs = [simulated(3, 1.0, 4, seed) for seed in range(16)]
    spread = np.std([run.value for run in runs], ddof=1)
    assert 0.5 < spread / runs[0].standard_error < 2
    assert simulated(3, 1.0, 4, 0) is runs[0]


@pytest.mark.parametrize("batch", [2, 64])
@pytest.mark.slow
def test_no_dependence_gives_zero(batch):
    assert infonce_value(20, 0, batch).value == pytest.approx(0, abs=1e-12)
    assert l1out_value(20, 0, batch).value == pytest.approx(0, abs=1e-12)
    assert club_value(20, 0) == smile_value(20, 0, 1.0) == 0


def test_a_simulation_stays_small():
    tracemalloc.start()
    infonce_value(20, 4, 2048)
    l1out_value(1, 1, 100_000)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 200e6


def critics(task, n, seed=0):
    """Optimal critic of n joint pairs and of n pairs drawn apart."""
    x, y = task.sample(n, seed)
    other, _ = task.sample(n, seed + 1)
    return [task.log_ratio(side[:, None], y[:, None])[:, 0, 0] for side in (x, other)]


@pytest.mark.parametrize(("dim", "mi"), [(1, 0.4), (2, 3.0), (20, 6.0)])
@pytest.mark.parametrize("clip", [0.3, 2.0, 5.0])
@pytest.mark.slow
def test_smile_equals_a_simulation_of_its_two_means(dim, mi, clip):
    joint, apart = critics(gaussian(dim, mi), 200_000)
    # above the clip, joint pairs with the weight exp(-r) stand for pairs drawn apart
    above = np.exp(clip - joint) * (joint > clip)
    rest = np.exp(np.clip(apart, -clip, clip)) * (apart <= clip)
    error = math.hypot(standard_error(above), standard_error(rest))
    mean = math.exp(mi - smile_value(dim, mi, clip))
    assert abs(above.mean() + rest.mean() - mean) < 4 * error


def test_smile_in_one_dimension_by_quadrature():
    task, clip = gaussian(1, 1.0), 1.5
    line = np.linspace(-9, 9, 2001)
    ratio = task.log_ratio(line[:, None], line[:, None])
    density = np.exp(-0.5 * line**2) / math.sqrt(2 * math.pi)
    mean = density @ np.exp(np.clip(ratio, -clip, clip)) @ density * (line[1] - line[0]) ** 2
    assert smile_value(1, 1.0, clip) == pytest.approx(1 - math.log(mean), abs=1e-5)


def test_smile_without_a_clip_is_the_truth_and_with_one_near_it():
    assert smile_value(20, 6, math.inf) == 6
    assert smile_value(20, 6, 0) == pytest.approx(6)
    for mi in (*STAIRS, 100):
        values = [smile_value(20, mi, clip) for clip in (1, 5, 20, 700)]
        assert all(abs(v - mi) <= clip for v, clip in zip(values, (1, 5, 20, 700), strict=True))
        assert values[-1] == pytest.approx(mi, abs=1e-6)
    # where nearly all ratios of pairs drawn apart are tiny, the clip itself is what is left
    assert smile_value(20, 100, 5) == pytest.approx(105)
    assert smile_value(1, 10, 10) == pytest.approx(10.2005, abs=0.001)


def test_those_that_equal_the_truth_do():
    task, x, _ = batches(5, 1.0, 64, 400)
    mean, log_variance = (torch.from_numpy(part) for part in task.conditional(x))
    values = vub(mean, log_variance)
    assert abs(values.mean().item() - 1) < 4 * standard_error(values)
    joint, apart = critics(task, 200_000)
    nwj = 1 + joint - np.exp(apart)
    assert abs(nwj.mean() - 1) < 4 * standard_error(nwj)
    assert joint.mean() - math.log(np.exp(apart).mean()) == pytest.approx(1, abs=0.1)


def test_the_expected_value_of_each_estimator():
    for name in ("ba", "doe", "vub", "nwj", "dv", "js", "cca"):
        assert expected_value(name, 20, 6, 64) == 6
    assert expected_value("club", 20, 6, 64) == expected_value("vclub-s", 20, 6, 2)
    assert expected_value("club", 20, 6, 64) == pytest.approx(16.442, abs=5e-4)
    assert expected_value("infonce", 20, 6, 64) == infonce_value(20, 6, 64).value
    assert expected_value("l1out", 20, 6, 32) == l1out_value(20, 6, 32).value
    assert expected_value("smile", 20, 6, 64) == smile_value(20, 6, 5.0)
    assert expected_value("ksg", 20, 6, 64) is None


@pytest.mark.parametrize(
    ("ask", "message"),
    [
        (
            lambda: expected_value("mine", 20, 6, 64),
            "`mine` is unknown; use one of infonce, nwj, dv",
        ),
        (lambda: expected_value("ksg", 0, 6, 64), "dim is 0"),
        (lambda: expected_value("ba", 20, 6, 1), "batch_size is 1; use 2"),
        (lambda: club_value(20, -1), "mi is -1"),
        (lambda: infonce_value(20, 6, 1), "batch_size is 1; use 2"),
        (lambda: l1out_value(20, math.inf, 64), "mi is inf"),
        (lambda: smile_value(20, 6, -1), "clip is -1; use 0 to 700, or inf"),
        (lambda: smile_value(20, 6, math.nan), "clip is nan"),
    ],
)
def test_bad_input_is_named(ask, message):
    with pytest.raises(InputError, match=message):
        ask()
