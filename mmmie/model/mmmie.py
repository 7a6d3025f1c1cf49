"""The model, top to bottom: features → two codes per modality → tokens → fusion → prediction.

Our reading of the abstract of Zheng, Zhang, Wang and Zeng (arXiv 2201.03969): nothing beyond
the abstract was available to us.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn

from mmmie.corpus import Corpus, Label, Modality
from mmmie.errors import InputError
from mmmie.model.batch import Batch, Codes, Output
from mmmie.model.config import ModelSettings
from mmmie.model.encoders import Code, ModalityEncoder
from mmmie.model.features import Inputs, Prepared, feature_moments
from mmmie.model.fusion import Fusion
from mmmie.model.identity import IdentityEmbedding
from mmmie.model.text_encoder import TextNetwork


class MMMIE(nn.Module):
    """Multimodal sentiment model with two codes per modality and identity embedding.

    Call it with a `Batch`; `Checkpoint.batch` makes one from a corpus and row numbers, which also
    encodes the utterances in the windows of these rows.

    Args:
        modalities: what each modality looks like, in the order of the model.
        label: what is predicted.
        settings: sizes and switches.
        text_encoder: makes the features of a modality from token ids, where it is fine-tuned.

    Attributes:
        keep: (M,) chance that a modality is shown in training, see `presence`.

    Raises:
        InputError: `heads` does not divide `dim`.

    Example:
        >>> from mmmie import load_checkpoint
        >>> checkpoint = load_checkpoint("checkpoints/demo")
        >>> corpus = checkpoint.corpus()
        >>> output = checkpoint.model(checkpoint.batch(corpus, [5, 9]))
        >>> output.prediction.shape, output.fused.attention.shape  # (T,) and (T, W, M)
        (torch.Size([2]), torch.Size([2, 10, 3]))
        >>> output.codes.invariant.mean.shape[1:]  # (U, M, d_z)
        torch.Size([3, 8])
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
        self._keys = _module_keys(list(modalities))
        self.encoders = nn.ModuleDict(
            {self._keys[name]: ModalityEncoder(m, settings) for name, m in modalities.items()}
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

    def forward(self, batch: Batch) -> Output:
        """Codes of the utterances of a batch, and predictions for its targets.

        In training codes are sampled and modalities hidden at random; in evaluation neither.
        """
        codes = batch.inputs if isinstance(batch.inputs, Codes) else self.encode(batch.inputs)
        content = self.content(codes)[batch.window.clamp(min=0)]  # (T, W, M, d)
        tokens = self.identity(content, batch.identity)
        fused = self.fusion(tokens, self.presence(codes, batch).to(tokens.dtype))
        prediction = self.head(fused.representation).float()
        if self.label.kind == "regression":
            prediction = prediction[:, 0] * self.label_deviation + self.label_mean
        return Output(codes, prediction, fused)

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

    def presence(self, codes: Codes, batch: Batch) -> Tensor:
        """How far every token may be read, (T, W, M) in [0, 1]: 0 hides it.

        In training whole modalities are hidden from a target at random. In evaluation every one
        that is there is shown, its tokens discounted by how often training showed it: ln keep is
        added to their attention logits and the readout weighs them by it. Without the discount a
        modality that was seldom shown would suddenly be trusted fully; with it evaluation
        approximates the mean over what training sampled.
        """
        presence = codes.present if batch.presence is None else batch.presence
        if presence.dim() == 2:
            presence = presence[batch.window.clamp(min=0)]
        presence = presence.float() * (batch.window >= 0)[..., None]
        if not self.training:
            return presence * self.keep
        shown = torch.rand(len(presence), len(self.keep), device=presence.device) < self.keep
        shown |= ~shown.any(1, keepdim=True) & (self.keep == self.keep.max())  # never all at once
        return presence * shown[:, None]

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
        encoder = self.encoders[self._keys[name]]
        assert isinstance(encoder, ModalityEncoder)
        return encoder

    @property
    def device(self) -> torch.device:
        """Where the model is."""
        return self.label_mean.device


def _module_keys(names: list[str]) -> dict[str, str]:
    """Modality → its key among the encoders: its name, or a number where torch has no room for it.

    A key of torch may not be empty, hold a dot or be the name of something that modules have.
    """
    taken = nn.ModuleDict()
    keys = {}
    for number, name in enumerate(names):
        key = name
        if not name or "." in name or hasattr(taken, name):
            key = f"modality {number}"
            while key in names:
                key += "'"
        keys[name] = key
    return keys
