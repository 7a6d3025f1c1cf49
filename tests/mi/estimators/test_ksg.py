from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.special import digamma

from mmmie.mi import KSG, estimate
from mmmie.mi.estimators.ksg import MOST_ROWS, ksg
from mmmie.mi.tasks import gaussian, task_named


def by_hand(x, y, k):
    n = len(x)
    terms = []
    for i in range(n):
        apart_x = [max(abs(a - b) for a, b in zip(x[i], x[j], strict=True)) for j in range(n)]
        apart_y = [max(abs(a - b) for a, b in zip(y[i], y[j], strict=True)) for j in range(n)]
        both = sorted(max(apart_x[j], apart_y[j]) for j in range(n) if j != i)
        reach = both[k - 1]
        near_x = sum(apart_x[j] < reach for j in range(n) if j != i)
        near_y = sum(apart_y[j] < reach for j in range(n) if j != i)
        terms.append(digamma(k) + digamma(n) - digamma(near_x + 1) - digamma(near_y + 1))
    return terms


@pytest.mark.parametrize("k", [1, 3, 5])
def test_agrees_with_a_loop(k):
    random = np.random.default_rng(0)
    x, y = random.standard_normal((40, 2)), random.standard_normal((40, 1))
    y += x[:, :1]
    found = ksg(torch.from_numpy(x), torch.from_numpy(y), k)
    np.testing.assert_allclose(found, by_hand(x, y, k), atol=1e-12)


def test_more_rows_than_a_chunk_agree_with_a_loop():
    random = np.random.default_rng(1)
    x, y = random.standard_normal((300, 1)), random.standard_normal((300, 1))
    found = ksg(torch.from_numpy(x), torch.from_numpy(y))
    np.testing.assert_allclose(found, by_hand(x, y, 5), atol=1e-12)


def test_x_and_y_can_change_places():
    random = np.random.default_rng(0)
    x, y = (torch.from_numpy(random.standard_normal((300, d))) for d in (2, 3))
    torch.testing.assert_close(ksg(x, y).mean(), ksg(y, x).mean(), atol=1e-9, rtol=0)


@pytest.mark.parametrize("rows", [2, 3, 5, 6])
def test_few_rows_have_fewer_neighbours(rows):
    x = torch.randn(rows, 2)
    assert ksg(x, torch.randn(rows, 1)).isfinite().all()


@pytest.mark.parametrize("columns", [1, 2])
def test_equal_values_are_not_taken_for_dependence(columns):
    random = np.random.default_rng(0)
    x, y = (torch.from_numpy(random.integers(0, 3, (600, columns))) for _ in range(2))
    assert abs(ksg(x, y).mean().item()) < 0.1


def test_classes_share_their_entropy():
    x = np.random.default_rng(0).choice(4, 3000, p=[0.4, 0.3, 0.2, 0.1])
    truth = -sum(p * np.log(p) for p in (0.4, 0.3, 0.2, 0.1))
    assert estimate(x, x, "ksg").nats == pytest.approx(truth, abs=0.05)


def test_a_class_and_a_number_share_what_they_do():
    # y is uniform on [class, class + 2] (Gao et al. 2017): I = ln m - (m - 1) / m ln 2
    random = np.random.default_rng(0)
    x = random.integers(0, 5, 4000)
    y = x + 2 * random.random(4000)
    truth = np.log(5) - 0.8 * np.log(2)
    found = estimate(x, y, "ksg")
    assert found.nats == pytest.approx(truth, abs=0.05) and found.doubt is None


@pytest.mark.parametrize("share", [0.2, 0.5])
def test_atoms_are_draws_like_all_others(share):
    random = np.random.default_rng(0)
    x, noise = random.standard_normal((2, 4000))
    y = 0.8 * x + 0.6 * noise
    silent = random.random(4000) < share
    entropy = -share * np.log(share) - (1 - share) * np.log(1 - share)
    truth = entropy - (1 - share) * np.log(0.6)
    found = estimate(np.where(silent, 0, x), np.where(silent, 0, y), "ksg")
    assert found.n == 4000
    assert found.nats == pytest.approx(truth, abs=0.05 + 3 * found.std)


def test_neighbours_of_one_s_own_group_do_not_count():
    random = np.random.default_rng(0)
    group = np.arange(600) // 6
    x, y = (random.standard_normal((100, 1))[group] for _ in range(2))
    x, y = (torch.from_numpy(side + 0.05 * random.standard_normal((600, 1))) for side in (x, y))
    assert ksg(x, y).mean() > 0.5
    assert abs(ksg(x, y, group=torch.from_numpy(group)).mean().item()) < 0.15


@pytest.mark.parametrize(("dim", "nats"), [(1, 0.5), (3, 0.3)])
def test_its_error_is_what_seeds_differ_by(dim, nats):
    found = [estimate(*gaussian(dim, nats).sample(600, seed), "ksg") for seed in range(40)]
    spread = np.std([one.nats for one in found], ddof=1)
    assert 0.75 < spread / np.mean([one.std for one in found]) < 1.35


def test_a_constant_is_no_trouble():
    constant = torch.ones(200, 1)
    assert ksg(constant, torch.randn(200, 1)).isfinite().all()


@pytest.mark.parametrize(
    "name",
    ["1v1-normal-0.75", "1v1-bimodal-0.75", "half_cube-1v1-normal-0.75", "1v1-additive-0.1",
     "swissroll_x-normal_cdf-1v1-normal-0.75", "multinormal-sparse-2-2-2-2.0"],
)  # fmt: skip
def test_it_is_near_the_truth_of_tasks_of_any_shape(name):
    task = task_named(name)
    found = estimate(*task.sample(3000, seed=0), "ksg")
    assert abs(found.nats - task.mi) < 3 * found.std + 0.05 * task.mi
    assert found.std < 0.05 and found.doubt is None and found.bound == "neither"


def test_of_more_pairs_than_it_can_compare_it_takes_some_at_random():
    x, y = gaussian(1, 0.5).sample(MOST_ROWS + 1500, seed=0)
    order = x[:, 0].argsort()
    for rows in (slice(None), order):
        found = estimate(x[rows], y[rows], "ksg")
        assert abs(found.nats - 0.5) < 4 * found.std
        assert found.n == MOST_ROWS


def test_in_many_dimensions_it_is_doubted():
    x, y = gaussian(4, 1.0).sample(300, seed=0)
    found = estimate(x, y, "ksg")
    assert found.fit == {"dimensions": 8.0}
    assert found.doubt is not None and "in 8 dimensions neighbours are far away" in found.doubt


def test_it_has_no_parameters():
    assert list(KSG(2, 2).parameters()) == [] and KSG.fitted == "never"
