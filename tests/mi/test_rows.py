from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy import stats

from mmmie.errors import InputError
from mmmie.mi.rows import RankScores, Standardiser, checked_pairs, normal_scores


def normal(*shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape)


@pytest.mark.parametrize("kind", [np.float16, np.float32, np.int8, np.uint8, np.int64, np.bool_])
def test_numbers_of_any_kind_become_double(kind):
    values = (normal(9, 2) * 3).astype(kind)
    x, y = checked_pairs(values, values[:, 0])
    assert x.dtype == y.dtype == torch.float64
    assert x.shape == (9, 2) and y.shape == (9, 1)
    np.testing.assert_array_equal(x, values.astype(float))


def test_tensors_lists_and_half_precision_are_read():
    x = torch.randn(9, 2, requires_grad=True)
    for form in (x, x.tolist(), x.detach().numpy(), x.double()):
        np.testing.assert_array_equal(checked_pairs(form, x)[0], x.detach().double())
    half = x.detach().bfloat16()
    np.testing.assert_array_equal(checked_pairs(half, x)[0], half.double())


def test_what_is_given_is_not_changed():
    values = normal(9, 2)
    before = values.copy()
    x, _ = checked_pairs(values, values)
    x += 1
    np.testing.assert_array_equal(values, before)


@pytest.mark.parametrize(
    ("x", "y", "message"),
    [
        (normal(20), normal(21), "x has 20 rows and y 21; give pairs, row i of x with row i of y"),
        ([*normal(9), np.nan], normal(10), "nan in row 9, column 0; drop the row"),
        (normal(10), np.diag([np.inf] * 10), "inf in row 0, column 0; drop"),
        (np.float16([1, np.inf]), normal(2), "inf in row 1"),
        (normal(4, 4, 4), normal(4), r"x has shape \(4, 4, 4\); give \(N,\) or \(N, d\) numbers"),
        (normal(9), normal(9, 0), r"y has shape \(9, 0\)"),
        ([], [], r"x has shape \(0,\)"),
        (1.0, normal(9), r"x has shape \(\)"),
        (list("abcdefghi"), normal(9), "<U1; give real numbers"),
        (normal(9) * 1j, normal(9), "complex128; give real numbers"),
        ([None] * 9, normal(9), "object; give real numbers"),
        ([[1.0], [1.0, 2.0]], normal(9), "x is ragged; give N rows of equal length"),
    ],
)
def test_bad_input_is_named_with_its_mend(x, y, message):
    with pytest.raises(InputError, match=message):
        checked_pairs(x, y)


def test_scores_are_normal_and_keep_every_rank():
    rows = torch.from_numpy(normal(2000, 3) ** 3)
    scores = normal_scores(rows)
    np.testing.assert_array_equal(scores.argsort(0), rows.argsort(0))
    for column in scores.T.numpy():
        assert stats.kstest(column, "norm").statistic < 0.01


def test_scores_undo_any_increasing_map():
    rows = torch.from_numpy(normal(200, 2))
    for bent in (rows**3, rows.exp(), 1e6 * rows - 3, torch.special.ndtr(rows)):
        torch.testing.assert_close(normal_scores(bent), normal_scores(rows))


def test_equal_values_have_equal_scores():
    scores = normal_scores(torch.tensor([[1.0], [1.0], [2.0], [3.0]]).double())
    assert scores[0] == scores[1] < scores[2] < scores[3]
    assert (normal_scores(torch.ones(5, 1).double()) == 0).all()


def standardised(rows):
    rows = torch.as_tensor(rows, dtype=torch.float64)
    standardiser = Standardiser(rows.shape[1])
    standardiser.fit(rows)
    return standardiser(rows)


def test_columns_have_mean_zero_and_deviation_one():
    found = standardised(normal(500, 3) * [1e-3, 1, 1e4] + [5, -1e3, 1e6])
    assert found.dtype == torch.float32
    torch.testing.assert_close(found.mean(0), torch.zeros(3), atol=1e-5, rtol=0)
    torch.testing.assert_close(found.std(0, correction=0), torch.ones(3))


@pytest.mark.parametrize("scale", [1e-320, 1e-300, 1e-12, 1e12, 1e300])
def test_the_unit_does_not_matter(scale):
    values = np.round(normal(300, 2), 1)
    atol = 1e-2 if scale < 1e-307 else 1e-4  # such numbers have few digits
    torch.testing.assert_close(
        standardised(scale * values), standardised(values), atol=atol, rtol=0
    )


def test_neither_does_an_offset():
    values = normal(300, 2)
    torch.testing.assert_close(standardised(values + 1e8), standardised(values), atol=1e-5, rtol=0)


@pytest.mark.parametrize("constant", [0.0, 0.1, 1e300, -7e-300])
def test_constant_columns_become_zero(constant):
    rows = np.column_stack([np.full(50, constant), normal(50)])
    found = standardised(rows)
    assert (found[:, 0] == 0).all() and found[:, 1].std() > 0.9


def test_until_it_is_fitted_it_does_nothing():
    rows = torch.randn(5, 3)
    assert torch.equal(Standardiser(3)(rows), rows)


def test_gradients_pass_through():
    rows = torch.randn(20, 3)
    standardiser = Standardiser(3)
    standardiser.fit(5 * rows.double())
    rows.requires_grad_()
    standardiser(rows).sum().backward()
    expected = 0.2 / rows.detach().std(0, correction=0).expand(20, 3)
    torch.testing.assert_close(rows.grad, expected)


def test_scores_by_rank_are_those_of_the_rows_fitted_and_rise_between_them():
    rows = torch.from_numpy(np.random.default_rng(0).standard_cauchy((500, 2)))
    scores = RankScores(2)
    assert torch.equal(scores(rows), rows.float())  # until it is fitted
    scores.fit(rows)
    torch.testing.assert_close(scores(rows), normal_scores(rows).float(), atol=1e-5, rtol=0)
    new = torch.linspace(-9, 9, 700, dtype=torch.float64)[:, None].expand(-1, 2)
    assert (scores(new).diff(dim=0) >= 0).all()
    ends = torch.tensor([[-1e308, 1e308]], dtype=torch.float64)
    found, own = scores(ends)[0], scores(rows)
    assert (found[0], found[1]) == (own[:, 0].min(), own[:, 1].max())


@pytest.mark.parametrize("scale", [1e-300, 1.0, 1e305])
def test_scores_of_many_rows_are_near_theirs_whatever_their_scale(scale):
    rows = scale * torch.from_numpy(normal(20_000, 1))
    scores = RankScores(1)
    scores.fit(rows)
    inner = slice(200, -200)
    found, exact = (
        one.sort(0).values[inner] for one in (scores(rows), normal_scores(rows).float())
    )
    torch.testing.assert_close(found, exact, atol=0.02, rtol=0)
