from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from mmmie.mi import JS
from mmmie.mi.estimators.js import js
from mmmie.mi.estimators.nwj import nwj
from mmmie.mi.tasks import gaussian


def by_hand(scores):
    batch = len(scores)
    joint = -sum(math.log1p(math.exp(-scores[i][i])) for i in range(batch)) / batch
    others = [scores[i][j] for i in range(batch) for j in range(batch) if i != j]
    return joint - sum(math.log1p(math.exp(t)) for t in others) / len(others)


def test_agrees_with_a_loop_and_takes_leading_axes():
    scores = torch.randn(2, 3, 7, 7, generator=torch.Generator().manual_seed(0))
    found = js(scores)
    assert found.shape == (2, 3)
    for i in range(2):
        for j in range(3):
            assert found[i, j].item() == pytest.approx(by_hand(scores[i, j].tolist()), abs=1e-5)


def test_treats_x_and_y_alike():
    scores = torch.randn(9, 9, generator=torch.Generator().manual_seed(1))
    torch.testing.assert_close(js(scores), js(scores.mT))


def test_it_is_never_above_zero_and_large_scores_do_not_overflow():
    assert js(100 * (2 * torch.eye(8) - 1)).item() == pytest.approx(0, abs=1e-6)
    assert js(1e4 * torch.eye(8)).isfinite()
    assert js(torch.zeros(8, 8)).item() == pytest.approx(-2 * math.log(2))


def test_one_pair_is_scored_alone():
    assert js(torch.zeros(1, 1)).item() == pytest.approx(-math.log(2))


def test_names_the_shape_it_cannot_use():
    with pytest.raises(ValueError, match=r"scores must be \(\.\.\., B, B\).*got \(3, 4\)"):
        js(torch.zeros(3, 4))


def test_the_log_ratio_gives_twice_the_divergence(assert_mean):
    task = gaussian(1, 0.8)
    x, y = (side.reshape(400, 64, 1) for side in task.sample(400 * 64, 0))
    # by quadrature: the divergence of joint and product density from their mean
    line = np.linspace(-8, 8, 801)
    ratio = task.log_ratio(line[:, None], line[:, None])
    product = np.exp(-0.5 * (line[:, None] ** 2 + line**2)) / (2 * math.pi)
    joint = product * np.exp(ratio)
    middle = 0.5 * (joint + product)
    integrand = joint * np.log(joint / middle) + product * np.log(product / middle)
    twice = integrand.sum() * (line[1] - line[0]) ** 2
    assert_mean(js(torch.from_numpy(task.log_ratio(x, y))), twice - 2 * math.log(2))


def test_the_gradients_are_right():
    scores = torch.randn(4, 4, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(js, scores)


def test_it_learns_by_js_and_is_valued_by_nwj():
    torch.manual_seed(0)
    estimator = JS(3, 2, hidden=8)
    x, y = torch.randn(6, 3), torch.randn(6, 2)
    scores = estimator.scores(x, y)
    torch.testing.assert_close(estimator.learning_loss(x, y), -js(scores))
    torch.testing.assert_close(estimator(x, y), nwj(1 + scores))
