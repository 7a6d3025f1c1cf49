"""The true values against published figures and slow references, and the samples against both."""

from __future__ import annotations

import math
import pickle
import subprocess
import sys

import numpy as np
import pytest
from scipy import integrate, stats

from mmmie.errors import InputError
from mmmie.mi.tasks import (
    TASKS,
    TRANSFORMS,
    GaussianTask,
    additive_uniform_noise,
    bimodal,
    bivariate_normal,
    dense_multinormal,
    gaussian,
    sparse_multinormal,
    student_t,
    swissroll,
    task_named,
    transformed,
)

PUBLISHED = {
    "1v1-normal-0.75": 0.4133,
    "normal_cdf-1v1-normal-0.75": 0.4133,
    "half_cube-1v1-normal-0.75": 0.4133,
    "wiggly-1v1-normal-0.75": 0.4133,
    "1v1-bimodal-0.75": 0.4133,
    "swissroll_x-normal_cdf-1v1-normal-0.75": 0.4133,
    "1v1-additive-0.1": 1.7094,
    "multinormal-dense-5-5-0.5": 0.5928,
    "multinormal-dense-25-25-0.5": 1.2922,
    "multinormal-dense-50-50-0.5": 1.6243,
    "multinormal-sparse-2-2-2-2.0": 1.0217,
    "multinormal-sparse-5-5-2-2.0": 1.0217,
    "multinormal-sparse-25-25-2-2.0": 1.0217,
    "normal_cdf-multinormal-sparse-5-5-2-2.0": 1.0217,
    "half_cube-multinormal-sparse-25-25-2-2.0": 1.0217,
    "spiral-multinormal-sparse-3-3-2-2.0": 1.0217,
    "spiral-normal_cdf-multinormal-sparse-5-5-2-2.0": 1.0217,
}


def from_covariance(covariance, dim):
    def log_det(part):
        return np.linalg.slogdet(part)[1]

    x, y = covariance[:dim, :dim], covariance[dim:, dim:]
    return 0.5 * (log_det(x) + log_det(y) - log_det(covariance))


def paired_covariance(dim, correlations):
    covariance = np.eye(2 * dim)
    for k, rho in enumerate(correlations):
        covariance[k, dim + k] = covariance[dim + k, k] = rho
    return covariance


def columns(task, n=100_000, seed=0):
    return np.hstack(task.sample(n, seed))


def assert_near(values, expected):
    """The mean of values is within 4 standard errors of what is expected."""
    assert abs(values.mean() - expected) < 4 * values.std() / math.sqrt(len(values))


@pytest.mark.parametrize("name", PUBLISHED)
def test_the_published_values(name):
    assert task_named(name).mi == pytest.approx(PUBLISHED[name], abs=5e-5)


@pytest.mark.parametrize(
    ("task", "covariance"),
    [
        (gaussian(20, 6), paired_covariance(20, [0.6717] * 20)),
        (bivariate_normal(0.75), paired_covariance(1, [0.75])),
        (sparse_multinormal(5), paired_covariance(5, [0.8] * 2)),
        (sparse_multinormal(4, 3, 1.0), paired_covariance(4, [0.5] * 3)),
        (dense_multinormal(5), 0.5 * np.eye(10) + 0.5),
        (dense_multinormal(3, 0.2), 0.8 * np.eye(6) + 0.2),
    ],
)
def test_gaussian_families_have_the_covariance_and_its_determinants(task, covariance):
    assert task.mi == pytest.approx(from_covariance(covariance, task.dim_x), abs=1e-3)
    found = columns(task)
    np.testing.assert_allclose(np.cov(found.T), covariance, atol=0.02)
    assert abs(stats.kurtosis(found[:, -1])) < 0.1


