"""Whole modalities are hidden from a target in training, never all at once, and not afterwards."""

import numpy as np
import pytest
import torch

from mmmie.model.config import ModelSettings
from mmmie.model.inference import batch_of
from mmmie.model.mmmie import MMMIE


def shown(make_corpus, keep, *, training=True):
    """Which modalities each of 600 targets is shown, (T, M), by the presence of its own tokens."""
    corpus = make_corpus(conversations=120, levels={f"m{i}": "utterance" for i in range(3)})
    model = MMMIE(corpus.modalities, corpus.label, ModelSettings(dim=8, heads=2)).train(training)
    model.keep.copy_(torch.tensor(keep))
    torch.manual_seed(0)
    batch = batch_of(model, corpus, np.arange(len(corpus)))
    presence = model.presence(model.encode(batch.inputs), batch)
    there = batch.window >= 0
    own = presence[:, model.settings.context.span[0]]
    # what is hidden is hidden in the whole window, and places outside a conversation stay so
    assert torch.equal(presence, own[:, None] * there[..., None])
    return own


def test_every_modality_is_shown_as_often_as_it_is_kept(make_corpus):
    share = shown(make_corpus, [0.9, 0.5, 0.9]).mean(0)
    # where all three are drawn hidden (.005), both of the most trusted come back
    assert share.tolist() == pytest.approx([0.905, 0.5, 0.905], abs=0.06)


def test_all_modalities_are_never_hidden_at_once(make_corpus):
    own = shown(make_corpus, [0.05, 0.1, 0.05])
    assert (own.sum(1) > 0).all()
    # the most trusted one comes back: .1 + .9 · .95²
    assert own[:, 1].mean().item() == pytest.approx(0.912, abs=0.05)


def test_in_evaluation_all_are_shown_and_discounted(make_corpus):
    own = shown(make_corpus, [0.9, 0.5, 0.25], training=False)
    assert torch.equal(own, torch.tensor([0.9, 0.5, 0.25]).expand(len(own), -1))
