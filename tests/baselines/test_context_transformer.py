"""The plain context transformer has nothing of the paper, and uses the context."""

import numpy as np
import pytest
import torch

from mmmie.baselines.choice import valid_score
from mmmie.baselines.context_transformer import SETTINGS, context_transformer
from mmmie.baselines.mlp import mlp
from mmmie.model.inference import encode_rows
from mmmie.training.config import load_config
from mmmie.training.trainer import Trainer


@pytest.mark.slow
def test_no_term_but_the_task_is_in_the_loss(make_corpus):
    config = load_config(overrides=[*SETTINGS, "training.epochs=1"])
    assert config.model.context.span == (8, 3)
    assert not any(config.model.identity.uses(t) for t in ("role", "speaker", "modality"))
    assert not config.model.stochastic and not config.objective.maximise.enabled
    trainer = Trainer(make_corpus(), config, "cpu")
    with torch.inference_mode():
        terms = set(trainer.objective(encode_rows(trainer.model, trainer.store, np.arange(8))))
    assert terms <= {"maximise"}  # in which only the critic learns


@pytest.mark.slow
def test_it_reads_the_other_turns(make_corpus):
    corpus = make_corpus(conversations=300, length=2, levels={"audio": "utterance"})
    other = corpus.window(1, 0)[:, 0]
    other = np.where(other < 0, np.arange(len(corpus)) + 1, other)
    signal = corpus.features["audio"].values[:, 0]
    corpus.utterances["label"] = 2 * np.sign(signal[other])
    error = -valid_score(corpus, context_transformer(corpus, 0))
    assert error < 0.7 * -valid_score(corpus, mlp(corpus, ["audio"], 0))