@pytest.mark.parametrize(
    ("mi", "rho"), [(2, 0.4258), (4, 0.5742), (6, 0.6717), (8, 0.7421), (10, 0.7951)]
)
def test_the_staircase_has_the_known_correlations(mi, rho):
    task = TASKS[f"gaussian-20-{mi}"]
    assert isinstance(task, GaussianTask)
    assert task.correlation == pytest.approx(rho, abs=5e-5)
    assert task.noise_variance == pytest.approx(1 - rho**2, abs=1e-4)


def test_the_exact_conditional_and_critic_are_those_of_scipy():
    task = gaussian(3, 2.5)
    x, y = task.sample(7, 0)
    mean, log_variance = task.conditional(x)
    ratio = task.log_ratio(x[:5], y)
    assert ratio.shape == (5, 7)
    for i in range(5):
        given = stats.multivariate_normal(mean[i], np.diag(np.exp(log_variance[i])))
        marginal = stats.multivariate_normal(np.zeros(3), np.eye(3))
        np.testing.assert_allclose(ratio[i], given.logpdf(y) - marginal.logpdf(y))
    batches = task.log_ratio(x[:6].reshape(2, 3, 3), y[:6].reshape(2, 3, 3))
    np.testing.assert_allclose(batches[0], ratio[:3, :3])


@pytest.mark.parametrize(("dim", "mi"), [(1, 0.4), (20, 6.0), (2, 20.0)])
def test_the_samples_have_the_conditional_and_the_information(dim, mi):
    task = gaussian(dim, mi)
    x, y = task.sample(20_000, 3)
    mean, log_variance = task.conditional(x)
    assert ((y - mean) / np.exp(log_variance / 2)).std() == pytest.approx(1, abs=0.02)
    assert_near(task.log_ratio(x[:, None], y[:, None])[:, 0, 0], mi)


@pytest.mark.parametrize("epsilon", [0.1, 0.3, 0.5, 0.75, 2.0])
def test_additive_noise_equals_the_entropy_of_the_density_of_y(epsilon):
    def density(y):
        return max(min(1, y + epsilon) - max(0, y - epsilon), 0) / (2 * epsilon)

    def integrand(y):
        p = density(y)
        return -p * math.log(p) if p else 0.0

    corners = sorted([epsilon, 1 - epsilon])
    entropy, _ = integrate.quad(integrand, -epsilon, 1 + epsilon, points=corners)
    task = additive_uniform_noise(epsilon)
    assert task.mi == pytest.approx(entropy - math.log(2 * epsilon), abs=1e-6)
    x, y = task.sample(20_000, 0)
    assert stats.kstest(x[:, 0], "uniform").pvalue > 1e-3
    assert stats.kstest((y - x)[:, 0], stats.uniform(-epsilon, 2 * epsilon).cdf).pvalue > 1e-3
    assert abs(np.corrcoef(x[:, 0], (y - x)[:, 0])[0, 1]) < 0.03


@pytest.mark.parametrize(
    ("dim", "degrees", "rho"),
    [(1, 1, 0), (2, 1, 0), (3, 2, 0), (3, 3, 0), (5, 2, 0), (5, 3, 0), (2, 2.5, 0.6)],
)
def test_student_equals_the_mean_of_the_exact_log_density_ratio(dim, degrees, rho):
    task = student_t(dim, degrees, rho)
    x, y = task.sample(50_000, 1)
    dispersion = paired_covariance(dim, [rho] * dim)
    joint = stats.multivariate_t(np.zeros(2 * dim), dispersion, degrees)
    side = stats.multivariate_t(np.zeros(dim), np.eye(dim), degrees)
    assert_near(joint.logpdf(np.hstack([x, y])) - side.logpdf(x) - side.logpdf(y), task.mi)


def test_student_by_integration():
    nodes, weights = np.polynomial.legendre.leggauss(100)
    # tan() brings the half line to an interval
    angle = 0.25 * math.pi * (nodes + 1)
    points, mass = np.tan(angle), 0.25 * math.pi * weights / np.cos(angle) ** 2
    joint = stats.multivariate_t([0, 0], np.eye(2), 3)
    density = joint.pdf(np.stack(np.meshgrid(points, points), axis=-1))
    side = stats.t.pdf(points, 3)
    quadrant = mass @ (density * np.log(density / np.outer(side, side))) @ mass
    assert student_t(1, 3).mi == pytest.approx(4 * quadrant, abs=1e-6)


