"""From the features of one modality to its hidden state and its two codes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from mmmie.corpus import Modality
from mmmie.model.config import ModelSettings

_CLIP = 8.0
_LOG_VARIANCE_RANGE = 6.0
_MANY = 65_536


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


class Dropout(nn.Dropout):
    """Dropout that is quick on a CPU, where torch draws one number per element.

    Large tensors get 16 of 64 random bits per element instead, so that the chance is a multiple of
    2⁻¹⁶; what is kept is scaled by one over the true chance of keeping it.
    """

    def forward(self, x: Tensor) -> Tensor:
        """Any shape."""
        if not self.training or self.p == 0 or x.device.type != "cpu" or x.numel() < _MANY:
            return super().forward(x)
        hidden = round(self.p * 2**16)
        bits = torch.empty(-(-x.numel() // 4), dtype=torch.int64).random_(-(2**63), None)
        drawn = bits.view(torch.int16)[: x.numel()].view(x.shape)
        # a comparison into floats is one pass less than a mask that is then converted
        kept = torch.ge(drawn, hidden - 2**15, out=torch.empty(x.shape, dtype=x.dtype))
        return x * kept.mul_(2**16 / (2**16 - hidden))


class UtteranceEncoder(nn.Module):
    """One vector per utterance → hidden state: an MLP beside a linear path."""

    def __init__(self, modality: Modality, settings: ModelSettings) -> None:
        super().__init__()
        self.standardise = Standardise(modality.dim)
        self.input_dropout = Dropout(settings.input_dropout)
        self.inner = nn.Linear(modality.dim, settings.dim)
        self.outer = nn.Linear(settings.dim, settings.dim)
        self.linear = nn.Linear(modality.dim, settings.dim)
        self.dropout = Dropout(settings.dropout)
        self.norm = nn.LayerNorm(settings.dim)
        self.summary_dim = modality.dim

    def forward(self, x: Tensor, lengths: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Encode (B, d_m).

        Returns:
            hidden (B, d) and the summary (B, d_m) that the codes are to reconstruct.
        """
        x, summary = self.prepare(x, lengths)
        return self.encode(x, summary), summary

    def prepare(self, x: Tensor, lengths: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """What no weight changes: (B, d_m) standardised, which is also the summary."""
        x = self.standardise(x)
        return x, x

    def encode(self, x: Tensor, summary: Tensor, mask: Tensor | None = None) -> Tensor:
        """The hidden state (B, d) from what `prepare` gave."""
        kept = self.input_dropout(x)
        hidden = self.outer(self.dropout(F.gelu(self.inner(kept)))) + self.linear(kept)
        return self.norm(hidden)


class SequenceEncoder(nn.Module):
    """A sequence of vectors → hidden state: convolution, attention pooling, mean and spread."""

    def __init__(self, modality: Modality, settings: ModelSettings) -> None:
        super().__init__()
        dim = settings.dim
        self.standardise = Standardise(modality.dim)
        self.input_dropout = Dropout(settings.input_dropout)
        self.project = nn.Linear(modality.dim, dim)
        self.convolve = nn.Conv1d(dim, dim, 3, padding=1, groups=dim)
        self.mix = nn.Linear(dim, dim)
        self.score = nn.Linear(dim, settings.heads)
        self.pooled = nn.Linear(settings.heads * dim, dim)
        self.linear = nn.Linear(2 * modality.dim, dim)
        self.dropout = Dropout(settings.dropout)
        self.norm = nn.LayerNorm(dim)
        self.summary_dim = 2 * modality.dim

    def forward(self, x: Tensor, lengths: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Encode (B, L, d_m) whose first `lengths` (B,) steps are real.

        Returns:
            hidden (B, d) and the summary (B, 2 d_m), mean and deviation over the steps.
        """
        assert lengths is not None
        steps, summary = self.prepare(x, lengths)
        return self.encode(steps, summary, steps_mask(lengths, x.shape[1])), summary

    def prepare(self, x: Tensor, lengths: Tensor | None) -> tuple[Tensor, Tensor]:
        """What no weight changes, for x (B, L, d_m) and lengths (B,).

        Returns:
            the real steps of all utterances, one after the other, standardised (ΣL, d_m), and the
            summary (B, 2 d_m).
        """
        assert lengths is not None
        real = steps_mask(lengths, x.shape[1])
        mask = real[..., None].to(x.dtype)
        x = self.standardise(x) * mask
        count = mask.sum(1).clamp(min=1)
        mean = x.sum(1) / count
        spread = (((x - mean[:, None]) * mask).square().sum(1) / count + 1e-6).sqrt()
        return x[real], torch.cat([mean, spread], -1)

    def encode(self, steps: Tensor, summary: Tensor, mask: Tensor | None) -> Tensor:
        """The hidden state (B, d) from what `prepare` gave.

        The wide part sees no padding; it is put in for the convolution.

        Args:
            steps: (ΣL, d_m).
            summary: (B, 2 d_m).
            mask: (B, L) bool, True at real steps.
        """
        assert mask is not None
        hidden = F.gelu(self.project(self.input_dropout(steps)))  # (ΣL, d)
        places = mask.flatten().nonzero()[:, 0]
        padded = hidden.new_zeros(mask.numel(), hidden.shape[1]).index_copy(0, places, hidden)
        hidden, real = padded.unflatten(0, mask.shape), mask[..., None]  # (B, L, d)
        local = self.convolve(hidden.transpose(1, 2)).transpose(1, 2)
        hidden = (hidden + self.mix(self.dropout(F.gelu(local)))) * real.to(hidden.dtype)
        score = self.score(hidden).masked_fill(~real, -1e4)  # (B, L, H)
        pooled = torch.einsum("blh,bld->bhd", score.softmax(1), hidden).flatten(1)
        out = self.pooled(self.dropout(pooled)) + self.linear(self.input_dropout(summary))
        return self.norm(out)


def steps_mask(lengths: Tensor, longest: int) -> Tensor:
    """(B, L) bool, True at the first `lengths` (B,) of `longest` steps."""
    return torch.arange(longest, device=lengths.device)[None, :] < lengths[:, None]


class CodeHead(nn.Module):
    """Hidden state → mean and log-variance of one code, p(code | x) = N(mean, variance)."""

    def __init__(self, settings: ModelSettings, dim: int) -> None:
        super().__init__()
        self.inner = nn.Linear(settings.dim, settings.dim)
        self.dropout = Dropout(settings.dropout)
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

    def map(self, change: Callable[[Tensor], Tensor]) -> Code:
        """The code with every tensor changed in the same way."""
        return Code(change(self.mean), change(self.log_variance), change(self.sample))

    @staticmethod
    def cat(parts: list[Code]) -> Code:
        """The code of several sets of utterances, one after the other."""
        return Code(
            torch.cat([part.mean for part in parts]),
            torch.cat([part.log_variance for part in parts]),
            torch.cat([part.sample for part in parts]),
        )


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
