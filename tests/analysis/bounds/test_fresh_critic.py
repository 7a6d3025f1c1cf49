"""The independent check, on codes of an untrained model, here and in a process of its own."""

import time

import numpy as np
import pytest
import torch

from mmmie.analysis.bounds import fresh_critic
from mmmie.analysis.bounds.fresh_critic import FreshCritic, fresh_estimates
from mmmie.analysis.checkpoint import load_checkpoint
from mmmie.corpus.folder import open_corpus_folder, save_corpus_folder
from mmmie.model.config import ModelSettings
from mmmie.model.mmmie import MMMIE
from mmmie.training.checkpoint_files import CheckpointInfo, write_checkpoint
from mmmie.training.config import load_config

pytestmark = pytest.mark.slow


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


def test_pairs_and_inputs_are_bounded_from_below(saved):
    found = list(fresh_estimates(*saved, "valid", steps=80))
    names = [(row["family"], row["name"]) for row in found]
    assert names == [("pair", "text-audio"), ("invariant", "text"), ("invariant", "audio")]
    by = {row["name"]: row for row in found}
    for row in found:
        assert row["n"] == 300 and row["nats"] <= row["ceiling"]
    # an untrained z still depends on its own input, whose signal both modalities have
    assert by["audio"]["nats"] > 0.05


def test_the_codes_are_those_of_training_so_noise_lowers_the_bound(saved):
    checkpoint, corpus = saved
    noisy = list(fresh_estimates(checkpoint, corpus, "valid", steps=80))
    checkpoint.model.settings.stochastic = False
    clean = list(fresh_estimates(checkpoint, corpus, "valid", steps=80))
    assert clean[2]["nats"] > noisy[2]["nats"] + 0.1


def test_the_process_leaves_its_result_in_the_cache(saved, tmp_path, monkeypatch):
    critic = FreshCritic(*saved, "valid", tmp_path)
    assert critic.table() is None and critic.work.state is None
    critic.start()
    deadline = time.monotonic() + 200
    while critic.work.active and time.monotonic() < deadline:
        assert critic.table() is None  # half a check is none
        time.sleep(0.2)
    assert critic.work.state == "done", critic.work.failure
    table = FreshCritic(*saved, "valid", tmp_path).table()
    assert set(table["family"]) == {"pair", "invariant"} and len(table) == critic.count == 3
    monkeypatch.setattr(fresh_critic, "STEPS", 7)  # another effort is another result
    assert FreshCritic(*saved, "valid", tmp_path).table() is None
