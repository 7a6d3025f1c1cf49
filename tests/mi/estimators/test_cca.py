from __future__ import annotations

import pytest
import torch

from mmmie.mi import CCA, estimate
from mmmie.mi.tasks import dense_multinormal, gaussian, transformed


@pytest.mark.parametrize("mi", [2, 4, 6, 8, 10])
def test_five_thousand_pairs_give_the_truth(mi):
    x, y = gaussian(20, mi).sample(5000, seed=mi)
    found = estimate(x, y, "cca")
    assert abs(found.nats - mi) < 3 * found.std + 0.01 * mi
    assert found.std < 0.08
    assert found.bound == "neither" and found.doubt is None


def test_correlated_columns_are_no_trouble():
    task = dense_multinormal(25)
    x, y = task.sample(5000, seed=0)
    found = estimate(x, y, "cca")
    assert abs(found.nats - task.mi) < 3 * found.std + 0.02


def test_every_pair_is_valued_once_and_by_a_fit_without_it():
    x, y = gaussian(2, 1.0).sample(400, seed=0)
    found = estimate(x, y, "cca", batch_size=10)
    assert found.n == 400
    # an estimate from the pairs themselves would be above 1
    x, y = gaussian(30, 0).sample(100, seed=0)
    assert estimate(x, y, "cca").nats < 0.1


def test_it_is_the_same_the_other_way_round_and_after_a_swap_of_columns():
    x, y = gaussian(3, 1.0).sample(600, seed=0)
    plain = estimate(x, y[:, :2], "cca").nats
    assert estimate(y[:, :2], x, "cca").nats == pytest.approx(plain, abs=1e-5)
    assert estimate(x[:, ::-1].copy(), y[:, 1::-1].copy(), "cca").nats == pytest.approx(
        plain, abs=1e-4
    )


def test_the_copula_undoes_a_cube():
    task = transformed(gaussian(5, 3.0), "cubic")
    x, y = task.sample(5000, seed=0)
    plain, ranked = estimate(x, y, "cca"), estimate(x, y, "cca", transform="copula")
    assert abs(plain.nats - 3) > 0.3
    assert plain.doubt is not None and "not Gaussian" in plain.doubt
    assert abs(ranked.nats - 3) < 0.1 and ranked.doubt is None


def test_nothing_is_learned_by_steps():
    estimator = CCA(2, 2)
    assert list(estimator.parameters()) == [] and estimator.fitted == "once"
    with pytest.raises(NotImplementedError, match="learns nothing by steps"):
        estimator.learning_loss(torch.randn(4, 2), torch.randn(4, 2))
