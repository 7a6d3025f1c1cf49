from __future__ import annotations

import numpy as np
import pytest
import torch

from mmmie.analysis.checkpoint import load_checkpoint
from mmmie.corpus.folder import open_corpus_folder, save_corpus_folder
from mmmie.model.config import ModelSettings
from mmmie.model.mmmie import MMMIE
from mmmie.training.checkpoint_files import CheckpointInfo, write_checkpoint
from mmmie.training.config import load_config


@pytest.fixture
def saved(make_corpus, tmp_path):
    """An untrained checkpoint and its corpus on disk."""
    save_corpus_folder(make_corpus(conversations=60, splits=("valid",)), tmp_path / "corpus")
    corpus = open_corpus_folder(tmp_path / "corpus")
    config = load_config(overrides=["model.dim=16", "model.heads=2", "model.invariant_dim=4"])
    torch.manual_seed(0)
    model = MMMIE(corpus.modalities, corpus.label, ModelSettings(**config.model.model_dump()))
    model.standardise_by(corpus, np.arange(len(corpus)))
    folder = tmp_path / "checkpoint"
    folder.mkdir()
    held = {"name": corpus.name, "path": str(corpus.path), "fingerprint": corpus.fingerprint}
    info = CheckpointInfo(
        folder, config, corpus.label, corpus.modalities, held, {"n": 300}, 0, {}, {}
    )
    write_checkpoint(folder, model, info)
    return load_checkpoint(folder), corpus
