from __future__ import annotations

import math

import pytest
import torch

from mmmie.mi.pair_matrix import batch_of, joint_and_others, log_mean_exp


def test_the_diagonal_and_the_rest_are_told_apart():
    matrix = torch.arange(2 * 3 * 4 * 4.0).reshape(2, 3, 4, 4)
    joint, others = joint_and_others(matrix, "scores")
    assert joint.shape == (2, 3, 4) and others.shape == (2, 3, 12)
    own = torch.eye(4, dtype=torch.bool)
    torch.testing.assert_close(joint[1, 2], matrix[1, 2][own])
    torch.testing.assert_close(others[1, 2], matrix[1, 2][~own])


def test_the_rest_goes_row_by_row():
    _, others = joint_and_others(torch.arange(9.0).reshape(3, 3), "scores")
    assert others.tolist() == [1, 2, 3, 5, 6, 7]


def test_matrices_need_not_lie_in_one_piece():
    matrix = torch.randn(5, 5, 2).movedim(-1, 0).mT
    _, others = joint_and_others(matrix, "scores")
    torch.testing.assert_close(others[1], matrix[1][~torch.eye(5, dtype=torch.bool)])


def test_one_pair_has_no_others():
    joint, others = joint_and_others(torch.full((2, 1, 1), 3.0), "scores")
    assert joint.tolist() == [[3], [3]] and others.shape == (2, 0)


def test_gradients_reach_both_parts():
    matrix = torch.randn(3, 3, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda m: joint_and_others(m, "scores"), matrix)


@pytest.mark.parametrize("shape", [(3, 4), (4,), (), (2, 0, 0), (3, 3, 2)])
def test_other_shapes_are_named(shape):
    for read in (batch_of, joint_and_others):
        with pytest.raises(ValueError, match=r"scores must be \(\.\.\., B, B\) with B of") as error:
            read(torch.zeros(shape), "scores")
        assert str(error.value).endswith(f"got {shape}")


def test_log_mean_exp_is_what_it_says_and_does_not_overflow():
    values = torch.randn(3, 7, dtype=torch.float64)
    torch.testing.assert_close(log_mean_exp(values), values.exp().mean(-1).log())
    assert log_mean_exp(torch.tensor([1000.0, 1000.0])).item() == pytest.approx(1000)
    assert log_mean_exp(torch.tensor([-math.inf, 0.0])).item() == pytest.approx(-math.log(2))
