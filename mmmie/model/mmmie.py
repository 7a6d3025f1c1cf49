"""The model, top to bottom: features → two codes per modality → tokens → fusion → prediction.

Our reading of the abstract of Zheng, Zhang, Wang and Zeng (arXiv 2201.03969): nothing beyond
the abstract was available to us.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from mmmie.corpus import Corpus, Label, Modality
from mmmie.errors import InputError
from mmmie.model.config import ModelSettings
from mmmie.model.encoders import Code, ModalityEncoder
from mmmie.model.features import Inputs, Prepared, feature_moments
from mmmie.model.fusion import Fused, Fusion
from mmmie.model.identity import Identity, IdentityEmbedding
from mmmie.model.text_encoder import TextNetwork


@dataclass
class Codes:
    """What the encoders make of U utterances.

    Attributes:
        invariant: codes z that modalities are to share, each (U, M, d_z).
        specific: codes s of what is a modality's own, each (U, M, d_s).
        summaries: per modality (U, d), the standardised features that z and s reconstruct.
        present: (U, M) bool.
    """

    invariant: Code
    specific: Code
    summaries: list[Tensor]
    present: Tensor


@dataclass
class Prediction:
    """What the model says about T targets.

    Attributes:
        output: (T,) in label units for regression, (T, classes) logits otherwise.
        fused: representation (T, d) and attention (T, W, M).
    """

    output: Tensor
    fused: Fused


class MMMIE(nn.Module):
    """Multimodal sentiment model with two codes per modality and identity embedding.

    Args:
        modalities: what each modality looks like, in the order of the model.
        label: what is predicted.
        settings: sizes and switches.
        text_encoder: makes the features of a modality from token ids, where it is fine-tuned.

    Attributes:
        keep: (M,) chance that a modality was shown in training. In evaluation every modality
            that is there is shown, its tokens discounted by this: ln keep is added to their
            attention logits and the readout weighs them by it. Without the discount a modality
            that was seldom shown would suddenly be trusted fully; with it evaluation
            approximates the mean over what training sampled.

    Raises:
        InputError: `heads` does not divide `dim`.
    """

    label_mean: Tensor
    label_deviation: Tensor
    keep: Tensor

    def __init__(
        self,
        modalities: dict[str, Modality],
        label: Label,
        settings: ModelSettings,
        text_encoder: TextNetwork | None = None,
    ) -> None:
        super().__init__()
        if settings.dim % settings.heads:
            raise InputError(
                f"model.heads is {settings.heads}, which does not divide model.dim "
                f"{settings.dim}; change one"
            )
        self.modalities, self.label, self.settings = modalities, label, settings
        self.text_encoder = text_encoder
        count, dim = len(modalities), settings.dim
        self.encoders = nn.ModuleDict(
            {name: ModalityEncoder(modality, settings) for name, modality in modalities.items()}
        )
        # Invariant codes share one space and so one projection; specific ones have their own.
        self.from_invariant = nn.Linear(settings.invariant_dim, dim)
        self.from_specific = nn.Parameter(
            torch.randn(count, settings.specific_dim, dim) / settings.specific_dim**0.5
        )
        self.identity = IdentityEmbedding(settings, count)
        self.fusion = Fusion(settings)
        outputs = len(label.classes) if label.classes else 1
        self.head = nn.Sequential(nn.Dropout(settings.dropout), nn.Linear(dim, outputs))
        self.register_buffer("label_mean", torch.zeros(()))
        self.register_buffer("label_deviation", torch.ones(()))
        self.register_buffer("keep", torch.ones(count))

    def standardise_by(self, corpus: Corpus, rows: np.ndarray) -> None:
        """Set feature and label moments from the utterances `rows` (n,) of a corpus."""
        for name in self.modalities:
            mean, deviation = feature_moments(corpus.features[name], rows)
            standardise = self.encoder_of(name).encoder.standardise
            standardise.mean.copy_(torch.from_numpy(mean))
            standardise.deviation.copy_(torch.from_numpy(deviation))
        if self.label.kind == "regression":
            labels = corpus.targets[rows]
            self.label_mean.fill_(float(labels.mean()))
            self.label_deviation.fill_(max(float(labels.std()), 1e-6))

    def encoder_of(self, name: str) -> ModalityEncoder:
        """The encoder of a modality."""
        encoder = self.encoders[name]
        assert isinstance(encoder, ModalityEncoder)
        return encoder

    def encode(self, inputs: Inputs | Prepared) -> Codes:
        """Features of U utterances → both codes of every modality."""
        parts: dict[str, list[tuple[Tensor, Tensor]]] = {"invariant": [], "specific": []}
        summaries = []
        for name in self.modalities:
            own = self.encoder_of(name)
            if isinstance(inputs, Prepared):
                summary = inputs.summaries[name]
                hidden = own.encoder.encode(inputs.values[name], summary, inputs.masks.get(name))
            else:
                values, lengths = inputs.values[name], inputs.lengths.get(name)
                if not values.is_floating_point():  # ids of tokens, from a `TokenStore`
                    assert self.text_encoder is not None and lengths is not None
                    values = self.text_encoder(values, lengths)
                hidden, summary = own.encoder(values, lengths)
            parts["invariant"].append(own.invariant(hidden))
            parts["specific"].append(own.specific(hidden))
            # What codes are to reconstruct must not learn to be easy to reconstruct.
            summaries.append(summary.detach())
        invariant, specific = (self._code(parts[kind]) for kind in ("invariant", "specific"))
        return Codes(invariant, specific, summaries, inputs.present)

    def _code(self, heads: list[tuple[Tensor, Tensor]]) -> Code:
        # float32 whatever the encoders computed in: bounds do not survive eight bits of mantissa
        mean = torch.stack([head[0] for head in heads], 1).float()  # (U, M, d_c)
        log_variance = torch.stack([head[1] for head in heads], 1).float()
        sample = mean
        if self.training and self.settings.stochastic:
            sample = mean + (log_variance / 2).exp() * torch.randn_like(mean)
        return Code(mean, log_variance, sample)

    def content(self, codes: Codes) -> Tensor:
        """Codes of U utterances → token content (U, M, d), before identity is added."""
        specific = torch.einsum("umc,mcd->umd", codes.specific.sample, self.from_specific)
        return self.from_invariant(codes.invariant.sample) + specific

    def fuse(
        self, content: Tensor, window: Tensor, presence: Tensor, identity: Identity
    ) -> Prediction:
        """Predict T targets from the content of the utterances in their windows.

        Args:
            content: (U, M, d) from `content`.
            window: (T, W) int64 rows of `content`, -1 where there is no utterance.
            presence: (U, M) or (T, W, M) in [0, 1]: which tokens may be read.
            identity: what the identity terms are told; interventions change it.
        """
        at = window.clamp(min=0)
        if presence.dim() == 2:
            presence = presence[at]
        presence = presence.to(content.dtype) * (window >= 0)[..., None]
        tokens = self.identity(content[at], identity)  # (T, W, M, d)
        fused = self.fusion(tokens, presence)
        output = self.head(fused.representation).float()
        if self.label.kind == "regression":
            output = output[:, 0] * self.label_deviation + self.label_mean
        return Prediction(output, fused)