def test_student_lies_where_the_benchmark_says_and_becomes_gaussian():
    values = [task.mi for name, task in TASKS.items() if name.startswith("student-identity")]
    assert round(min(values), 2) == 0.18 and round(max(values), 2) == 0.45
    assert student_t(5, 1e5).mi == pytest.approx(0, abs=1e-3)
    assert student_t(2, 1e5, 0.6).mi == pytest.approx(-2 * math.log(0.8), abs=1e-3)


@pytest.mark.parametrize("name", ["cubic", "half-cube", "asinh", "normal-cdf", "wiggly"])
def test_a_transform_of_columns_keeps_every_rank(name):
    # a copula is what ranks leave, and I depends on nothing else
    base = gaussian(3, 1.5)
    bent = transformed(base, name)
    assert bent.mi == base.mi
    before, after = columns(base), columns(bent)
    np.testing.assert_array_equal(before.argsort(0), after.argsort(0))
    assert not np.allclose(before[:, 3:], after[:, 3:])
    assert np.array_equal(before[:, :3], after[:, :3]) == (name == "cubic")


def test_the_transforms_are_those_they_are_called():
    base = bivariate_normal()
    x, y = base.sample(50, 4)
    expected = {
        "cubic": (x, y**3),
        "half-cube": tuple(np.sign(v) * np.abs(v) ** 1.5 for v in (x, y)),
        "asinh": tuple(np.log(v + np.sqrt(v**2 + 1)) for v in (x, y)),
        "normal-cdf": tuple(stats.norm.cdf(v) for v in (x, y)),
    }
    for name, pair in expected.items():
        np.testing.assert_allclose(transformed(base, name).sample(50, 4), pair, atol=1e-12)


def test_the_spiral_turns_by_a_third_of_the_squared_length_and_can_be_undone():
    base = sparse_multinormal(4)
    before, after = base.sample(500, 0), transformed(base, "spiral").sample(500, 0)
    for first, plain, turned in zip((0, 1), before, after, strict=True):
        angle = np.square(turned).sum(1) / 3
        back = (turned[:, first] + 1j * turned[:, first + 1]) * np.exp(-1j * angle)
        np.testing.assert_allclose(back, plain[:, first] + 1j * plain[:, first + 1], atol=1e-12)
        rest = [k for k in range(4) if k not in (first, first + 1)]
        np.testing.assert_array_equal(turned[:, rest], plain[:, rest])
        assert np.abs(turned - plain).max() > 1


def test_the_swiss_roll_can_be_rolled_out():
    x, y = swissroll().sample(2000, 0)
    flat_x, flat_y = task_named("normal_cdf-1v1-normal-0.75").sample(2000, 0)
    angle = 21 * np.hypot(x[:, 0], x[:, 1])
    np.testing.assert_allclose((angle / (1.5 * math.pi) - 1) / 2, flat_x[:, 0], atol=1e-12)
    np.testing.assert_allclose(np.cos(angle), x[:, 0] / np.hypot(*x.T), atol=1e-9)
    np.testing.assert_array_equal(y, flat_y)


def test_bimodal_has_its_two_modes_and_keeps_every_rank():
    x, y = bimodal().sample(20_000, 0)
    cdf = stats.norm.cdf
    assert stats.kstest(x[:, 0], lambda v: 0.3 * cdf(v) + 0.7 * cdf(v - 5)).pvalue > 1e-3
    assert stats.kstest(y[:, 0], lambda v: 0.5 * cdf(v + 1) + 0.5 * cdf(v - 3)).pvalue > 1e-3
    base = bivariate_normal(0.75).sample(20_000, 0)
    np.testing.assert_array_equal(x.argsort(0), base[0].argsort(0))
    np.testing.assert_array_equal(y.argsort(0), base[1].argsort(0))


