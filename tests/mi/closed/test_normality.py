from __future__ import annotations

import pytest
import torch
from scipy import stats

from mmmie.mi.closed.normality import distance_from_normal, doubt_of_normality


def standardised(columns):
    return (columns - columns.mean(0)) / columns.std(0)


def drawn(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def test_is_the_statistic_of_kolmogorov_and_smirnov():
    columns = standardised(drawn(300, 3) ** 3)
    expected = max(stats.kstest(column, "norm").statistic for column in columns.T.numpy())
    assert distance_from_normal(columns) == pytest.approx(expected, abs=1e-5)


def test_gaussian_columns_are_near():
    assert distance_from_normal(standardised(drawn(5000, 10))) < 0.03


@pytest.mark.parametrize(
    "bend", [lambda v: v**3, torch.exp, lambda v: v.sign() + 0.1 * v, lambda v: (v > 1).float()]
)
def test_others_are_far_and_doubted(bend):
    distance = distance_from_normal(standardised(bend(drawn(5000, 1))))
    assert distance > 0.1
    doubt = doubt_of_normality(distance, "y")
    assert doubt is not None and doubt.startswith("y is not Gaussian")
    assert f"(distance {distance:.2f})" in doubt and "copula" in doubt


def test_the_farthest_column_counts():
    near = standardised(drawn(2000, 3))
    far = standardised(drawn(2000, 1, seed=1) ** 3)
    assert distance_from_normal(torch.cat([near, far], 1)) == distance_from_normal(far)


def test_constant_columns_are_left_out():
    column = standardised(drawn(500, 1))
    both = torch.cat([torch.zeros(500, 2), column], 1)
    assert distance_from_normal(both) == distance_from_normal(column)
    assert distance_from_normal(torch.zeros(500, 2)) == 0


def test_a_small_distance_is_not_doubted():
    assert doubt_of_normality(0.05, "y") is None
