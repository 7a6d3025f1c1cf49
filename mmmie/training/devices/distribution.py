"""One training on several processes, as ``torchrun`` starts them; a plain training is one of one.

Every process (rank) encodes its share of the utterances of a batch and predicts its share of the
targets. Codes and predictions are then put together on every rank, with gradients, so that each
term of the loss is taken over the whole batch: what compares utterances with one another (InfoNCE
and every other bound, separation, centring) has the value and the gradient of a single process,
and no share has to be weighted. The loss is therefore the same number on every rank, and the mean
over ranks of its gradients, which DistributedDataParallel takes, is the gradient of one process.

The first rank alone judges epochs, writes the run folder and is steered; the others follow.
"""

from __future__ import annotations

import contextlib
import functools
import os
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import numpy as np
import torch
from accelerate import Accelerator, DistributedDataParallelKwargs
from accelerate.state import AcceleratorState
from torch import Tensor, distributed, nn

from mmmie.errors import InputError
from mmmie.model.batch import Codes
from mmmie.model.encoders import Code
from mmmie.training.devices.choice import chosen_device

_RANK_STRIDE = 1_000_003  # between the seeds of ranks; torch takes the lower 32 bits of a seed
_PATIENCE = timedelta(days=365)
_ACCELERATE_DEVICE = "ACCELERATE_TORCH_DEVICE"
_OF_CODE = ("mean", "log_variance", "sample")


def process_rank() -> int:
    """Which process of its training this one is, as ``torchrun`` says it; 0 where it is alone."""
    return int(os.environ.get("RANK", 0)) if _process_count() > 1 else 0


def make_accelerator(device: str, mixed_precision: str = "no") -> Accelerator:
    """The device layer for a device, see `chosen_device`; under ``torchrun`` it joins the others.

    Args:
        mixed_precision: ``no`` or ``bf16``.

    Raises:
        InputError: the device is unknown or not there.
    """
    chosen = chosen_device(device)
    numbered = ":" in chosen
    several = _process_count() > 1
    here = int(os.environ.get("LOCAL_WORLD_SIZE", 1))
    if several and device != "cpu" and 0 < torch.cuda.device_count() < here:
        raise InputError(
            f"torchrun starts {here} processes for {torch.cuda.device_count()} GPU; start one for "
            f"each, or use --device cpu"
        )
    if several and numbered:
        raise InputError(f"--device {device}: torchrun gives each process its GPU; use cuda")
    if several and device == "mps":
        raise InputError("--device mps: one process is all that it takes; leave torchrun out")
    # accelerate forms a group of processes on CPUs only where it is told to use one
    on_cpu = device == "cpu" or (several and not torch.cuda.is_available())
    # One process may train on several devices in turn; accelerate would keep the first.
    AcceleratorState._reset_state(reset_partial_state=True)
    with _device_of_accelerate(chosen) if numbered else contextlib.nullcontext():
        return Accelerator(
            cpu=on_cpu,
            mixed_precision=mixed_precision,
            # which parameters have a part in the loss depends on settings and on the batch
            kwargs_handlers=[DistributedDataParallelKwargs(find_unused_parameters=True)],
        )


@contextlib.contextmanager
def _device_of_accelerate(name: str) -> Iterator[None]:
    """A numbered GPU, which accelerate takes from the environment only."""
    torch.cuda.set_device(name)
    before = os.environ.get(_ACCELERATE_DEVICE)
    os.environ[_ACCELERATE_DEVICE] = name
    try:
        yield
    finally:
        if before is None:
            del os.environ[_ACCELERATE_DEVICE]
        else:
            os.environ[_ACCELERATE_DEVICE] = before