@pytest.mark.parametrize(
    "name",
    [name for name, task in TASKS.items() if task.dim_y == 1 and not name.startswith("1v1-add")],
)
def test_counting_pairs_in_cells_gives_about_the_same(name):
    task, cells = TASKS[name], 40
    x, y = task.sample(200_000, 7)
    # along the Swiss roll, the distance from the centre is the coordinate
    line = np.hypot(*x.T) if task.dim_x == 2 else x[:, 0]
    rows, cols = (np.argsort(np.argsort(v)) * cells // len(v) for v in (line, y[:, 0]))
    share = np.bincount(rows * cells + cols, minlength=cells**2) / len(line)
    found = (share[share > 0] * np.log(share[share > 0] * cells**2)).sum()
    assert found == pytest.approx(task.mi, abs=0.02)


@pytest.mark.parametrize("name", TASKS)
def test_every_task_keeps_the_contract(name):
    task = TASKS[name]
    assert task.name == name and task_named(name) is task
    assert task.mi > 0 and len(task.title) < 60
    assert "I " in task.derivation and task.derivation.endswith(".")
    x, y = task.sample(64, 5)
    assert (x.shape, y.shape) == ((64, task.dim_x), (64, task.dim_y))
    assert x.dtype == y.dtype == np.float64
    assert np.isfinite(x).all() and np.isfinite(y).all()
    again = pickle.loads(pickle.dumps(task)).sample(64, 5)
    assert np.array_equal(x, again[0]) and np.array_equal(y, again[1])
    assert not np.isin(task.sample(64, 6)[0], x).any()


def test_seeds_are_independent():
    first, second = (gaussian(1, 1.0).sample(20_000, seed) for seed in (0, 1))
    for one in first:
        for other in second:
            assert abs(np.corrcoef(one[:, 0], other[:, 0])[0, 1]) < 0.03


def test_names_are_read():
    assert task_named("gaussian-20-6") == gaussian(20, 6)
    assert task_named("gaussian-7-0.25") == gaussian(7, 0.25)
    assert task_named(gaussian(3, 1 / 3).name).mi == 1 / 3
    assert task_named("spiral-half_cube-gaussian-4-1").mi == 1
    for name in ("gaussian-20", "gaussian-20--6", "asinh-", "cauchy", ""):
        with pytest.raises(
            InputError, match="unknown; use gaussian-<dim>-<nats> or one of 1v1-nor"
        ):
            task_named(name)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: gaussian(0, 1), "dim is 0; use 1"),
        (lambda: gaussian(2, -1), "mi is -1 nats in 2 dimensions; use 0 to 24"),
        (lambda: gaussian(2, math.nan), "mi is nan"),
        (lambda: bivariate_normal(1), "correlation is 1; use"),
        (lambda: sparse_multinormal(3, 4), "pairs is 4; use 0 to 3"),
        (lambda: sparse_multinormal(3, 2, -1), "strength is -1"),
        (lambda: dense_multinormal(3, 1), "off_diagonal is 1"),
        (lambda: additive_uniform_noise(0), "epsilon is 0; use a positive"),
        (lambda: student_t(3, 0), "degrees_of_freedom is 0"),
        (lambda: student_t(3, 1, 1), "correlation is 1"),
        (lambda: transformed(gaussian(2, 1), "square"), f"use one of {', '.join(TRANSFORMS)}"),
        (
            lambda: transformed(gaussian(2, 1), "spiral"),
            "2 and 2 dimensions; a spiral needs 2 in x",
        ),
        (lambda: gaussian(2, 1).sample(0, 0), "n is 0; use 1"),
        (lambda: gaussian(2, 1).sample(5, -1), "seed is -1; use 0"),
    ],
)
def test_bad_input_is_named(make, message):
    with pytest.raises(InputError, match=message):
        make()


def test_neither_tasks_nor_closed_forms_load_torch():
    code = "import sys, mmmie.mi.tasks.closed_forms; assert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=120)
