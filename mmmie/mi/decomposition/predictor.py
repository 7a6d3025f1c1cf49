"""Many small networks of one shape that learn p(label | input) at the same time."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from mmmie.mi.decomposition.label import CodedLabel

_HIDDEN = 64
_PARTS = 3  # normal densities that a number's is a mixture of
_BATCH = 256
_EPOCHS, _STEPS, _PATIENCE = 200, 1500, 6
_RATE, _DECAY = 1e-2, 1e-2
_BETTER = 1e-3  # nats
_FLOOR = 1e-6
_FAR = 1e3  # instead of infinity, which has no gradient


def learned_chances(
    rows: Tensor,
    label: CodedLabel,
    fit: Sequence[np.ndarray],
    watch: Sequence[np.ndarray],
    seed: int,
) -> Tensor:
    """What M networks, each fitted to other rows, say about all rows.

    A network is linear plus one hidden layer. It keeps the weights that were best on the rows
    that it watches.

    Args:
        rows: (N, d) float32, standardised.
        fit: M arrays of row numbers to learn from.
        watch: M arrays of row numbers, to stop by.

    Returns:
        (M, N, K) probabilities.
    """
    generator = torch.Generator().manual_seed(seed)
    codes = torch.from_numpy(label.codes)
    nets = _Networks(len(fit), rows.shape[1], label, generator)
    size = max(map(len, fit))
    batch = min(_BATCH, max(16, size // 8), size)
    epochs = max(1, min(_EPOCHS, _STEPS * batch // size))
    optimiser = torch.optim.AdamW(nets.weights, lr=_RATE, weight_decay=_DECAY)
    best = [weight.detach().clone() for weight in nets.weights]
    lowest = torch.full((len(fit),), math.inf)
    since = torch.zeros(len(fit))
    fit_rows = [torch.from_numpy(one) for one in fit]
    most = max(map(len, watch))  # shorter ones start again from their first
    watched = torch.from_numpy(np.stack([np.resize(one, most) for one in watch]))
    for _ in range(epochs):
        order = torch.stack([_shuffled(one, size, generator) for one in fit_rows])
        for start in range(0, size - batch + 1, batch):
            chosen = order[:, start : start + batch]
            loss = nets.losses(rows[chosen], codes[chosen]).sum()
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
        with torch.no_grad():
            now = nets.losses(rows[watched], codes[watched])
        better = now < lowest - _BETTER
        lowest = torch.where(better, now, lowest)
        for kept, weight in zip(best, nets.weights, strict=True):
            kept[better] = weight.detach()[better]
        # who has once waited for long enough is done
        since = torch.where(better & (since < _PATIENCE), 0, since + 1)
        if bool((since >= _PATIENCE).all()):
            break
    with torch.no_grad():
        for kept, weight in zip(best, nets.weights, strict=True):
            weight.copy_(kept)
        return torch.cat(
            [
                nets.log_chances(part.expand(len(fit), *part.shape)).exp()
                for part in rows.split(4096)
            ],
            1,
        )


def _shuffled(rows: Tensor, size: int, generator: torch.Generator) -> Tensor:
    """The rows in random order; where they are fewer, again from the first."""
    return rows[torch.randperm(len(rows), generator=generator)[torch.arange(size) % len(rows)]]


class _Networks:
    """M networks (B, d) → (B, K), each with weights of its own."""

    def __init__(self, count: int, dim: int, label: CodedLabel, generator: torch.Generator) -> None:
        out = 3 * _PARTS if label.ordered else label.count
        bias = torch.zeros(count, 1, out)
        if label.ordered:
            bias[..., _PARTS : 2 * _PARTS] = torch.linspace(-1, 1, _PARTS)
        else:
            bias += torch.from_numpy(np.log(label.shares)).float()

        def random(a: int, b: int, scale: float) -> Tensor:
            drawn = torch.randn(1, a, b, generator=generator) * scale / math.sqrt(a)
            return drawn.repeat(count, 1, 1)

        self.weights = [
            random(dim, _HIDDEN, 1.0),
            random(1, _HIDDEN, 0.5),
            random(_HIDDEN, out, 0.1),
            torch.zeros(count, dim, out),
            bias,
        ]
        for weight in self.weights:
            weight.requires_grad_()
        self.label = label
        self.edges = torch.from_numpy(label.edges).float().clamp(-_FAR, _FAR) / math.sqrt(2)
        self.shares = torch.from_numpy(label.shares).float()

    def log_chances(self, rows: Tensor) -> Tensor:
        """ln p (M, B, K) of rows (M, B, d)."""
        found = self._out(rows)
        if not self.label.ordered:
            return found.log_softmax(-1)
        weight, mean, scale = self._mixture(found)
        below = torch.erf((self.edges - mean[..., None]) / scale[..., None])
        chances = (weight[..., None, :] @ below.diff(dim=-1)).squeeze(-2) / 2
        return (chances + _FLOOR * self.shares).log()

    def losses(self, rows: Tensor, codes: Tensor) -> Tensor:
        """Mean cross-entropies (M,) in nats of codes (M, B) given rows (M, B, d)."""
        found = self._out(rows)
        if not self.label.ordered:
            return -found.log_softmax(-1).gather(2, codes[..., None]).mean((1, 2))
        weight, mean, scale = self._mixture(found)
        low, high = (
            torch.erf((self.edges[codes + side][..., None] - mean) / scale) for side in (0, 1)
        )
        chances = (weight * (high - low)).sum(-1) / 2
        return -(chances + _FLOOR * self.shares[codes]).log().mean(1)

    def _out(self, rows: Tensor) -> Tensor:
        into, shift, out, linear, bias = self.weights
        hidden = torch.nn.functional.silu(torch.baddbmm(shift, rows, into))
        return torch.baddbmm(bias, rows, linear) + hidden @ out

    def _mixture(self, found: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Weights, means and deviations (times the root of 2) of normal densities."""
        weight, mean, log_scale = found.unflatten(-1, (3, _PARTS)).unbind(-2)
        return weight.softmax(-1), mean, log_scale.clamp(-5, 3).exp()
