from __future__ import annotations

import math

import pytest
import torch

from mmmie.mi import SMILE
from mmmie.mi.catalogue import SMILE_CLIP
from mmmie.mi.estimators.dv import dv
from mmmie.mi.estimators.js import js
from mmmie.mi.estimators.smile import smile


def by_hand(scores, clip):
    batch = len(scores)
    joint = sum(scores[i][i] for i in range(batch)) / batch
    others = [scores[i][j] for i in range(batch) for j in range(batch) if i != j]
    clipped = [math.exp(min(max(t, -clip), clip)) for t in others]
    return joint - math.log(sum(clipped) / len(clipped))


@pytest.mark.parametrize("clip", [0.5, 2.0, 5.0])
def test_agrees_with_a_loop_and_takes_leading_axes(clip):
    scores = 3 * torch.randn(2, 3, 7, 7, generator=torch.Generator().manual_seed(0))
    found = smile(scores, clip)
    assert found.shape == (2, 3)
    for i in range(2):
        for j in range(3):
            expected = by_hand(scores[i, j].tolist(), clip)
            assert found[i, j].item() == pytest.approx(expected, abs=1e-5)


def test_treats_x_and_y_alike():
    scores = 4 * torch.randn(9, 9, generator=torch.Generator().manual_seed(1))
    torch.testing.assert_close(smile(scores), smile(scores.mT))


def test_without_a_clip_it_is_dv_and_only_the_normaliser_is_clipped():
    scores = 4 * torch.randn(9, 9, generator=torch.Generator().manual_seed(2))
    torch.testing.assert_close(smile(scores, math.inf), dv(scores))
    assert smile(100 * torch.eye(8), 1.0).item() == pytest.approx(100)
    assert smile(100 * (1 - torch.eye(8)), 1.0).item() == pytest.approx(-1)


def test_one_pair_has_nothing_to_be_compared_with():
    assert smile(torch.full((3, 1, 1), 7.0)).tolist() == [0, 0, 0]


def test_names_the_shape_it_cannot_use():
    with pytest.raises(ValueError, match=r"scores must be \(\.\.\., B, B\).*got \(3, 4\)"):
        smile(torch.zeros(3, 4))


def test_it_learns_by_js_and_its_parts_make_one_normaliser():
    torch.manual_seed(0)
    estimator = SMILE(3, 2, hidden=8)
    x, y = torch.randn(6, 3), torch.randn(6, 2)
    scores = estimator.scores(x, y)
    torch.testing.assert_close(estimator.learning_loss(x, y), -js(scores))
    torch.testing.assert_close(estimator(x, y), smile(scores, SMILE_CLIP))


def test_it_tells_how_many_joint_pairs_score_beyond_the_clip(correlated):
    data = correlated(8, 4, 640)
    torch.manual_seed(0)
    estimator = SMILE(4, 4, hidden=8)
    estimator.fit(data.x, data.y, steps=5)
    found = estimator.estimate(data.x, data.y)
    pairs = estimator.standardise_x(data.x), estimator.standardise_y(data.y)
    with torch.no_grad():
        share = (estimator.scores(*pairs).diagonal() > SMILE_CLIP).double().mean().item()
    assert 0.5 < share < 1 and found.fit["clipped"] == pytest.approx(share)
    assert found.doubt is not None and f"{share:.0%} of the pairs" in found.doubt
