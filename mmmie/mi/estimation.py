"""Estimate the mutual information of two arrays of paired rows."""

from __future__ import annotations

import copy
import math
import time
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import torch
from torch import Tensor
from torch.optim.lr_scheduler import OneCycleLR
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from mmmie.errors import InputError
from mmmie.mi.estimator import Bound, Estimator
from mmmie.mi.registry import estimator_class

_LEAST_PAIRS = 8
_HELD_OUT = 1 / 4
_STOPPING = 1 / 5
_CHECKS = 40
_AVERAGING = 0.99
_NEAR_CEILING = 0.8
_ROUNDING = 0.01

Pairs = tuple[Tensor, Tensor]


@dataclass(frozen=True)
class Estimate:
    """What one estimator says about I(x; y).

    Attributes:
        estimator: its name in the registry.
        nats: the mean of its values on the held-out batches.
        std: the standard error of `nats`: the standard deviation over the held-out batches,
            divided by the root of their number. It says nothing of the bias of the bound.
        bound: whether `nats` estimates a lower bound, an upper bound or neither.
        ceiling: the most that it could return at the batch size used, None if unlimited.
        seconds: wall time.
        seed: what the split, the batches and the networks were drawn from.
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
        """What may be concluded, in one plain sentence."""
        value = f"{self.nats:.2f} ± {self.std:.2f} nats"
        if self.bound == "lower":
            return self._lower(value)
        if self.bound == "upper":
            return self._upper(value)
        return f"{self.estimator} estimates {value}, which is neither a lower nor an upper bound."

    def _lower(self, value: str) -> str:
        if self.nats < 2 * self.std + _ROUNDING:
            return (
                f"{self.estimator} shows no dependence between x and y ({value}), which does not "
                f"show that there is none: it is a lower bound."
            )
        shown = f"{self.estimator} shows that x and y share at least {value}"
        if self.ceiling is None or self.nats < _NEAR_CEILING * self.ceiling:
            return f"{shown}."
        return (
            f"{shown}, and it may be far more: this is close to the ceiling of "
            f"{self.ceiling:.2f} nats that the batch size sets."
        )

    def _upper(self, value: str) -> str:
        if self.nats < -2 * self.std - _ROUNDING:
            return (
                f"{self.estimator} gives {value}, and since an upper bound cannot be negative its "
                f"learned conditional does not fit and nothing may be concluded."
            )
        return (
            f"{self.estimator} says that x and y share at most {value}, provided that its learned "
            f"conditional fits; with a poor fit they may share more."
        )


def estimate(
    x: Any,
    y: Any,
    estimator: str = "infonce",
    steps: int = 2000,
    batch_size: int = 64,
    hidden: int = 256,
    seed: int = 0,
    learning_rate: float = 1e-3,
) -> Estimate:
    """Estimate I(x; y) from paired rows.

    Columns are standardised (over all rows: that uses no pairing) and constant ones dropped, so
    that shifting or scaling a column changes nothing. A quarter of the pairs is held out, and the
    value is the mean over batches of these. Of the rest, four fifths are fitted and one fifth
    chooses the step to stop at. Networks are small, so all is computed on the CPU.

    Args:
        x: (N, dim_x) or (N,) numbers, an array or a tensor.
        y: (N, dim_y) or (N,) numbers; row i belongs to row i of x.
        estimator: a name in `mmmie.mi.registry`.
        steps: steps of Adam with a one-cycle learning rate.
        batch_size: pairs a batch, in fitting and in evaluation. Fewer are used where the held-out
            pairs would not fill two batches, and `ceiling` is that of the size used.
        hidden: width of the networks.
        seed: makes the result reproducible; the global random state is left as it was.
        learning_rate: the peak of the cycle.

    Returns:
        The estimate. A constant x or y gives 0 nats, with no uncertainty.

    Raises:
        InputError: x or y are not finite numbers of these shapes, their rows do not match or are
            fewer than 8, the estimator is unknown, or an option is out of its range.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> x = rng.standard_normal((1000, 3))
        >>> found = estimate(x, x + rng.standard_normal((1000, 3)), "vub", steps=20)
        >>> bool(abs(found.nats - 1.5 * math.log(2)) < 0.2)  # the truth is 3/2 ln 2
        True
    """
    start = time.perf_counter()
    kind = estimator_class(estimator)
    _check_options(steps, batch_size, hidden, seed, learning_rate)
    rows_x, rows_y = _rows(x, "x"), _rows(y, "y")
    n = len(rows_x)
    if n != len(rows_y):
        raise InputError(
            f"x has {n} rows and y {len(rows_y)}; give pairs, row i of x with row i of y"
        )
    if n < _LEAST_PAIRS:
        raise InputError(f"x and y have {n} rows; give at least {_LEAST_PAIRS} pairs")
    held_out = max(round(n * _HELD_OUT), 4)
    batch = min(batch_size, held_out // 2)
    columns = _standardised(rows_x), _standardised(rows_y)
    if all(side.shape[1] for side in columns):
        # torch.manual_seed would also seed the accelerators, whose state is not set back here
        with torch.random.fork_rng(devices=[]), torch.inference_mode(False), torch.enable_grad():
            torch.default_generator.manual_seed(seed)
            order = torch.randperm(n)
            known, held = _split((columns[0][order], columns[1][order]), n - held_out)
            model = kind(columns[0].shape[1], columns[1].shape[1], hidden)
            values = _values(_fitted(model, known, steps, batch, learning_rate), held, batch)
    else:
        values = torch.zeros(2)
    return Estimate(
        estimator=estimator,
        nats=values.mean().item(),
        std=values.std().item() / math.sqrt(len(values)),
        bound=kind.bound,
        ceiling=kind.ceiling(batch),
        seconds=time.perf_counter() - start,
        seed=seed,
        n=n,
        dim_x=rows_x.shape[1],
        dim_y=rows_y.shape[1],
    )


def _check_options(
    steps: int, batch_size: int, hidden: int, seed: int, learning_rate: float
) -> None:
    for name, value, least in (
        ("steps", steps, 1),
        ("batch_size", batch_size, 2),
        ("hidden", hidden, 1),
        ("seed", seed, 0),
    ):
        if value < least:
            raise InputError(f"{name} is {value}; use {least} or more")
    if not 0 < learning_rate < math.inf:
        raise InputError(f"learning_rate is {learning_rate}; use a positive number")


def _rows(values: Any, name: str) -> np.ndarray:
    """The values as float64 (N, d), checked."""
    if isinstance(values, Tensor):
        values = values.detach().cpu()
        if values.dtype == torch.bfloat16:  # unknown to numpy
            values = values.float()
    try:
        array = np.asarray(values)
    except ValueError:
        raise InputError(f"{name} is ragged; give N rows of equal length") from None
    if array.dtype.kind not in "fiub":
        raise InputError(f"{name} holds {array.dtype}; give real numbers")
    if array.ndim not in (1, 2) or 0 in array.shape[1:]:
        raise InputError(f"{name} has shape {array.shape}; give (N,) or (N, d) numbers")
    array = array.astype(np.float64).reshape(len(array), -1)
    bad = np.argwhere(~np.isfinite(array))
    if len(bad):
        row, column = bad[0]
        raise InputError(
            f"{name} holds {array[row, column]} in row {row}, column {column}; drop the row or "
            f"put in a finite number"
        )
    return array


def _standardised(rows: np.ndarray) -> Tensor:
    """Columns (N, d) of mean 0 and deviation 1, float32, without the constant ones."""
    rows = rows[:, rows.min(0) != rows.max(0)]
    # squares of very large or small numbers leave the range of floats, so rescale first
    rows = rows / np.abs(rows).max(0)
    rows = rows - rows.mean(0)
    return torch.from_numpy((rows / rows.std(0)).astype(np.float32))


def _split(pairs: Pairs, at: int) -> tuple[Pairs, Pairs]:
    x, y = pairs
    return (x[:at], y[:at]), (x[at:], y[at:])


def _batches(pairs: Pairs, size: int) -> list[Pairs]:
    """Whole batches only, or the one that is smaller than `size`."""
    x, y = pairs
    whole = max(len(x) // size, 1) * size
    return list(zip(x[:whole].split(size), y[:whole].split(size), strict=True))


@torch.no_grad()
def _values(model: Estimator, pairs: Pairs, batch: int) -> Tensor:
    return torch.stack([model(*few) for few in _batches(pairs, batch)])


@torch.no_grad()
def _loss(model: Estimator, pairs: Pairs, batch: int) -> float:
    losses = [model.learning_loss(*few) for few in _batches(pairs, batch)]
    return torch.stack(losses).mean().item()


def _fitted(
    model: Estimator, pairs: Pairs, steps: int, batch: int, learning_rate: float
) -> Estimator:
    """The running mean of the parameters, at the step where it was best on pairs set aside.

    Both are against overfitting, which makes every one of the bounds wrong in its own way: lower
    bounds and L1Out fall, CLUB and VUB rise.
    """
    n = len(pairs[0])
    (x, y), aside = _split(pairs, n - max(round(n * _STOPPING), 1))
    model.prepare(x, y)
    averaged = AveragedModel(model, multi_avg_fn=get_ema_multi_avg_fn(_AVERAGING))
    mean_model = cast(Estimator, averaged.module)
    optimiser = torch.optim.Adam(model.parameters(), lr=learning_rate)
    schedule = OneCycleLR(optimiser, learning_rate, total_steps=steps)
    best, lowest = copy.deepcopy(mean_model), _loss(mean_model, aside, batch)
    order = torch.randperm(len(x))
    for step in range(1, steps + 1):
        if len(order) < batch:
            order = torch.randperm(len(x))
        rows, order = order[:batch], order[batch:]
        optimiser.zero_grad()
        model.learning_loss(x[rows], y[rows]).backward()
        optimiser.step()
        schedule.step()
        averaged.update_parameters(model)
        if step % max(steps // _CHECKS, 1) == 0:
            loss = _loss(mean_model, aside, batch)
            if loss < lowest:
                lowest = loss
                best.load_state_dict(mean_model.state_dict())
    return best
