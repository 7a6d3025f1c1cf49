"""Identity embedding: learned terms that tell the fusion whose and what a token is.

The paper's abstract says that it prompts the downstream network to perceive context; the three
terms (role, speaker, modality) are our reading.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from mmmie.model.config import IDENTITY_DEVIATION, ModelSettings

SAME, OTHER, UNKNOWN = 0, 1, 2
RELATIONS = ("same speaker", "other speaker", "unknown speaker")


@dataclass
class Identity:
    """What the identity terms are told about T targets with W window places each.

    A field set to None switches its term off for this call; changed values are interventions.

    Attributes:
        role: (T, W) int64, place in the window (0 is the furthest past).
        relation: (T, W) int64, `SAME`, `OTHER` or `UNKNOWN` as seen from the target.
        modality: whether the modality term is added.
    """

    role: Tensor | None
    relation: Tensor | None
    modality: bool = True

    def part(self, start: int, stop: int) -> Identity:
        """What is told about the targets from `start` to `stop`."""
        role = None if self.role is None else self.role[start:stop]
        relation = None if self.relation is None else self.relation[start:stop]
        return Identity(role, relation, self.modality)


class IdentityEmbedding(nn.Module):
    """The sum of the trained terms for every token.

    Args:
        settings: which terms exist and the size of the window.
        modalities: number of modalities.
    """

    def __init__(self, settings: ModelSettings, modalities: int) -> None:
        super().__init__()
        past, future = settings.context.span
        use = settings.identity.uses
        self.role = nn.Embedding(past + 1 + future, settings.dim) if use("role") else None
        self.speaker = nn.Embedding(len(RELATIONS), settings.dim) if use("speaker") else None
        self.modality = nn.Embedding(modalities, settings.dim) if use("modality") else None
        for embedding in (self.role, self.speaker, self.modality):
            if embedding is not None:
                nn.init.normal_(embedding.weight, std=IDENTITY_DEVIATION)

    def forward(self, tokens: Tensor, identity: Identity) -> Tensor:
        """Add the terms to tokens (T, W, M, d)."""
        if self.role is not None and identity.role is not None:
            tokens = tokens + self.role(identity.role)[:, :, None]
        if self.speaker is not None and identity.relation is not None:
            tokens = tokens + self.speaker(identity.relation)[:, :, None]
        if self.modality is not None and identity.modality:
            tokens = tokens + self.modality.weight[None, None]
        return tokens


def speaker_relations(speakers: np.ndarray, targets: np.ndarray, window: np.ndarray) -> np.ndarray:
    """How the speaker of every window place relates to the target's.

    Args:
        speakers: (N,) integer codes, -1 where unknown.
        targets: (T,) row numbers.
        window: (T, W) row numbers, -1 where there is no utterance.

    Returns:
        (T, W) int64 of `SAME`, `OTHER`, `UNKNOWN`.
    """
    there = np.where(window >= 0, speakers[np.maximum(window, 0)], -1)
    mine = speakers[targets][:, None]
    relation = np.where(there == mine, SAME, OTHER)
    return np.where((there < 0) | (mine < 0), UNKNOWN, relation).astype(np.int64)


def identity_of(relation: np.ndarray | Tensor, device: torch.device | str) -> Identity:
    """The true identity for speaker relations (T, W)."""
    relation = torch.as_tensor(relation).to(device)
    role = torch.arange(relation.shape[1], device=relation.device).expand_as(relation)
    return Identity(role=role, relation=relation)
