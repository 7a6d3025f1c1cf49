"""Features made ready once: the same codes as from features that are read batch by batch."""

import numpy as np
import pytest
import torch

from mmmie.corpus import Features
from mmmie.model.config import ModelSettings
from mmmie.model.features import FeatureStore
from mmmie.model.inference import encode_rows
from mmmie.model.mmmie import MMMIE
from mmmie.model.prepared import PreparedStore, feature_store

LEVELS = {"text": "sequence", "audio": "utterance", "vision": "sequence"}


def model_of(corpus):
    torch.manual_seed(0)
    settings = ModelSettings(dim=16, invariant_dim=4, specific_dim=5, heads=2)
    model = MMMIE(corpus.modalities, corpus.label, settings)
    model.standardise_by(corpus, np.arange(len(corpus)))
    return model.eval()


@pytest.fixture
def corpus(make_corpus):
    """Steps that are missing here and there, and in float16."""
    corpus = make_corpus(levels=LEVELS)
    vision = corpus.features["vision"]
    lengths = np.diff(vision.offsets)
    lengths[[0, 7, 8]] = 0
    offsets = np.concatenate([[0], lengths.cumsum()])
    values = vision.values[: offsets[-1]].astype(np.float16)
    corpus.features["vision"] = Features(values, offsets)
    return corpus


@pytest.mark.parametrize("rows", [[0], [7, 8], [3, 50, 0, 21], list(range(60))])
def test_the_codes_are_those_of_features_read_per_batch(corpus, rows):
    model, rows = model_of(corpus), np.array(rows)
    prepared = encode_rows(model, PreparedStore(corpus, model, "cpu"), rows)
    read = encode_rows(model, FeatureStore(corpus, list(LEVELS), "cpu"), rows)
    assert torch.equal(prepared.present, read.present)
    for kind in ("invariant", "specific"):
        ours, theirs = getattr(prepared, kind), getattr(read, kind)
        assert torch.allclose(ours.mean, theirs.mean, atol=1e-5)
        assert torch.allclose(ours.log_variance, theirs.log_variance, atol=1e-5)
    for ours, theirs in zip(prepared.summaries, read.summaries, strict=True):
        assert torch.allclose(ours, theirs, atol=1e-5)


def test_the_gradients_are_the_same(corpus):
    model, rows = model_of(corpus), np.arange(20)
    found = []
    for store in (PreparedStore(corpus, model, "cpu"), FeatureStore(corpus, list(LEVELS), "cpu")):
        model.zero_grad()
        model.content(model.encode(store.gather(rows))).square().sum().backward()
        found.append([p.grad.clone() for p in model.encoders.parameters()])
    for ours, theirs in zip(*found, strict=True):
        assert torch.allclose(ours, theirs, rtol=1e-3, atol=1e-4)


def test_features_that_are_too_large_are_read_per_batch(corpus, monkeypatch):
    model = model_of(corpus)
    assert isinstance(feature_store(corpus, model, "cpu"), PreparedStore)
    size = 4 * sum(features.values.size for features in corpus.features.values())
    monkeypatch.setattr("mmmie.model.prepared.PREPARED_BYTES", size - 1)
    assert isinstance(feature_store(corpus, model, "cpu"), FeatureStore)
