"""Which numbers a training computes with, and whether the model is compiled."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch

from mmmie.errors import InputError
from mmmie.training.config import Config
from mmmie.training.devices.choice import device_kind

_WIDE = 256


def mixed_precision(config: Config, device: str) -> str:
    """The name that accelerate has for ``training.precision``: ``no`` or ``bf16``.

    ``auto`` is bf16 on a CUDA device that computes in it, for a model wide enough that its matrix
    products are what takes time: a narrow one would only pay for the casts. Weights, optimiser,
    bounds, losses and validation stay float32 whatever it is.

    Raises:
        InputError: bfloat16 is asked for on a device without it.
    """
    wanted = config.training.precision
    cuda = device_kind(device) in ("auto", "cuda") and torch.cuda.is_available()
    able = not cuda or torch.cuda.is_bf16_supported(including_emulation=False)
    if wanted == "bfloat16" and not able:
        raise InputError(
            "training.precision is bfloat16, not supported by this GPU; use auto or float32"
        )
    auto = wanted == "auto" and cuda and able and config.model.dim >= _WIDE
    return "bf16" if wanted == "bfloat16" or auto else "no"


def compiled(function: Callable[..., Any], wanted: bool) -> Callable[..., Any]:
    """A function, by torch.compile where it is `wanted`; sizes may differ from call to call."""
    return torch.compile(function, dynamic=True) if wanted else function


def is_compiler_error(error: BaseException) -> bool:
    """Whether an error comes from the compiler and not from what was compiled."""
    return type(error).__module__.startswith(("torch._dynamo", "torch._inductor"))
