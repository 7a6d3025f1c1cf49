"""How far the two codes of a modality repeat each other, as a term that can be minimised."""

from __future__ import annotations

import torch
from torch import Tensor

_PENALTY = 0.05
_LEAST_DEVIATION = 1e-6


def gaussian_information(x: Tensor, y: Tensor) -> Tensor:
    """What x and y would share if they were jointly Gaussian with the covariances of a batch.

    ½ (ln det C_x + ln det C_y − ln det C) of standardised columns, which is −½ Σ ln(1 − ρ_k²) over
    the canonical correlations (Hotelling 1936). It does not depend on the scale of a column, so
    that a code cannot escape it by whispering. A penalty on the diagonals keeps it finite where
    columns depend on each other exactly; of unrelated x and y it is about d²/2B.

    Args:
        x: (..., B, d).
        y: (..., B, d).

    Returns:
        (...) nats.

    Example:
        >>> x = torch.randn(5000, 1, generator=torch.Generator().manual_seed(0))
        >>> gaussian_information(x, -3 * x) > 1, gaussian_information(x, x.flip(0)) < 0.01
        (tensor(True), tensor(True))
    """
    both = torch.cat([_standardised(x), _standardised(y)], -1)
    unit = torch.eye(both.shape[-1], device=x.device)
    covariance = both.mT @ both / both.shape[-2] + _PENALTY * unit
    width = x.shape[-1]
    parts = covariance[..., :width, :width], covariance[..., width:, width:]
    alone = sum(torch.linalg.slogdet(part)[1] for part in parts)
    return (alone - torch.linalg.slogdet(covariance)[1]) / 2


def _standardised(x: Tensor) -> Tensor:
    return (x - x.mean(-2, True)) / (x.std(-2, correction=0, keepdim=True) + _LEAST_DEVIATION)
