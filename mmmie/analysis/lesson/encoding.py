"""One utterance on its way through one encoder: its features, where it looks, its hidden state."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from mmmie.analysis.codes.readouts import KINDS, code_name
from mmmie.corpus import Corpus

if TYPE_CHECKING:
    from mmmie.analysis.checkpoints import Checkpoint
    from mmmie.model.mmmie import MMMIE


@dataclass(frozen=True)
class Encoding:
    """What an encoder does with one utterance.

    Attributes:
        features: (L, d_m) as the encoder sees them, in deviations of the train split; L is 1 at
            utterance level.
        weights: (L,) how much every step counts in the attention pooling, mean over heads,
            summing to 1; None at utterance level, where nothing is pooled.
        hidden: (d,) the hidden state h, from which both codes are made.
        codes: ``z`` and ``s`` → their means (d_z,) and (d_s,).
    """

    features: np.ndarray
    weights: np.ndarray | None
    hidden: np.ndarray
    codes: dict[str, np.ndarray]


def encode_one(model: MMMIE, modality: str, values: np.ndarray) -> Encoding:
    """Send the features of one utterance through the encoder of a modality.

    Args:
        model: in evaluation mode.
        modality: one of the model's.
        values: (L, d_m) with at least one step, or (d_m,) at utterance level.
    """
    import torch

    own = model.encoder_of(modality)
    encoder = own.encoder
    device = model.label_mean.device
    x = torch.from_numpy(np.array(values, np.float32)).to(device)[None]
    looked: list[np.ndarray] = []

    def keep(_module: object, _inputs: object, score: torch.Tensor) -> None:
        looked.append(score[0].softmax(0).mean(1).cpu().numpy())

    score = getattr(encoder, "score", None)
    handle = None if score is None else score.register_forward_hook(keep)
    try:
        with torch.inference_mode():
            lengths = None if score is None else torch.tensor([x.shape[1]], device=device)
            hidden, _ = encoder(x, lengths)
            codes = {"z": own.invariant(hidden)[0], "s": own.specific(hidden)[0]}
            features = encoder.standardise(x)[0]
    finally:
        if handle is not None:
            handle.remove()
    return Encoding(
        features=np.atleast_2d(features.cpu().numpy()),
        weights=looked[0] if looked else None,
        hidden=hidden[0].cpu().numpy(),
        codes={name: code[0].cpu().numpy() for name, code in codes.items()},
    )


def codes_of(
    checkpoint: Checkpoint, corpus: Corpus, row: int
) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """The codes of one utterance.

    Args:
        checkpoint: a model with stochastic encoders.
        corpus: one that fits it.
        row: of the utterance in the corpus.

    Returns:
        ``<kind>.<modality>``, as in `SplitOutputs.spaces`, → mean (d,) and deviation (d,).

    Raises:
        InputError: the weights are unreadable, or the corpus does not fit.
    """
    from mmmie.analysis.ask.asker import Asker

    asker = Asker(checkpoint, corpus)
    codes = asker.codes(np.array([row]))
    return {
        code_name(kind, name): (
            getattr(codes, kind).mean[0, m].cpu().numpy(),
            getattr(codes, kind).log_variance[0, m].div(2).exp().cpu().numpy(),
        )
        for kind in KINDS
        for m, name in enumerate(asker.modalities)
    }
