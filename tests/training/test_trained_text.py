"""Runs with a text encoder: what is trained, repeated, resumed exactly, and opened again."""

from __future__ import annotations

import shutil

import numpy as np
import pytest
import torch

from mmmie.analysis.ask.own_conversation import Turn, corpus_of_turns, pasted_words, predicted_turns
from mmmie.analysis.ask.question import Question
from mmmie.analysis.ask.what_if import EditableUtterance
from mmmie.analysis.checkpoint import load_checkpoint
from mmmie.errors import InputError
from mmmie.hub import save_pretrained
from mmmie.training.config import load_config
from mmmie.training.run import train
from mmmie.training.run_folder import RunFolder
from mmmie.training.trainer import Trainer
from tests.model.tiny_bert import tiny_bert
from tests.training.test_trainer import StopAfter, weights

pytestmark = pytest.mark.slow

pytest.importorskip("transformers")
SMALL = ["batch_size=16", "epochs=2", "mi_check_every=0", "snapshot_utterances=4"]


@pytest.fixture(scope="module")
def bert(tmp_path_factory):
    return tiny_bert(tmp_path_factory.mktemp("hub") / "bert")


@pytest.fixture(scope="module", autouse=True)
def cache(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MMMIE_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(scope="module")
def spoken(make_corpus):
    """A corpus whose labels are told by words that the features of its text do not hold."""
    corpus = make_corpus(conversations=18)
    told = np.random.default_rng(5).random(len(corpus)) < 0.5
    corpus.utterances["transcript"] = np.where(told, "the film was good", "the film was not so")
    corpus.utterances["label"] = np.where(told, 2.0, -2.0)
    return corpus


def config(bert, mode, *more):
    own = [f"text_encoder.name={bert}"] if bert else []
    own += [f"text_encoder.mode={mode}", "dim=16", "heads=2"]
    own += ["invariant_dim=4", "text_encoder.learning_rate=1e-3", "text_encoder.max_length=16"]
    return load_config(
        overrides=[*(f"model.{o}" for o in own), *(f"training.{o}" for o in SMALL), *more]
    )


@pytest.fixture(scope="module")
def runs(spoken, bert, tmp_path_factory):
    """A finished run of each mode."""
    folder = tmp_path_factory.mktemp("runs")
    return {
        mode: train(spoken, folder / mode, config(bert, mode), device="cpu")
        for mode in ("frozen", "fine_tuned")
    }


@pytest.mark.parametrize(("mode", "pooling"), [("frozen", "mean"), ("fine_tuned", "tokens")])
def test_the_label_is_learned_from_the_words(spoken, bert, mode, pooling):
    pooled = f"model.text_encoder.pooling={pooling}"
    trainer = Trainer(spoken, config(bert, mode, pooled, "training.epochs=4"), "cpu")
    trainer.fit()
    assert trainer.best_metrics["mae"] < 1.0  # 2 is what knowing nothing costs


def test_only_a_fine_tuned_encoder_is_trained_and_at_its_own_rate(spoken, bert):
    frozen = Trainer(spoken, config(bert, "frozen"), "cpu")
    assert frozen.model.text_encoder is None and len(frozen.optimiser.param_groups) == 1
    tuned = Trainer(spoken, config(bert, "fine_tuned"), "cpu")
    names = {name for name, _ in tuned.model.named_parameters() if "text_encoder" in name}
    before = {name: p.clone() for name, p in tuned.model.named_parameters()}
    assert [g["max_lr"] for g in tuned.optimiser.param_groups] == [2e-3, 1e-3]
    tuned.fit()
    moved = {n for n, p in tuned.model.named_parameters() if not torch.equal(p, before[n])}
    assert {name for name in names if name.endswith("query.weight")} <= moved
    rows = tuned.train_rows[:8]
    inputs = tuned.store.gather(rows)
    assert inputs.values["text"].dtype == torch.int64
    tuned.model.train()
    codes = tuned.model.encode(inputs)
    assert not any(summary.requires_grad for summary in codes.summaries)
    codes.invariant.sample[:, 0].sum().backward()
    without = [n for n in names if tuned.model.get_parameter(n).grad is None]
    assert without == []


def test_a_resumed_run_ends_with_the_weights_of_an_uninterrupted_one(spoken, bert, runs, tmp_path):
    whole = runs["fine_tuned"].path
    stop = [StopAfter(1, 2)]
    train(spoken, tmp_path / "part", config(bert, "fine_tuned"), device="cpu", callbacks=stop)
    assert RunFolder(tmp_path / "part").read_status().state == "stopped"
    train(spoken, tmp_path / "part", device="cpu", resume=True)
    for which in ("last", "best"):
        a, b = weights(whole, which), weights(tmp_path / "part", which)
        assert all(torch.equal(a[k], b[k]) for k in a)
    assert any(k.startswith("text_encoder.") for k in a)
    card = (whole / "best" / "card.md").read_text()
    assert "- **Text encoder**: bert, fine-tuned (" in card


def test_a_fine_tuned_checkpoint_opens_without_its_folder_and_says_what_training_said(
    spoken, bert, runs, tmp_path
):
    moved = tmp_path / "bert"
    shutil.copytree(bert, moved)
    settings = config(moved, "fine_tuned", "training.epochs=1", "training.seed=1")
    run = train(spoken, tmp_path / "run", settings, device="cpu")
    shutil.rmtree(moved)
    given = save_pretrained(tmp_path / "given", run.path)
    assert str(tmp_path).encode() not in (given / "config.json").read_bytes()
    for folder in (run.path, given):
        checkpoint = load_checkpoint(folder)
        assert checkpoint.evaluate(spoken)["mae"] == pytest.approx(
            checkpoint.info.metrics["mae"], abs=1e-5
        )
    assert checkpoint.info.corpus["fingerprint"] == spoken.fingerprint
    # Another state of the encoder is another encoder.
    other = runs["fine_tuned"]
    with pytest.raises(InputError, match="was not made by the text encoder of checkpoint"):
        load_checkpoint(other.path).info.fitted(checkpoint.fitted(spoken))
    again = load_checkpoint(other.path).fitted(checkpoint.fitted(spoken))
    assert again.fingerprint == load_checkpoint(other.path).fitted(spoken).fingerprint


def test_a_frozen_checkpoint_needs_its_encoder_only_for_other_words(spoken, bert, tmp_path):
    moved = tmp_path / "bert"
    shutil.copytree(bert, moved)
    run = train(
        spoken, tmp_path / "run", config(moved, "frozen", "training.epochs=1"), device="cpu"
    )
    shutil.rmtree(moved)
    checkpoint = load_checkpoint(run.path)
    assert checkpoint.evaluate(spoken)["mae"] == checkpoint.info.metrics["mae"]
    assert "pooler" not in "".join(weights(run.path)) and len(checkpoint.predict(spoken)) == 90
    with pytest.raises(InputError, match="there is no such folder"):
        _ = load_checkpoint(run.path).text_encoder
    tiny_bert(moved, seed=1)
    with pytest.raises(InputError, match="has other weights than the text encoder"):
        _ = load_checkpoint(run.path).text_encoder


def test_without_an_encoder_the_corpus_is_as_it_was_opened(spoken, bert, runs, tmp_path):
    corpus = spoken
    plain = train(
        corpus, tmp_path / "plain", config(None, "frozen", "training.epochs=1"), device="cpu"
    )
    fitted = load_checkpoint(runs["frozen"].path).fitted(corpus)
    assert fitted.modalities["text"].dim == 32
    checkpoint = load_checkpoint(plain.path)
    assert checkpoint.fitted(fitted) is corpus
    assert checkpoint.evaluate(fitted) == checkpoint.evaluate(corpus)
    alone = config(bert, "frozen", 'model.modalities=["audio"]')
    assert Trainer(corpus, alone, "cpu").corpus.origin is None  # nobody reads text


@pytest.mark.parametrize("mode", ["frozen", "fine_tuned"])
def test_other_words_are_what_the_model_says_of_an_utterance_that_says_them(spoken, runs, mode):
    checkpoint = load_checkpoint(runs[mode].path)
    row = int(spoken.rows("valid")[2])
    own = spoken.utterances["transcript"].iloc[row]
    utterance = EditableUtterance(checkpoint, spoken, row)
    asked = [
        Question(),
        Question(transcript=own),
        Question(transcript="so bad"),
        Question(noise=(("text", 1.0),)),
    ]
    found = utterance.predict(asked)[:, utterance.own, 0]
    said = spoken.select(np.arange(len(spoken)))
    said.utterances.loc[row, "transcript"] = "so bad"
    for value, corpus in ((found[0], spoken), (found[1], spoken), (found[2], said)):
        wanted = float(checkpoint.predict(corpus)["prediction"].iloc[row])
        assert value == pytest.approx(wanted, abs=1e-4)
    assert abs(found[2] - found[0]) > 1e-3 < abs(found[3] - found[0])

    words = pasted_words(checkpoint, checkpoint.fitted(spoken))
    pasted = corpus_of_turns(
        [Turn("Ann", own)], words, checkpoint.info.modalities, checkpoint.info.label
    )
    table, _ = predicted_turns(checkpoint, pasted, ["audio"])
    hidden = EditableUtterance(checkpoint, spoken.select(np.array([row])), 0)
    alone = hidden.predict([Question(missing=("audio",))])[0, 0, 0]
    assert table["prediction"].iloc[0] == pytest.approx(alone, abs=1e-4)
