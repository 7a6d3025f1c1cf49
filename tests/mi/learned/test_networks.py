from __future__ import annotations

import pytest
import torch

from mmmie.mi.learned.networks import SkipMLP, residual_mlp


@pytest.mark.parametrize("hidden", [1, 3, 64])
def test_the_deep_part_starts_at_nothing_and_can_learn(hidden):
    torch.manual_seed(0)
    deep = residual_mlp(3, 2, hidden)
    x = torch.randn(4, 5, 3)
    assert deep(x).shape == (4, 5, 2) and (deep(x) == 0).all()
    deep(x).sum().backward()
    assert deep[-1].weight.grad.abs().sum() > 0


def test_with_a_line_it_starts_as_the_line():
    torch.manual_seed(0)
    network = SkipMLP(3, 2, 8)
    x = torch.randn(5, 3)
    assert torch.equal(network(x), network.linear(x))
