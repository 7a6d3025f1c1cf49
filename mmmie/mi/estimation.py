"""Estimate the mutual information of two arrays of paired rows."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from mmmie.errors import InputError
from mmmie.mi.estimator import Bound, Estimator
from mmmie.mi.registry import estimator_class

_LEAST_PAIRS = 8
_HELD_OUT = 1 / 4
_STOPPING = 1 / 5
_CHECKS = 40
_AVERAGING = 0.99


@dataclass(frozen=True)
class Estimate:
    """What one estimator says about I(x; y).

    Attributes:
        estimator: its name in the registry.
        nats: the mean of its value over held-out batches.
        std: the standard error of `nats`: the standard deviation over the held-out batches
            divided by the root of their number. It says nothing about the bias.
        bound: whether `nats` estimates a lower bound, an upper bound or neither.
        ceiling: the most that the estimator could return at its batch size, None if unlimited.
        seconds: wall time.
        seed: what the split, the order of the batches and the networks were drawn from.
        n: pairs.
        dim_x: columns of x.
        dim_y: columns of y.
    """

    estimator: str
    nats: float
    std: float
    bound: Bound
    ceiling: float | None
    seconds: float
    seed: int
    n: int
    dim_x: int
    dim_y: int

    @property
    def sentence(self) -> str:
        """One plain sentence: what may be concluded."""
        figure = f"{self.nats:.2f} ± {self.std:.2f} nats"
        if self.bound == "neither":
            return f"{self.estimator} estimates {figure}, which bounds the truth on neither side."
        if self.bound == "upper":
            return (
                f"{self.estimator} puts the mutual information at no more than {figure}, "
                f"provided that its learned conditional fits; with a poor fit the truth can be "
                f"higher."
            )
        if self.nats < 2 * self.std:
            return (
                f"{self.estimator} shows no dependence ({figure}); a lower bound near zero does "
                f"not show independence either."
            )
        limit = ""
        if self.ceiling is not None and self.nats > 0.8 * self.ceiling:
            limit = (
                f", and the truth may be far higher: this is close to the ceiling of "
                f"{self.ceiling:.2f} nats that the batch size sets"
            )
        return f"{self.estimator} shows that x and y share at least {figure}{limit}."


def estimate(
    x: Any,
    y: Any,
    estimator: str = "infonce",
    steps: int = 2000,
    batch_size: int = 64,
    hidden: int = 256,
    seed: int = 0,
    learning_rate: float = 5e-4,
    _opts=None,
) -> Estimate:
    start = time.perf_counter()
    kind = estimator_class(estimator)
    rows_x, rows_y = _rows(x, "x"), _rows(y, "y")
    n = len(rows_x)
    a, b = _standardised(rows_x), _standardised(rows_y)
    batch = min(batch_size, max(int(n * _HELD_OUT) // 2, 2))
    with torch.random.fork_rng(devices=[]), torch.enable_grad():
        torch.default_generator.manual_seed(seed)
        order = torch.randperm(n)
        a, b = a[order], b[order]
        held_out = max(round(n * _HELD_OUT), 4)
        stopping = max(round((n - held_out) * _STOPPING), 1)
        cuts = [n - held_out - stopping, stopping, held_out]
        (fx, sx, hx), (fy, sy, hy) = a.split(cuts), b.split(cuts)
        model = kind(a.shape[1], b.shape[1], hidden)
        model = _fitted(model, (fx, fy), (sx, sy), steps, batch, learning_rate)
        with torch.no_grad():
            values = torch.stack([model(*p) for p in _batches(hx, hy, batch)])
    return Estimate(
        estimator,
        values.mean().item(),
        values.std().item() / math.sqrt(len(values)),
        kind.bound,
        model.ceiling(batch),
        time.perf_counter() - start,
        seed,
        n,
        rows_x.shape[1],
        rows_y.shape[1],
    )


def _batches(x, y, size):
    return [p for p in zip(x.split(size), y.split(size)) if len(p[0]) == size] or [(x, y)]


def _rows(v, name):
    v = np.asarray(v, np.float64)
    return v[:, None] if v.ndim == 1 else v


def _standardised(rows: np.ndarray) -> Tensor:
    return torch.tensor((rows - rows.mean(0)) / rows.std(0), dtype=torch.float32)


def _fitted(model, fit, stopping, steps, batch, learning_rate):
    model.prepare(*fit)
    averaged = AveragedModel(model, multi_avg_fn=get_ema_multi_avg_fn(_AVERAGING))
    optimiser = torch.optim.Adam(model.parameters(), lr=learning_rate)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, learning_rate, total_steps=steps)
    best, kept = math.inf, None
    order = torch.randperm(len(fit[0]))
    held = _batches(*stopping, batch)
    every = max(steps // _CHECKS, 1)
    track = []
    for step in range(steps + 1):
        if step % every == 0 or step == steps:
            with torch.no_grad():
                loss = torch.stack([averaged.module.learning_loss(*p) for p in held]).mean().item()
            track.append(round(loss, 3))
            if loss < best:
                best, kept, bs = (
                    loss,
                    {k: v.clone() for k, v in averaged.module.state_dict().items()},
                    step,
                )
        if step == steps:
            break
        if len(order) < batch:
            order = torch.randperm(len(fit[0]))
        rows, order = order[:batch], order[batch:]
        optimiser.zero_grad()
        model.learning_loss(fit[0][rows], fit[1][rows]).backward()
        optimiser.step()
        schedule.step()
        averaged.update_parameters(model)
    model.load_state_dict(kept)
    model.bs = bs
    global LAST
    LAST = (bs, track)
    return model
