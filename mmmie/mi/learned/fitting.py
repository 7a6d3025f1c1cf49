"""Fit an estimator to pairs by steps of gradient descent."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from contextlib import contextmanager
from typing import cast

import torch
from torch import Tensor, nn
from torch.optim.lr_scheduler import OneCycleLR
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from mmmie.mi.groups import equal_pairs

_STOPPING = 1 / 5
_MOST_STOPPING = 2048
_CHECKS = 40
_PATIENCE = 8
_WARM_UP = 0.3
_WORTHWHILE = 0.002  # nats
_AVERAGE_EVERY = 10
_AVERAGING = 0.9

Pairs = tuple[Tensor, Tensor]


class Learner(nn.Module):
    """What is fitted by steps: a loss on batches, and what is done before and after the steps.

    All methods get standardised pairs, x (N, dim_x) and y (N, dim_y).
    """

    def prepare(self, x: Tensor, y: Tensor) -> None:
        """Take from all pairs what no step learns, such as a marginal."""

    def start(self, x: Tensor, y: Tensor) -> None:
        """Start where a fit in closed form is, so that steps learn only what that misses."""

    def settle(self, x: Tensor, y: Tensor) -> None:
        """Take what is of use from the fitted pairs once the networks are fitted."""

    def loss(self, x: Tensor, y: Tensor) -> Tensor:
        """What is minimised, a scalar."""
        raise NotImplementedError(f"{type(self).__name__} learns nothing by steps")

    @staticmethod
    def batches(x: Tensor, y: Tensor, size: int) -> list[tuple[Tensor, Tensor]]:
        """Whole batches only, or the one that is smaller than `size`."""
        whole = max(len(x) // size, 1) * size
        return list(zip(x[:whole].split(size), y[:whole].split(size), strict=True))


@contextmanager
def one_thread() -> Iterator[None]:
    """Networks and batches are so small that several threads mostly wait for each other."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)


def fit_by_steps(
    model: Learner,
    x: Tensor,
    y: Tensor,
    steps: int,
    batch: int,
    learning_rate: float,
    seed: int,
    group: Tensor | None = None,
) -> None:
    """Fit to standardised pairs, x (N, dim_x) and y (N, dim_y), of which some may go together.

    What is kept is the running mean of the parameters at the step where it was best on a fifth
    of the pairs, which is set aside. Both are against overfitting, which makes every bound
    wrong in its own way: lower bounds and L1Out fall, CLUB and VUB rise. Fitting ends early once
    a fifth of the steps brought nothing worthwhile.
    """
    # torch.manual_seed would also seed the accelerators, whose state is not set back here
    with (
        one_thread(),
        torch.random.fork_rng(devices=[]),
        torch.inference_mode(False),
        torch.enable_grad(),
    ):
        torch.default_generator.manual_seed(seed)
        given = group is not None
        if group is None:
            group = torch.from_numpy(equal_pairs(x.cpu().numpy(), y.cpu().numpy()))
        group = group.unique(return_inverse=True)[1]  # numbers without a gap
        place = torch.randperm(int(group.max()) + 1)[group]  # copies in one place
        aside_count = min(max(round(int(place.max() + 1) * _STOPPING), 1), _MOST_STOPPING)
        order = place.argsort(stable=True)
        aside, known = (order[place[order] < aside_count], order[place[order] >= aside_count])
        if given:  # else a batch would be of few groups
            aside = aside[torch.randperm(len(aside))]
        pairs = (x[known], y[known]) if len(known) else (x, y)
        _descend(model, pairs, (x[aside], y[aside]), steps, batch, learning_rate)


def _descend(
    model: Learner, pairs: Pairs, aside: Pairs, steps: int, batch: int, learning_rate: float
) -> None:
    x, y = pairs
    model.prepare(x, y)
    model.start(x, y)
    averaged = AveragedModel(
        model, multi_avg_fn=get_ema_multi_avg_fn(_AVERAGING), use_buffers=False
    )
    mean_model = cast(Learner, averaged.module)
    optimiser = torch.optim.Adam(model.parameters(), lr=learning_rate, fused=True)
    schedule = OneCycleLR(optimiser, learning_rate, total_steps=steps, pct_start=_WARM_UP)
    best, lowest = copy.deepcopy(mean_model.state_dict()), _loss(mean_model, aside, batch)
    every, waited, mark = max(steps // _CHECKS, _AVERAGE_EVERY), 0, lowest
    model.train()
    order = torch.randperm(len(x))
    for step in range(1, steps + 1):
        if len(order) < batch:
            order = torch.randperm(len(x))
        rows, order = order[:batch], order[batch:]
        optimiser.zero_grad()
        model.loss(x[rows], y[rows]).backward()
        optimiser.step()
        schedule.step()
        if step % _AVERAGE_EVERY == 0 or step < _AVERAGE_EVERY:
            averaged.update_parameters(model)
        if step % every == 0:
            loss = _loss(mean_model, aside, batch)
            if loss < lowest:
                best, lowest = copy.deepcopy(mean_model.state_dict()), loss
            waited = 0 if loss < mark - _WORTHWHILE else waited + 1
            mark = min(mark, loss) if waited == 0 else mark
            if waited >= _PATIENCE and step > _WARM_UP * steps:
                break
    model.load_state_dict(best)
    with torch.no_grad():
        model.eval()
        model.settle(x, y)


@torch.no_grad()
def _loss(model: Learner, pairs: Pairs, batch: int) -> float:
    model.eval()
    return torch.stack([model.loss(*few) for few in model.batches(*pairs, batch)]).mean().item()
