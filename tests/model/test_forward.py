"""A model that can be called: every public way to predict is `model(batch)`."""

import doctest

import numpy as np
import pytest
import torch

import mmmie.analysis.checkpoint
import mmmie.model.mmmie
from mmmie.analysis.checkpoint import Checkpoint
from mmmie.metrics import metrics_for
from mmmie.model.inference import batch_of, encode_rows, evaluating, windows_around
from mmmie.training.config import load_config
from mmmie.training.trainer import Trainer
from tests.analysis.untrained import untrained_checkpoint

CLASSES = ("low", "middle", "high")


def called(checkpoint, corpus, rows):
    """What `model(batch)` says, without gradients."""
    with torch.no_grad():
        return checkpoint.model(checkpoint.batch(corpus, rows))


@pytest.fixture(params=[None, CLASSES], ids=["regression", "classes"])
def corpus(make_corpus, request):
    return make_corpus(classes=request.param)


@pytest.fixture
def checkpoint(corpus, tmp_path):
    """A checkpoint that trusts its modalities differently, so that the discount counts."""
    checkpoint = untrained_checkpoint(corpus, tmp_path / "checkpoint", layers=2)
    checkpoint.model.keep.copy_(torch.tensor([0.3, 0.9]))
    return checkpoint


def same(said, wanted):
    return np.abs(np.asarray(said) - wanted).max() < 1e-6


def test_every_public_path_equals_the_model_called_with_a_batch(corpus, checkpoint):
    rows = corpus.rows("valid")
    output = called(checkpoint, corpus, rows)
    prediction = output.prediction
    shown = prediction.numpy() if corpus.label.classes is None else prediction.softmax(1).numpy()

    outputs = checkpoint.outputs(corpus, "valid")
    assert np.array_equal(outputs.rows, rows)
    for kept in (outputs, checkpoint.cached_outputs(corpus, "valid")):
        assert same(kept.output["trained"], shown)
        assert same(kept.spaces["fused"], output.fused.representation.numpy())
    assert same(outputs.attention["trained"], output.fused.attention.numpy())
    fresh = Checkpoint(checkpoint.info)  # has no weights in memory, so it reads the file
    assert same(fresh.cached_outputs(corpus, "valid").output["trained"], shown)

    table = checkpoint.predict(corpus)["prediction"].to_numpy()[rows]
    if corpus.label.classes is None:
        assert same(table.astype(float), shown)
    else:
        assert table.tolist() == [CLASSES[i] for i in shown.argmax(1)]

    wanted = metrics_for(corpus.label, prediction.numpy(), corpus.targets[rows])
    found = checkpoint.evaluate(corpus, "valid")
    name = "mae" if corpus.label.classes is None else "f1_macro"
    assert found[name] == pytest.approx(wanted[name], abs=1e-6)


def test_validation_equals_the_model_called_with_a_batch(corpus):
    small = ["model.dim=16", "model.heads=2", "training.epochs=1", "training.modality_dropout=0.4"]
    trainer = Trainer(corpus, load_config(overrides=small), "cpu")
    trainer.fit()
    model = trainer.average.model
    with evaluating(model):
        wanted = model(batch_of(model, trainer.corpus, trainer.valid_rows))
    assert same(trainer.validated[1].output, wanted.prediction.numpy())


def test_the_training_step_calls_the_model(make_corpus, monkeypatch):
    small = ["model.dim=16", "model.heads=2", "training.epochs=1", "training.batch_size=16"]
    trainer = Trainer(make_corpus(), load_config(overrides=small), "cpu")
    step = next(trainer.batches.epoch(0, 0))
    trainer.model.train()
    torch.manual_seed(4)
    found = trainer.replica.output(step)
    torch.manual_seed(4)
    wanted = trainer.model(batch_of(trainer.model, trainer.corpus, step.targets))
    assert torch.allclose(found.prediction, wanted.prediction, atol=1e-6)
    assert torch.allclose(found.codes.specific.sample, wanted.codes.specific.sample, atol=1e-6)


def test_targets_come_in_any_order_and_number(corpus, checkpoint):
    every = called(checkpoint, corpus, np.arange(len(corpus))).prediction
    rows = [7, 3, 3, 41]
    assert torch.allclose(called(checkpoint, corpus, rows).prediction, every[rows], atol=1e-6)


def test_a_part_of_a_batch_predicts_its_targets(corpus, checkpoint):
    model, rows = checkpoint.model, np.arange(len(corpus))
    whole = called(checkpoint, corpus, rows)
    batch = checkpoint.batch(corpus, rows)
    batch.inputs = whole.codes
    for presence in (None, whole.codes.present.float(), torch.rand(len(rows), 4, 2).round()):
        batch.presence = presence
        with torch.no_grad():
            wanted = model(batch).prediction
            parts = [model(batch.part(start, start + 25)) for start in range(0, len(rows), 25)]
        assert len(parts) == 3 and len(parts[0].codes.present) < len(rows)
        assert torch.allclose(torch.cat([p.prediction for p in parts]), wanted, atol=1e-6)


def test_a_window_counts_only_utterances_that_stand_in_one(make_corpus):
    corpus = make_corpus()
    whole = corpus.window(1, 0)
    windows = windows_around(whole, corpus.speaker_codes, np.array([4, 6]))
    assert windows.rows.tolist() == [3, 4, 5, 6]
    assert windows.window.tolist() == [[0, 1], [2, 3]]


def test_evaluating_leaves_the_mode_as_it_was_even_where_it_fails(make_corpus, checkpoint):
    model = checkpoint.model.train()
    with pytest.raises(AttributeError):
        encode_rows(model, None, np.arange(3))
    assert model.training


@pytest.mark.parametrize("module", [mmmie.model.mmmie, mmmie.analysis.checkpoint])
@pytest.mark.slow
def test_the_help_of_the_model_shows_how_to_call_it_and_the_example_runs(module):
    result = doctest.testmod(module)
    assert result.attempted > 2 and result.failed == 0
    assert "checkpoint.model(checkpoint.batch(corpus, " in mmmie.model.mmmie.MMMIE.__doc__


def test_modalities_of_any_name_are_kept_apart_and_saved(make_corpus, tmp_path):
    corpus = make_corpus(levels={"a.b": "utterance", "type": "sequence", "modality 0": "utterance"})
    checkpoint = untrained_checkpoint(corpus, tmp_path / "checkpoint")
    encoders = [checkpoint.model.encoder_of(name) for name in corpus.modalities]
    assert len({id(encoder) for encoder in encoders}) == 3
    again = mmmie.analysis.checkpoint.load_checkpoint(tmp_path / "checkpoint")
    said = called(again, corpus, [0, 3]).prediction
    assert torch.equal(said, called(checkpoint, corpus, [0, 3]).prediction)
