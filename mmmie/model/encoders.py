"""From the features of one modality to its hidden state and its two codes."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from mmmie.corpus import Modality
from mmmie.model.config import ModelSettings

_CLIP = 8.0
_LOG_VARIANCE_RANGE = 6.0


class Standardise(nn.Module):
    """Shift and scale by the moments of the train split, which travel with the weights.

    Values beyond eight deviations are clipped, so that one broken frame cannot dominate.
    """

    mean: Tensor
    deviation: Tensor

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(dim))
        self.register_buffer("deviation", torch.ones(dim))

    def forward(self, x: Tensor) -> Tensor:
        """(…, d) → (…, d)."""
        return ((x - self.mean) / self.deviation).clamp(-_CLIP, _CLIP)


class UtteranceEncoder(nn.Module):
    """One vector an utterance → hidden state: an MLP beside a linear path."""

    def __init__(self, modality: Modality, settings: ModelSettings) -> None:
        super().__init__()
        self.standardise = Standardise(modality.dim)
        self.input_dropout = nn.Dropout(settings.input_dropout)
        self.inner = nn.Linear(modality.dim, settings.dim)
        self.outer = nn.Linear(settings.dim, settings.dim)
        self.linear = nn.Linear(modality.dim, settings.dim)
        self.dropout = nn.Dropout(settings.dropout)
        self.norm = nn.LayerNorm(settings.dim)
        self.summary_dim = modality.dim

    def forward(self, x: Tensor, lengths: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Encode (B, d_m).

        Returns:
            hidden (B, d) and the summary (B, d_m) that the codes are to reconstruct.
        """
        x = self.standardise(x)
        kept = self.input_dropout(x)
        hidden = self.outer(self.dropout(F.gelu(self.inner(kept)))) + self.linear(kept)
        return self.norm(hidden), x


class SequenceEncoder(nn.Module):
    """A sequence of vectors → hidden state: convolution, attention pooling, mean and spread."""

    def __init__(self, modality: Modality, settings: ModelSettings) -> None:
        super().__init__()
        dim = settings.dim
        self.standardise = Standardise(modality.dim)
        self.input_dropout = nn.Dropout(settings.input_dropout)
        self.project = nn.Linear(modality.dim, dim)
        self.convolve = nn.Conv1d(dim, dim, 3, padding=1, groups=dim)
        self.mix = nn.Linear(dim, dim)
        self.score = nn.Linear(dim, settings.heads)
        self.pooled = nn.Linear(settings.heads * dim, dim)
        self.linear = nn.Linear(2 * modality.dim, dim)
        self.dropout = nn.Dropout(settings.dropout)
        self.norm = nn.LayerNorm(dim)
        self.summary_dim = 2 * modality.dim

    def forward(self, x: Tensor, lengths: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Encode (B, L, d_m) whose first `lengths` (B,) steps are real.

        Returns:
            hidden (B, d) and the summary (B, 2 d_m), mean and deviation over the steps.
        """
        assert lengths is not None
        steps = torch.arange(x.shape[1], device=x.device)
        mask = (steps[None, :] < lengths[:, None])[..., None].to(x.dtype)  # (B, L, 1)
        x = self.standardise(x) * mask
        count = mask.sum(1).clamp(min=1)
        mean = x.sum(1) / count
        spread = (((x - mean[:, None]) * mask).square().sum(1) / count + 1e-6).sqrt()
        summary = torch.cat([mean, spread], -1)

        hidden = F.gelu(self.project(self.input_dropout(x))) * mask  # (B, L, d)
        local = self.convolve(hidden.transpose(1, 2)).transpose(1, 2)
        hidden = (hidden + self.mix(self.dropout(F.gelu(local)))) * mask
        score = self.score(hidden).masked_fill(mask == 0, -1e4)  # (B, L, H)
        pooled = torch.einsum("blh,bld->bhd", score.softmax(1), hidden).flatten(1)
        out = self.pooled(self.dropout(pooled)) + self.linear(self.input_dropout(summary))
        return self.norm(out), summary


class CodeHead(nn.Module):
    """Hidden state → mean and log-variance of one code, p(code | x) = N(mean, variance)."""

    def __init__(self, settings: ModelSettings, dim: int) -> None:
        super().__init__()
        self.inner = nn.Linear(settings.dim, settings.dim)
        self.dropout = nn.Dropout(settings.dropout)
        self.outer = nn.Linear(settings.dim, 2 * dim)
        with torch.no_grad():
            self.outer.bias[dim:] = -3.0  # begins almost deterministic

    def forward(self, hidden: Tensor) -> tuple[Tensor, Tensor]:
        """(B, d) → mean (B, d_c), log-variance (B, d_c) softly kept within ±6."""
        inner = hidden + self.dropout(F.gelu(self.inner(hidden)))
        mean, raw = self.outer(inner).chunk(2, -1)
        return mean, _LOG_VARIANCE_RANGE * torch.tanh(raw / _LOG_VARIANCE_RANGE)


@dataclass
class Code:
    """One code of U utterances and M modalities; d_c is d_z or d_s.

    Attributes:
        mean: (U, M, d_c), what is used in evaluation.
        log_variance: (U, M, d_c); meaningless where the encoder is deterministic.
        sample: (U, M, d_c), mean + deviation · noise in training, the mean in evaluation.
    """

    mean: Tensor
    log_variance: Tensor
    sample: Tensor


class ModalityEncoder(nn.Module):
    """Everything that one modality owns: encoder, invariant head, specific head."""

    def __init__(self, modality: Modality, settings: ModelSettings) -> None:
        super().__init__()
        self.encoder: UtteranceEncoder | SequenceEncoder
        if modality.level == "utterance":
            self.encoder = UtteranceEncoder(modality, settings)
        else:
            self.encoder = SequenceEncoder(modality, settings)
        self.invariant = CodeHead(settings, settings.invariant_dim)
        self.specific = CodeHead(settings, settings.specific_dim)
