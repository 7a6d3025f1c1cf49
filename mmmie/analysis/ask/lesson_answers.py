"""What the model answers about one utterance when it is told other things than the truth."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from mmmie.analysis.ask.target_window import target_window
from mmmie.analysis.codes.readings import KINDS, code_name
from mmmie.corpus import Corpus

if TYPE_CHECKING:
    from mmmie.analysis.checkpoints import Checkpoint


@dataclass(frozen=True)
class Told:
    """What a prediction is told; the truth, if nothing is changed.

    Attributes:
        role: whether every token says which turn it is.
        speaker: whether it says if the target's speaker said it.
        modality: whether it says which modality it is.
        swapped: whether same and other speaker change places, the target's own turn aside.
        hidden: modalities whose tokens are hidden in the whole window.
    """

    role: bool = True
    speaker: bool = True
    modality: bool = True
    swapped: bool = False
    hidden: tuple[str, ...] = ()


@dataclass(frozen=True)
class Answer:
    """What the model says of one target.

    Attributes:
        output: (1,) in label units, or (classes,) probabilities.
        attention: one row a place of the window that is there and modality: `place`, `offset`,
            `modality`, `share`, as `mmmie.analysis.ask.context_use.attention_shares`.
    """

    output: np.ndarray
    attention: pd.DataFrame


def ask(checkpoint: Checkpoint, corpus: Corpus, row: int, told: Told) -> Answer:
    """Predict one utterance from its window alone; it takes some hundredths of a second.

    Args:
        checkpoint: the model.
        corpus: one that fits it.
        row: of the target in the corpus.
        told: what the model is told.

    Example:
        >>> from mmmie import load_checkpoint
        >>> checkpoint = load_checkpoint("checkpoints/demo")
        >>> answer = ask(checkpoint, checkpoint.corpus(), 3, Told(speaker=False))
        >>> answer.output.shape, round(float(answer.attention["share"].sum()), 3)
        ((1,), 1.0)
    """
    import torch
    from scipy.special import softmax

    from mmmie.model.features import FeatureStore
    from mmmie.model.identity import OTHER, SAME, Identity, identity_of
    from mmmie.model.inference import encode_rows, predict_windows

    model = checkpoint.model
    small, windows = target_window(corpus, row, model.settings)
    names, past = list(model.modalities), model.settings.context.span[0]
    store = FeatureStore(small, names, checkpoint.device)
    codes = encode_rows(model, store, np.arange(len(small)))
    truth = identity_of(windows.relation, checkpoint.device)
    role, relation = truth.role, truth.relation
    assert role is not None and relation is not None
    if told.swapped:
        other = torch.where(relation == SAME, OTHER, torch.where(relation == OTHER, SAME, relation))
        other[:, past] = relation[:, past]
        relation = other
    shown = torch.tensor([name not in told.hidden for name in names], device=checkpoint.device)
    found = predict_windows(
        model,
        codes,
        windows,
        identity=Identity(
            role if told.role else None, relation if told.speaker else None, told.modality
        ),
        presence=(codes.present & shown).float(),
        attention=True,
    )
    output = found.output.astype(np.float64)
    assert found.attention is not None
    return Answer(
        output=output if output.ndim == 1 else softmax(output[0]),
        attention=_shares(found.attention[0], windows.window[0], past, names),
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
    from mmmie.model.features import FeatureStore
    from mmmie.model.inference import encode_rows

    corpus = checkpoint.fitted(corpus)
    names = list(checkpoint.model.modalities)
    store = FeatureStore(corpus.select(np.array([row])), names, checkpoint.device)
    codes = encode_rows(checkpoint.model, store, np.array([0]))
    return {
        code_name(kind, name): (
            getattr(codes, kind).mean[0, m].cpu().numpy(),
            getattr(codes, kind).log_variance[0, m].div(2).exp().cpu().numpy(),
        )
        for kind in KINDS
        for m, name in enumerate(names)
    }


def _shares(
    attention: np.ndarray, window: np.ndarray, past: int, modalities: list[str]
) -> pd.DataFrame:
    """Attention (W, M) on the places that are there, as shares that sum to 1."""
    places = np.flatnonzero(window >= 0)
    weights = attention[places]
    return pd.DataFrame(
        {
            "place": np.repeat(places, len(modalities)),
            "offset": np.repeat(places - past, len(modalities)),
            "modality": np.tile(modalities, len(places)),
            "share": (weights / max(float(weights.sum()), 1e-9)).ravel().astype(float),
        }
    )
