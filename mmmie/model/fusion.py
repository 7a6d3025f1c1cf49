"""A small transformer over the tokens of a window, read at the target or at a summary token."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from mmmie.model.config import ModelSettings


@dataclass
class Fused:
    """What the fusion gives for T targets.

    Attributes:
        representation: (T, d), what the head reads.
        attention: (T, W, M) weight of the readout on every token in the last layer, mean over
            heads and readout tokens, summing to at most 1.
    """

    representation: Tensor
    attention: Tensor


class Block(nn.Module):
    """Pre-norm attention and MLP; queries may be fewer than keys."""

    def __init__(self, settings: ModelSettings) -> None:
        super().__init__()
        dim = settings.dim
        self.heads = settings.heads
        self.norm = nn.LayerNorm(dim)
        self.query = nn.Linear(dim, dim)
        self.key_value = nn.Linear(dim, 2 * dim)
        self.out = nn.Linear(dim, dim)
        self.mlp_norm = nn.LayerNorm(dim)
        self.mlp = nn.Sequential(
            nn.Linear(dim, 2 * dim),
            nn.GELU(),
            nn.Dropout(settings.dropout),
            nn.Linear(2 * dim, dim),
        )
        self.dropout = nn.Dropout(settings.dropout)

    def forward(self, queries: Tensor, keys: Tensor, bias: Tensor) -> tuple[Tensor, Tensor]:
        """Attend from queries (T, Q, d) to keys (T, K, d).

        Args:
            queries: tokens that are updated.
            keys: tokens that are read.
            bias: (T, K) added to the attention logits, -inf hides a token.

        Returns:
            updated queries (T, Q, d), attention weights (T, H, Q, K).
        """
        query = self._split(self.query(self.norm(queries)))  # (T, H, Q, d/H)
        key, value = map(self._split, self.key_value(self.norm(keys)).chunk(2, -1))
        logits = query @ key.transpose(-1, -2) / math.sqrt(query.shape[-1])
        weights = (logits + bias[:, None, None]).softmax(-1)
        read = (self.dropout(weights) @ value).transpose(1, 2).flatten(2)
        queries = queries + self.dropout(self.out(read))
        return queries + self.dropout(self.mlp(self.mlp_norm(queries))), weights

    def _split(self, x: Tensor) -> Tensor:
        """(T, K, d) → (T, H, K, d/H)."""
        return x.unflatten(-1, (self.heads, -1)).transpose(1, 2)


class Fusion(nn.Module):
    """Tokens of a window → one representation of its target.

    Only the last layer is read, and only at the readout, so its other queries are never made.
    """

    def __init__(self, settings: ModelSettings) -> None:
        super().__init__()
        self.past = settings.context.span[0]
        self.blocks = nn.ModuleList(Block(settings) for _ in range(settings.layers))
        self.norm = nn.LayerNorm(settings.dim)
        self.summary: nn.Parameter | None = None
        if settings.readout == "summary":
            self.summary = nn.Parameter(torch.randn(settings.dim) * 0.3)

    def forward(self, tokens: Tensor, presence: Tensor) -> Fused:
        """Fuse tokens (T, W, M, d).

        Args:
            tokens: content plus identity.
            presence: (T, W, M) in [0, 1]; 0 hides a token, values between discount it.
        """
        targets, places, modalities, _ = tokens.shape
        flat = tokens.flatten(1, 2)  # (T, W·M, d)
        bias = presence.flatten(1, 2).clamp(min=1e-9).log()
        bias = torch.where(presence.flatten(1, 2) > 0, bias, torch.full_like(bias, -1e4))
        if self.summary is not None:
            summary = self.summary.expand(targets, 1, -1)
            flat = torch.cat([flat, summary], 1)
            bias = F.pad(bias, (0, 1))
        for block in self.blocks[:-1]:
            flat, _ = block(flat, flat, bias)
        if self.summary is not None:
            queries, weight = flat[:, -1:], flat.new_ones(targets, 1)
        else:
            first = self.past * modalities
            queries = flat[:, first : first + modalities]
            weight = presence[:, self.past]  # (T, M)
        queries, attention = self.blocks[-1](queries, flat, bias)
        weight = weight / weight.sum(1, keepdim=True).clamp(min=1e-9)
        representation = (self.norm(queries) * weight[..., None]).sum(1)
        mean = torch.einsum("thqk,tq->tk", attention, weight) / attention.shape[1]
        mean = mean[:, : places * modalities].unflatten(1, (places, modalities))
        return Fused(representation, mean)
