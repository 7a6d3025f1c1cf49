from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy import stats

from mmmie.mi.closed.canonical import CanonicalCorrelations
from mmmie.mi.tasks import gaussian, sparse_multinormal


def fitted(x, y):
    found = CanonicalCorrelations(x.shape[1], y.shape[1])
    found.fit(x.float(), y.float())
    return found


def sample(task, n, seed=0):
    return map(torch.from_numpy, task.sample(n, seed))


@pytest.mark.parametrize("task", [gaussian(5, 2.0), sparse_multinormal(5), gaussian(1, 3.0)])
def test_the_information_is_that_of_the_correlations(task):
    found = fitted(*sample(task, 20_000))
    assert found.information().item() == pytest.approx(task.mi, rel=0.03)
    shares = -0.5 * np.log1p(-(found.correlations.double().numpy() ** 2))
    assert found.information().item() == pytest.approx(shares.sum(), rel=1e-4)


def test_the_log_ratio_is_that_of_the_joint_gaussian():
    task = gaussian(3, 2.0)
    x, y = sample(task, 50_000)
    mixing = torch.tensor([[1.0, 2, 0], [0, 1, -1], [0, 0, 0.5]]).double()
    x = x @ mixing
    found = fitted(x, y).log_ratio(x[:6].float(), y[:6].float())
    both = np.cov(np.hstack([x, y]).T)
    mean = np.hstack([x, y]).mean(0)
    joint = stats.multivariate_normal(mean, both)
    side_x = stats.multivariate_normal(mean[:3], both[:3, :3])
    side_y = stats.multivariate_normal(mean[3:], both[3:, 3:])
    for i in range(6):
        for j in range(6):
            expected = joint.logpdf(np.hstack([x[i], y[j]])) - (
                side_x.logpdf(x[i]) + side_y.logpdf(y[j])
            )
            assert found[i, j].item() == pytest.approx(expected, abs=0.15, rel=0.03)


def test_pairs_are_the_diagonal():
    x, y = (side.float() for side in sample(gaussian(3, 2.0), 300))
    found = fitted(x, y)
    torch.testing.assert_close(
        found.log_ratio(x, y).diagonal(), found.log_ratio_of_pairs(x, y), atol=1e-4, rtol=1e-4
    )


def test_x_and_y_can_change_places():
    x, y = (side.float() for side in sample(gaussian(3, 2.0), 300))
    there, back = fitted(x, y[:, :2]), fitted(y[:, :2], x)
    torch.testing.assert_close(
        there.log_ratio(x, y[:, :2]), back.log_ratio(y[:, :2], x).mT, atol=1e-3, rtol=1e-3
    )


def test_mixing_the_columns_changes_nothing():
    x, y = sample(gaussian(3, 2.0), 5000)
    mixing = torch.tensor([[1.0, 2, 0], [0, 1, -1], [0, 0, 3.0]]).double()
    plain, mixed = fitted(x, y), fitted(x @ mixing, y)
    assert mixed.information().item() == pytest.approx(plain.information().item(), rel=0.01)


@pytest.mark.parametrize(("rows", "dim"), [(30, 20), (100, 60), (20, 40)])
def test_few_pairs_in_many_dimensions_are_not_taken_for_dependence(rows, dim):
    random = torch.Generator().manual_seed(0)
    claimed, held_out = [], []
    for _ in range(10):  # single draws of so few rows differ
        x, y, new_x, new_y = (torch.randn(n, dim, generator=random) for n in (rows, rows, 500, 500))
        found = fitted(x, y)
        claimed.append(found.information().item())
        held_out.append(found.log_ratio_of_pairs(new_x, new_y).mean().item())
    assert np.mean(claimed) < 0.5 and abs(np.mean(held_out)) < 0.75


def test_until_it_is_fitted_nothing_is_shared():
    x, y = torch.randn(5, 3), torch.randn(5, 2)
    assert (CanonicalCorrelations(3, 2).log_ratio(x, y) == 0).all()


@pytest.mark.parametrize(
    ("x", "y"),
    [
        (torch.zeros(20, 2), torch.randn(20, 2)),
        (torch.zeros(20, 2), torch.zeros(20, 1)),
        (torch.randn(20, 1).expand(20, 3), torch.randn(20, 2)),
        (torch.randn(2, 3), torch.randn(2, 3)),
        (torch.randn(1, 3), torch.randn(1, 3)),
        (torch.eye(20)[:, :2], torch.eye(20)[:, 1:3]),
    ],
    ids=["constant", "constants", "equal columns", "two", "one", "rare"],
)
def test_hard_rows_give_finite_ratios(x, y):
    found = fitted(x, y)
    assert found.information().isfinite()
    assert found.log_ratio(x, y).isfinite().all()


def test_a_copy_has_much_but_finite_information():
    x = torch.randn(500, 2, generator=torch.Generator().manual_seed(0))
    found = fitted(x, x)
    assert 6 < found.information().item() < 40
    assert found.log_ratio(x, x).isfinite().all()
