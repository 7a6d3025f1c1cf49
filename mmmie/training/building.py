"""The untrained model of a run, as its corpus and its configuration say."""

from __future__ import annotations

from collections.abc import Mapping

import torch

from mmmie.corpus import Corpus
from mmmie.model.mmmie import MMMIE
from mmmie.model.text_encoder import TextNetwork
from mmmie.training.config import Config
from mmmie.training.generalisation import Carryover


def build_model(
    corpus: Corpus,
    config: Config,
    carryover: Mapping[str, Carryover],
    text_encoder: TextNetwork | None = None,
) -> MMMIE:
    """A model with random weights, standardised by the train split.

    Args:
        carryover: modality → how well it carries over, which says how often it is hidden.
    """
    model = MMMIE(corpus.modalities, corpus.label, config.model, text_encoder)
    model.standardise_by(corpus, corpus.rows("train"))
    hidden = [modality_dropout(config, name, carryover[name]) for name in corpus.modalities]
    model.keep.copy_(torch.tensor([1 - chance for chance in hidden]))
    return model


def modality_dropout(config: Config, modality: str, carryover: Carryover) -> float:
    """The chance that a modality is hidden from a target in training."""
    setting = config.training.modality_dropout
    if isinstance(setting, dict):
        return setting.get(modality, 0.0)
    return carryover.dropout if setting == "auto" else setting
