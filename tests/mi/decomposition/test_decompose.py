"""What two variables say about a third, where it is known."""

from __future__ import annotations

import math

import numpy as np
import pytest

from mmmie.errors import InputError
from mmmie.mi import decompose
from mmmie.mi.decomposition.decompose import PARTS, pointwise

LN2 = math.log(2)
N = 20_000
random = np.random.default_rng(3)
A, B = random.integers(0, 2, (2, N))


def assert_consistent(found):
    parts = [getattr(found, name) for name in PARTS[:4]]
    assert all(part >= 0 for part in parts)
    assert sum(parts) == pytest.approx(found.total, abs=1e-9)
    assert found.redundant - found.synergistic == pytest.approx(found.co_information, abs=1e-9)
    assert all(getattr(found, f"{name}_std") >= 0 for name in PARTS)


@pytest.mark.parametrize(
    ("x1", "x2", "y", "known"),
    [
        (A, A, A, (LN2, 0, 0, 0)),
        (A, B, A, (0, LN2, 0, 0)),
        (A, B, A ^ B, (0, 0, 0, LN2)),
        (A, B, A & B, (0.311 * LN2, 0, 0, 0.5 * LN2)),
        (A, B, np.c_[A, B], (0, LN2, LN2, 0)),
    ],
    ids=["copy", "unique", "xor", "and", "both"],
)
def test_gates(x1, x2, y, known):
    found = decompose(x1, x2, y)
    assert [getattr(found, name) for name in PARTS[:4]] == pytest.approx(known, abs=0.02)
    assert found.doubt is None
    assert_consistent(found)


def gaussians(n, r1, r2, between, seed=0):
    """x1, x2 and one target y; and the parts, by Barrett (2015)."""
    random = np.random.default_rng(seed)
    y = random.standard_normal(n)
    noise = random.multivariate_normal([0, 0], [[1, between], [between, 1]], n)
    r = np.array([r1, r2])
    x = r * y[:, None] + np.sqrt(1 - r**2) * noise
    cross = r1 * r2 + between * math.sqrt((1 - r1**2) * (1 - r2**2))
    explained = r @ np.linalg.solve([[1, cross], [cross, 1]], r)
    one, two, both = (-0.5 * math.log(1 - share) for share in (r1**2, r2**2, explained))
    less = min(one, two)
    return x[:, 0], x[:, 1], y, (less, one - less, two - less, both - one - two + less)


@pytest.mark.parametrize(
    "of", [(0.8, 0.6, 0.3), pytest.param((0.6, 0.6, -0.5), marks=pytest.mark.slow)]
)
def test_gaussians_with_one_target(of):
    *data, known = gaussians(500, *of)
    found = decompose(*data)
    assert [getattr(found, name) for name in PARTS[:4]] == pytest.approx(known, abs=0.1)
    assert found.total == pytest.approx(sum(known), rel=0.15)
    assert_consistent(found)


def test_nothing_is_found_where_there_is_nothing():
    random = np.random.default_rng(0)
    x1, x2, y = random.standard_normal((3, 200))
    found = decompose(x1, x2, y)
    assert found.total < 0.05
    assert_consistent(found)


@pytest.mark.slow
def test_whole_groups_are_held_out():
    """What tells a group, and with it the label of the group, is worth nothing elsewhere."""
    random = np.random.default_rng(1)
    groups = np.repeat(np.arange(40), 8)
    of_group = random.standard_normal((40, 6))[groups]
    label = random.integers(0, 2, 40)[groups]
    x1 = of_group + 0.01 * random.standard_normal(of_group.shape)
    x2 = random.standard_normal(len(groups))
    assert decompose(x1, x2, label).total > 0.4
    kept = decompose(x1, x2, label, groups)
    assert kept.total < 0.2
    assert kept.groups == 40


def test_errors_grow_with_groups():
    """Rows that are copies of each other are no further evidence."""
    x, y = A[:500], (A ^ (random.random(N) < 0.2))[:500]
    once = decompose(x, B[:500], y)
    copies = [np.tile(values, 8) for values in (x, B[:500], y)]
    grouped = decompose(*copies, groups=np.tile(np.arange(500), 8))
    assert grouped.total_std == pytest.approx(once.total_std, rel=0.1)
    assert decompose(*copies).total_std < 0.5 * grouped.total_std


def test_a_part_below_nothing_is_doubted():
    found = pointwise(A[:2000], B[:2000], A[:2000])
    assert found.over().doubt is None
    rows = found.rows.copy()
    rows[:, 2] -= 0.5  # together less than one alone: no data can be so
    broken = type(found)(rows, found.groups, found.entropy, found.codes, ())
    assert broken.over().doubt is not None
    assert_consistent(broken.over())


def test_few_rows_and_few_groups_are_doubted():
    assert decompose(A[:60], B[:60], A[:60]).doubt is not None
    groups = np.arange(2000) % 5
    assert decompose(A[:2000], B[:2000], A[:2000], groups).doubt is not None


def test_wide_inputs_with_few_rows_are_doubted():
    random = np.random.default_rng(2)
    x1 = random.standard_normal((150, 60))
    found = decompose(x1, random.standard_normal((150, 60)), x1[:, :8].sum(1))
    assert found.doubt is not None


def test_rows_of_a_slice_add_what_the_whole_is_made_of():
    found = pointwise(A[:4000], B[:4000], A[:4000] & B[:4000])
    one = np.arange(4000) < 1500
    parts = [found.rows[mask].mean(0) * mask.mean() for mask in (one, ~one)]
    assert np.sum(parts, 0) == pytest.approx(found.rows.mean(0))


def test_the_same_seed_gives_the_same():
    x1, x2, y, _ = gaussians(100, 0.8, 0.6, 0.0)
    assert decompose(x1, x2, y) == decompose(x1, x2, y)


FEW = random.standard_normal(32)


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"x1": np.where(np.arange(32) == 3, np.nan, FEW)}, "x1 is nan in row 3"),
        ({"x2": FEW.astype(complex)}, "x2"),
        ({"x1": FEW.astype(str)}, "x1"),
        ({"y": FEW.reshape(2, 4, 4)}, "y has shape"),
        ({"x2": FEW[:31]}, "31"),
        ({"y": FEW[:30]}, "30"),
        ({"x1": FEW[:1], "x2": FEW[:1], "y": FEW[:1]}, "1 rows"),
        ({"y": np.ones(32)}, "y has one value"),
        ({"y": np.c_[FEW, FEW**2]}, "2 columns"),
        ({"groups": np.arange(31)}, "groups"),
        ({"groups": np.arange(64).reshape(32, 2)}, "groups"),
        ({"groups": np.zeros(32)}, "single group"),
        ({"groups": np.full(32, np.nan)}, "groups"),
    ],
)
def test_bad_input_is_said_in_one_line(change, named):
    given = {"x1": FEW, "x2": FEW, "y": FEW} | change
    with pytest.raises(InputError) as caught:
        decompose(**given)
    assert named in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("groups", [np.arange(64) % 2, np.arange(64) // 63, None])
def test_few_rows_and_odd_groups_work(groups):
    x1, x2, y, _ = gaussians(64, 0.8, 0.6, 0.0)
    assert_consistent(decompose(x1, x2, y, groups))
    assert_consistent(decompose(x1, np.zeros(64), y, groups))
