"""Edited utterances: no edit is the stored prediction, and hiding is what hiding means."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from mmmie.analysis.ask.question import ChannelEdit, Question
from mmmie.analysis.ask.what_if import EditableUtterance, noise_effect
from mmmie.analysis.credit.contributions import contributions, shapley_values
from mmmie.corpus import Features
from mmmie.model.features import FeatureStore
from mmmie.model.inference import encode_rows, predict_windows, windows_of
from tests.analysis.untrained import untrained

CLASSES = ("no", "maybe", "yes")


def predicted(checkpoint, corpus, presence=None):
    """All predictions of a corpus, the plain way: (N, 1) or (N, classes)."""
    rows = np.arange(len(corpus))
    model = checkpoint.model
    codes = encode_rows(model, FeatureStore(corpus, list(model.modalities), "cpu"), rows)
    if presence is not None:
        presence = torch.from_numpy(presence).float()
    windows = windows_of(corpus, rows, model.settings)
    output = predict_windows(model, codes, windows, presence=presence).output.astype(float)
    if output.ndim == 1:
        return output[:, None]
    return np.exp(output) / np.exp(output).sum(1, keepdims=True)


def with_features(corpus, row, name, values):
    """The corpus with other features of one utterance."""
    held = [np.array(corpus.features[name].of(i)) for i in range(len(corpus))]
    held[row] = values
    if corpus.features[name].offsets is None:
        changed = Features(np.stack(held).astype(np.float32))
    else:
        offsets = np.concatenate([[0], np.cumsum([len(v) for v in held])]).astype(np.int64)
        changed = Features(np.concatenate(held).astype(np.float32), offsets)
    return replace(corpus, features={**corpus.features, name: changed})


KINDS = [
    {},
    {"readout": "summary"},
    {"context": {"past": 1, "future": 0}},
    {"context": {"enabled": False}},
]


@pytest.mark.parametrize("settings", KINDS)
@pytest.mark.parametrize("classes", [None, CLASSES])
def test_no_edit_gives_what_the_model_says_of_every_turn_that_reads_it(
    make_corpus, settings, classes
):
    corpus = make_corpus(conversations=6, classes=classes)
    checkpoint = untrained(corpus, **settings)
    expected = predicted(checkpoint, corpus)
    for row in (0, 7, 29):
        utterance = EditableUtterance(checkpoint, corpus, row)
        [found] = utterance.predict([Question()])
        ids = corpus.utterances["id"].tolist()
        rows = [ids.index(name) for name in utterance.turns["id"]]
        assert rows[utterance.own] == row
        assert found == pytest.approx(expected[rows], abs=1e-6)
        past, future = checkpoint.model.settings.context.span
        assert rows == [r for r in range(row - future, row + past + 1) if r // 5 == row // 5]
        assert utterance.turns["offset"].tolist() == [r - row for r in rows]


def test_edited_features_give_what_the_model_says_of_a_corpus_that_has_them(make_corpus):
    corpus = make_corpus(conversations=6)
    checkpoint = untrained(corpus)
    utterance = EditableUtterance(checkpoint, corpus, 7)
    edits = [
        Question(channels=(ChannelEdit("text", 0, 1.5),)),
        Question(noise=(("audio", 1.0), ("text", 0.5)), seed=2),
    ]
    found = utterance.predict(edits)  # at once, so that none may touch another
    ids = corpus.utterances["id"].tolist()
    rows = [ids.index(name) for name in utterance.turns["id"]]
    for edit, answers in zip(edits, found, strict=True):
        changed = corpus
        for name, values in utterance.features(edit).items():
            changed = with_features(changed, 7, name, values)
        expected = predicted(checkpoint, changed)[rows]
        assert answers == pytest.approx(expected, abs=1e-5)
        assert not np.allclose(answers, predicted(checkpoint, corpus)[rows], atol=1e-4)


def test_noise_is_measured_in_the_deviations_of_the_train_split(make_corpus):
    corpus = make_corpus()
    checkpoint = untrained(corpus)
    utterance = EditableUtterance(checkpoint, corpus, 7)
    away = np.array(
        [
            utterance.features(Question(noise=(("audio", 1.0),), seed=seed))["audio"]
            for seed in range(300)
        ]
    ) - corpus.features["audio"].of(7)
    train = corpus.features["audio"].values[corpus.rows("train")].std(0)
    assert away.std(0) == pytest.approx(train, rel=0.2)


@pytest.mark.parametrize("everywhere", [False, True])
def test_what_is_hidden_takes_part_nowhere_that_it_was_hidden(make_corpus, everywhere):
    corpus = make_corpus(conversations=6)
    checkpoint = untrained(corpus)
    utterance = EditableUtterance(checkpoint, corpus, 7)
    [found] = utterance.predict([Question(missing=("audio",), everywhere=everywhere)])
    shown = np.ones((len(corpus), 2), bool)
    shown[slice(None) if everywhere else 7, 1] = False
    window = windows_of(corpus, np.arange(len(corpus)), checkpoint.model.settings).window
    expected = predicted(checkpoint, corpus, shown[window] & (window >= 0)[..., None])
    ids = corpus.utterances["id"].tolist()
    rows = [ids.index(name) for name in utterance.turns["id"]]
    assert found == pytest.approx(expected[rows], abs=1e-6)


def test_hiding_all_but_text_in_the_window_is_the_text_only_prediction_of_the_coalition():
    """Against the Shapley values of modalities, which ask the same coalitions another way."""
    from mmmie import load_checkpoint

    checkpoint = load_checkpoint("checkpoints/demo")
    corpus = checkpoint.corpus()
    outputs = checkpoint.cached_outputs(corpus, "valid")
    row = int(outputs.rows[5])
    utterance = EditableUtterance(checkpoint, corpus, row)
    names = list(checkpoint.model.modalities)
    games = [
        Question(missing=tuple(n for i, n in enumerate(names) if not b >> i & 1), everywhere=True)
        for b in range(8)
    ]
    values = utterance.predict(games)[:, utterance.own, 0]
    assert np.isnan(values[0])  # nothing is left to read
    values[0] = float(checkpoint.model.label_mean)
    expected = contributions(checkpoint, corpus, row).modalities["value"]
    assert shapley_values(values) == pytest.approx(expected.to_numpy(), abs=1e-5)
    assert values[-1] == pytest.approx(outputs.output["trained"][5], abs=1e-5)
    own = Question(transcript=str(corpus.utterances["transcript"].iloc[row]))
    assert utterance.predict([own])[0, utterance.own, 0] == pytest.approx(values[-1], abs=1e-6)


def test_an_utterance_without_a_modality_reads_the_rest_and_without_any_nothing(make_corpus):
    corpus = make_corpus(levels={"text": "sequence", "audio": "sequence"})
    corpus = with_features(corpus, 7, "audio", np.zeros((0, 4)))
    checkpoint = untrained(corpus)
    utterance = EditableUtterance(checkpoint, corpus, 7)
    noisy = Question(noise=(("audio", 2.0),), channels=(ChannelEdit("audio", 0, 1.0),))
    as_is, same, nothing = utterance.predict([Question(), noisy, Question(missing=("text",))])
    assert same == pytest.approx(as_is, abs=1e-6)  # there is nothing to disturb
    assert np.isnan(nothing[utterance.own]).all()
    others = np.arange(len(nothing)) != utterance.own
    assert np.isfinite(nothing[others]).all()
    summary = EditableUtterance(untrained(corpus, readout="summary"), corpus, 7)
    assert np.isfinite(summary.predict([Question(missing=("text",))])).all()  # it reads the others


def test_the_effect_of_noise_starts_at_zero_and_holds_every_draw(make_corpus):
    corpus = make_corpus(classes=CLASSES)
    utterance = EditableUtterance(untrained(corpus), corpus, 7)
    effect = noise_effect(utterance, ["audio", "text"], place=1, strengths=(1.0, 3.0), seeds=3)
    assert len(effect) == 2 * 3 * 3
    assert effect.loc[effect["noise"] == 0, "change"].abs().max() < 1e-6
    [one] = utterance.predict([Question(noise=(("text", 3.0),), seed=2)])
    row = effect.query("modality == 'text' and noise == 3 and seed == 2").iloc[0]
    assert row["prediction"] == pytest.approx(one[utterance.own, 1], abs=1e-6)
    spread = effect.groupby(["modality", "noise"])["change"].std()
    assert (spread.loc[("audio", 3.0)] > 0) and (spread.loc[("text", 3.0)] > 0)
