from __future__ import annotations

import pytest
import torch

from mmmie.mi import VCLUBS
from mmmie.mi.estimators.club import club
from mmmie.mi.estimators.vclub_s import vclub_s


def test_is_the_mean_difference_and_takes_leading_axes():
    joint, other = torch.randn(2, 3, 7), torch.randn(2, 3, 7)
    torch.testing.assert_close(vclub_s(joint, other), joint.mean(-1) - other.mean(-1))


def test_all_its_choices_of_another_pair_have_club_as_their_mean():
    matrix = torch.randn(5, 5, generator=torch.Generator().manual_seed(0))
    own = matrix.diagonal()
    shifts = [vclub_s(own, matrix.roll(-k, -1).diagonal()) for k in range(1, 5)]
    torch.testing.assert_close(torch.stack(shifts).mean(), club(matrix))


def test_the_value_compares_every_pair_with_the_next():
    torch.manual_seed(0)
    estimator = VCLUBS(3, 2, hidden=8)
    x, y = torch.randn(6, 3), torch.randn(6, 2)
    matrix = estimator.q.pairwise(x, y)
    expected = sum(matrix[i, i] - matrix[i, (i - 1) % 6] for i in range(6)) / 6
    torch.testing.assert_close(estimator(x, y), expected)
    assert estimator(x[:1], y[:1]).item() == 0


def test_it_has_more_noise_than_club(correlated):
    data = correlated(4, 4, 4000)
    torch.manual_seed(0)
    estimator = VCLUBS(4, 4, hidden=8)
    estimator.start(data.x, data.y)
    batches = zip(data.x.split(20), data.y.split(20), strict=True)
    found = [(estimator(x, y).item(), club(estimator.q.pairwise(x, y)).item()) for x, y in batches]
    one, all_others = torch.tensor(found).T
    assert one.std() > 1.2 * all_others.std()
    error = (one - all_others).std().item() / len(found) ** 0.5
    assert one.mean().item() == pytest.approx(all_others.mean().item(), abs=3 * error)
