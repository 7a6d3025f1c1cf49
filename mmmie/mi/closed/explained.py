"""Whether one variable still tells something of another."""

from __future__ import annotations

import math

import torch
from torch import Tensor

_FEATURES = 200
_MOST_ROWS = 4000
_PENALTY = 0.1


def explained(x: Tensor, target: Tensor) -> float:
    """The share of the variance of a target that a kernel regression on x explains, held out.

    Ridge regression on x and random Fourier features of it (Rahimi and Recht 2007), fitted to
    one half of the rows and judged on the other.

    Args:
        x: (N, d) standardised.
        target: (N, k).

    Returns:
        R², the mean over the k columns, at least 0.
    """
    x, target = x[:_MOST_ROWS], target[:_MOST_ROWS]
    n, d = x.shape
    half = n // 2
    if half < 2:
        return 0.0
    draw = torch.Generator(x.device).manual_seed(0)
    frequency = torch.randn(d, _FEATURES, generator=draw, device=x.device) / math.sqrt(d)
    phase = 2 * math.pi * torch.rand(_FEATURES, generator=draw, device=x.device)
    features = torch.cat([x, math.sqrt(2) * torch.cos(x @ frequency + phase)], 1)
    features = features - features[:half].mean(0)
    known = features[:half]
    gram = known.mT @ known
    gram.diagonal().add_(_PENALTY * half)
    centre = target[:half].mean(0)
    weights = torch.linalg.solve(gram, known.mT @ (target[:half] - centre))
    rest = target[half:] - centre
    missed = (rest - features[half:] @ weights).square().mean(0)
    whole = rest.square().mean(0)
    share = torch.where(whole > 1e-12, 1 - missed / whole.clamp_min(1e-12), 0)
    return max(share.mean().item(), 0.0)
