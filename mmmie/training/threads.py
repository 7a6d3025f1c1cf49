"""How many threads a training process takes on a CPU."""

from __future__ import annotations

import os

import torch

_WIDE = 256


def choose_threads(dim: int) -> None:
    """Take one thread for a narrow model, unless ``OMP_NUM_THREADS`` says otherwise.

    The tensors of a narrow model are too small to share out: on two idle cores a second thread
    made an epoch of the default model slower, and on busy ones several times slower.

    Args:
        dim: width of the model; from 256 on torch decides.
    """
    if "OMP_NUM_THREADS" not in os.environ and dim < _WIDE:
        torch.set_num_threads(1)
