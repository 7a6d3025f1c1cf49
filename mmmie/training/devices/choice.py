"""The device that a name stands for: auto, cpu, cuda, cuda:N or mps."""

from __future__ import annotations

import re

from mmmie.errors import InputError

_NAMED = re.compile(r"auto|cpu|mps|cuda(:(?P<index>\d{1,3}))?")


def chosen_device(name: str) -> str:
    """What torch calls the device of a name; auto is the first GPU where there is one.

    Raises:
        InputError: the name is unknown or the device is not there.

    Example:
        >>> chosen_device("cpu")
        'cpu'
    """
    import torch

    named = _NAMED.fullmatch(name)
    if named is None:
        raise InputError(f"--device {name}: is unknown; use auto, cpu, cuda, cuda:N or mps")
    gpus = torch.cuda.device_count() if torch.cuda.is_available() else 0
    if name.startswith("cuda") and not gpus:
        raise InputError(f"--device {name}: no CUDA device is there; use auto or cpu")
    if int(named["index"] or 0) >= max(gpus, 1):
        raise InputError(f"--device {name}: there are {gpus}; use cuda:0 to cuda:{gpus - 1}")
    apple = torch.backends.mps.is_available()
    if name == "mps" and not apple:
        raise InputError("--device mps: no Apple GPU is there; use auto or cpu")
    if name == "auto":
        return "cuda" if gpus else "mps" if apple else "cpu"
    return name


def device_kind(name: str) -> str:
    """The kind without a number.

    Example:
        >>> device_kind("cuda:1")
        'cuda'
    """
    return name.partition(":")[0]
