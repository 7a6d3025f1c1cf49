"""Models that have learned nothing: analyses of a model need no training to be checked."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import torch

from mmmie.analysis.checkpoint import Checkpoint
from mmmie.corpus import Corpus
from mmmie.model.config import ContextSettings, ModelSettings
from mmmie.model.mmmie import MMMIE
from mmmie.training.checkpoint_files import CheckpointInfo, write_checkpoint
from mmmie.training.config import Config


@dataclass
class Untrained:
    """As much of a checkpoint as is needed, with random weights."""

    model: MMMIE
    device: str = "cpu"

    def __post_init__(self):
        self.info = SimpleNamespace(config=Config())

    def fitted(self, corpus):
        return corpus


def untrained(corpus: Corpus, **settings: Any) -> Untrained:
    """A model in memory; its modalities are trusted differently."""
    torch.manual_seed(1)
    model = MMMIE(
        corpus.modalities, corpus.label, ModelSettings(dim=8, heads=2, invariant_dim=3, **settings)
    ).eval()
    model.standardise_by(corpus, corpus.rows("train"))
    model.keep.copy_(torch.linspace(0.3, 0.9, len(corpus.modalities)))
    return Untrained(model)


def untrained_checkpoint(corpus: Corpus, folder: Path, **settings: Any) -> Checkpoint:
    """A checkpoint on disk."""
    settings = {"context": ContextSettings(past=2, future=1), **settings}
    model_settings = ModelSettings(dim=16, heads=2, invariant_dim=4, **settings)
    torch.manual_seed(0)
    model = MMMIE(corpus.modalities, corpus.label, model_settings)
    folder.mkdir()
    info = CheckpointInfo(
        folder=folder,
        config=Config(model=model_settings),
        label=corpus.label,
        modalities=corpus.modalities,
        corpus={"name": corpus.name, "path": None, "fingerprint": corpus.fingerprint},
        metrics={"mae": 1.0},
        epoch=0,
        carryover={},
        facts={},
    )
    write_checkpoint(folder, model, info)
    return Checkpoint(info)
