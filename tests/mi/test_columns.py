from __future__ import annotations

import numpy as np
import pytest
import torch

from mmmie.errors import InputError
from mmmie.mi import ESTIMATORS, estimate
from mmmie.mi.columns import own_columns
from mmmie.mi.tasks import gaussian

pytestmark = pytest.mark.slow


def normal(*shape, seed=0):
    return torch.from_numpy(np.random.default_rng(seed).standard_normal(shape))


@pytest.mark.parametrize("scale", [1e-12, 1.0, 1e12, 1e300])
def test_constant_and_linear_columns_are_left_out(scale):
    x = normal(200, 3)
    rows = torch.cat([x, 2 * x[:, :1] + 5, x.sum(1, keepdim=True), torch.ones(200, 1)], 1)
    assert own_columns(scale * rows).tolist() == [0, 1, 2]


def test_columns_that_only_nearly_go_together_stay():
    x = normal(500, 2)
    rows = torch.cat([x, x[:, :1] + 1e-3 * normal(500, 1, seed=1)], 1)
    assert len(own_columns(rows)) == 3
    assert len(own_columns(normal(20, 30))) == 30  # with so few rows all would be linear


def test_of_a_one_hot_code_one_column_is_left_out():
    rows = torch.eye(4, dtype=torch.float64)[torch.arange(100) % 4]
    assert own_columns(rows).tolist() == [0, 1, 2]


@pytest.mark.parametrize("name", ["ba", "doe", "cca", "vub", "ksg"])
def test_columns_that_carry_nothing_add_nothing_and_are_noted(name):
    x, y = gaussian(2, 1.0).sample(2000, 0)
    plain = estimate(x, y, name, steps=20, hidden=16)
    more = np.c_[y, np.ones(2000), y.sum(1), y[:, :1]]
    found = estimate(x, more, name, steps=20, hidden=16)
    assert found.nats == pytest.approx(plain.nats, abs=0.03)
    assert (found.dim_x, found.dim_y) == (2, 5)
    assert found.note is not None and "3 of 5 columns of y" in found.note
    assert "3 of 5 columns" in found.sentence and plain.note is None


@pytest.mark.parametrize("name", ESTIMATORS)
def test_classes_as_one_hot_codes_give_a_figure(name):
    label = np.random.default_rng(0).integers(0, 3, 600)
    x = label[:, None] + 0.5 * np.random.default_rng(1).standard_normal((600, 2))
    found = estimate(x, np.eye(3)[label], name, steps=30, hidden=16)
    assert np.isfinite(found.nats)
    if found.bound != "lower" and name != "ksg":
        assert found.doubt is not None


def test_masked_rows_are_left_out():
    x, y = gaussian(2, 1.0).sample(500, 0)
    mask = np.zeros_like(x, dtype=bool)
    mask[::10, 0] = True
    wrong = np.where(mask, 1e9, x)
    kept = ~mask.any(1)
    found = estimate(np.ma.array(wrong, mask=mask), y, "cca", groups=np.arange(500) // 2)
    plain = estimate(x[kept], y[kept], "cca", groups=(np.arange(500) // 2)[kept])
    assert (found.nats, found.std, found.n) == (plain.nats, plain.std, 450)
    assert found.note is not None and "50 masked rows" in found.note
    with pytest.raises(InputError, match="x is masked in row 0, column 0"):
        ESTIMATORS["cca"](2, 2).fit(np.ma.array(wrong, mask=mask), y)
