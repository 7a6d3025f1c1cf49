"""What a training takes of the memory of its device, and what to do where that is not enough."""

from __future__ import annotations

import gc

import torch

from mmmie.training.config import Config

_SAID = ("out of memory", "can't allocate memory", "cannot allocate memory")


def forget_peak(device: torch.device) -> None:
    """Begin to measure `peak_memory` anew."""
    if device.type == "cuda":
        torch.cuda.reset_peak_memory_stats(device)


def peak_memory(device: torch.device) -> dict[str, int]:
    """``device_memory``, the most bytes of all tensors on a CUDA device; nothing elsewhere."""
    if device.type != "cuda":
        return {}
    return {"device_memory": torch.cuda.max_memory_allocated(device)}


def release() -> None:
    """Give what is no longer used back to the device, for callers of `mmmie.train` in Python."""
    if torch.cuda.is_initialized():
        gc.collect()
        torch.cuda.empty_cache()


def memory_advice(error: BaseException, config: Config, device: torch.device | str) -> str | None:
    """One line on which settings to lower; None where the error is no lack of memory.

    Example:
        >>> print(memory_advice(MemoryError(), Config(), "cpu"))
        cpu: out of memory; lower training.batch_size (64), model.context.past and .future \
(6 and 3) or model.dim (64)
    """
    full = isinstance(error, (MemoryError, torch.OutOfMemoryError))
    if not full and not any(words in str(error).lower() for words in _SAID):
        return None
    past, future = config.model.context.span
    window = f", model.context.past and .future ({past} and {future})" if past + future else ""
    return (
        f"{device}: out of memory; lower training.batch_size ({config.training.batch_size})"
        f"{window} or model.dim ({config.model.dim})"
    )