class Ranks:
    """The processes of a training, as one of them sees them.

    Attributes:
        first: whether this is the one that judges, writes and is steered.

    Example:
        >>> alone = Ranks()
        >>> alone.first, alone.own(np.arange(3)), alone.agree(False)
        (True, array([0, 1, 2]), False)
    """

    def __init__(self, index: int = 0, count: int = 1) -> None:
        self.index, self.count = index, count
        self.first = index == 0
        if count > 1:
            _control_group()  # all of them make it here, at the same time

    @classmethod
    def of(cls, accelerator: Accelerator) -> Ranks:
        """Those that an accelerator has joined."""
        return cls(accelerator.process_index, accelerator.num_processes)

    def seed(self, seed: int) -> int:
        """A seed for the noise of this rank, which no other rank may repeat."""
        return seed + _RANK_STRIDE * self.index

    def own(self, rows: np.ndarray) -> np.ndarray:
        """The share (⌈n / ranks⌉, …) of this rank in rows (n, …).

        All shares have one size: the last row is repeated where they do not come out even.
        """
        if self.count == 1:
            return rows
        size = -(-len(rows) // self.count)
        at = np.arange(self.index * size, (self.index + 1) * size)
        return rows[np.minimum(at, len(rows) - 1)]

    def whole(self, own: Tensor, count: int) -> Tensor:
        """The `count` rows of which every rank has a share (⌈count / ranks⌉, …), with gradients."""
        if self.count == 1:
            return own
        together: Tensor = _Together.apply(own)
        return together[:count]

    def whole_codes(self, own: Codes, count: int) -> Codes:
        """The codes of all `count` utterances of a batch from those of this rank's share."""
        if self.count == 1:
            return own
        kinds = (own.invariant, own.specific)
        parts = [getattr(code, field) for code in kinds for field in _OF_CODE]
        fields = self.whole(torch.cat(parts, -1), count).split([p.shape[-1] for p in parts], -1)
        # what is given and not learned needs no gradient and so half of the traffic
        given = [*own.summaries, own.present.to(own.invariant.mean.dtype)]
        *summaries, present = self.whole(torch.cat(given, -1), count).split(
            [g.shape[-1] for g in given], -1
        )
        return Codes(Code(*fields[:3]), Code(*fields[3:]), summaries, present.bool())

    def average_gradients(self, parameters: list[nn.Parameter]) -> None:
        """Take the mean over ranks of gradients that only rounding may have told apart."""
        if self.count == 1:
            return
        for gradient in (p.grad for p in parameters if p.grad is not None):
            distributed.all_reduce(gradient)
            gradient /= self.count

    def agree(self, stop: bool) -> bool:
        """Whether any rank wants to stop; all of them have to ask at the same point.

        A rank may be late by as much as it likes, since the first one pauses and validates.
        """
        if self.count == 1:
            return stop
        wanted = torch.tensor(int(stop))
        distributed.all_reduce(wanted, distributed.ReduceOp.MAX, group=_control_group())
        return bool(wanted)

    def check_same(self, words: str) -> None:
        """Check that all ranks are about to train the same.

        Raises:
            InputError: on every rank, where one says something else.
        """
        said: list[str] = [""] * self.count
        distributed.all_gather_object(said, words, group=_control_group())
        for index, other in enumerate(said):
            if other != said[0]:
                raise InputError(
                    f"process {index} of {self.count}: has another corpus, configuration or "
                    f"checkpoint than process 0; start all of them alike"
                )


def leave() -> None:
    """Part from the other processes at the end of the last training, where there are others."""
    if distributed.is_initialized():
        _control_group.cache_clear()
        distributed.destroy_process_group()


def is_lost_peer(error: BaseException) -> bool:
    """Whether an error of torch tells that another process of the training is gone."""
    lost = isinstance(error, distributed.DistError) or "gloo" in str(error).lower()
    return isinstance(error, RuntimeError) and lost


class _Together(torch.autograd.Function):
    """Shares (n, …) of all ranks on every rank, (ranks · n, …); gradients are summed."""

    @staticmethod
    def forward(ctx: Any, own: Tensor) -> Tensor:
        parts = [torch.empty_like(own) for _ in range(distributed.get_world_size())]
        distributed.all_gather(parts, own.contiguous())
        return torch.cat(parts)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> Tensor:
        total = gradient.clone(memory_format=torch.contiguous_format)
        distributed.all_reduce(total)
        return total.chunk(distributed.get_world_size())[distributed.get_rank()]


@functools.cache
def _control_group() -> distributed.ProcessGroup:
    """For what is agreed on between steps: on the CPU, and without the usual limit of time."""
    return distributed.new_group(backend="gloo", timeout=_PATIENCE)


def _process_count() -> int:
    return int(os.environ.get("WORLD_SIZE", 1))
