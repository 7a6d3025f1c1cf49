"""How many threads a training process takes on a CPU."""

from __future__ import annotations

import os

import torch

from mmmie.model.config import ModelSettings

_WIDE = 256


def choose_threads(model: ModelSettings) -> None:
    """Take one thread for a narrow model, unless ``OMP_NUM_THREADS`` says otherwise.

    Its tensors are too small to share out. Torch decides from width 256 on, and where a text
    encoder is trained.
    """
    narrow = model.dim < _WIDE and not model.fine_tunes_text
    if "OMP_NUM_THREADS" not in os.environ and narrow:
        torch.set_num_threads(1)
