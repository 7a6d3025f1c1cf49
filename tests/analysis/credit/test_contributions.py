"""Contributions add up to the prediction, agree with a slow reference and mean what they say."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pandas as pd
import pytest
import torch

from mmmie.analysis.ask.asker import Asker
from mmmie.analysis.ask.preset_questions import PRESETS
from mmmie.analysis.credit.contributions import (
    MOST_PLAYERS,
    MOST_TURNS,
    coalitions,
    contributions,
    modality_summary,
    shapley_values,
    split_contributions,
    turn_players,
)
from mmmie.analysis.credit.explain import row_of
from mmmie.corpus import Features
from mmmie.errors import InputError
from mmmie.model.features import FeatureStore
from mmmie.model.inference import encode_rows, predict_windows, windows_of
from tests.analysis.untrained import untrained

CLASSES = ("no", "maybe", "yes")


def everything(checkpoint, corpus):
    """Codes and windows of the whole corpus."""
    store = FeatureStore(corpus, list(checkpoint.model.modalities), "cpu")
    rows = np.arange(len(corpus))
    return (
        encode_rows(checkpoint.model, store, rows),
        windows_of(corpus, rows, checkpoint.model.settings),
    )


def probabilities(output):
    output = output.astype(float)
    if output.ndim == 1:
        return output[:, None]
    return np.exp(output) / np.exp(output).sum(1, keepdims=True)


KINDS = [
    {"readout": "target"},
    {"readout": "summary"},
    {"readout": "target", "layers": 2},
    {"readout": "target", "identity": {"enabled": False}},
]


@pytest.mark.parametrize("settings", KINDS)
@pytest.mark.parametrize("classes", [None, CLASSES])
def test_both_games_start_where_they_say_and_end_at_the_prediction(make_corpus, settings, classes):
    corpus = make_corpus(length=7, classes=classes)
    checkpoint = untrained(corpus, **settings)
    codes, windows = everything(checkpoint, corpus)
    trained = probabilities(predict_windows(checkpoint.model, codes, windows).output)
    question = PRESETS["no_context"].question
    [answer] = Asker(checkpoint, corpus).answer(np.arange(len(corpus)), [question])
    alone = probabilities(answer.logits)
    for row in (0, 10, 20):
        found = contributions(checkpoint, corpus, row)
        place = int(trained[row].argmax())
        assert found.class_name == (CLASSES[place] if classes else None)
        assert found.prediction == pytest.approx(trained[row, place], abs=1e-5)
        assert found.alone == pytest.approx(alone[row, place], abs=1e-5)
        for start, values in (
            (found.mean_label, found.modalities["value"]),
            (found.alone, found.turns["value"]),
        ):
            assert start + values.sum() == pytest.approx(found.prediction, abs=1e-5)


@pytest.mark.parametrize("readout", ["target", "summary"])
def test_modalities_agree_with_predictions_made_one_by_one(make_corpus, readout):
    levels = {"text": "sequence", "audio": "utterance", "vision": "utterance"}
    corpus = make_corpus(levels=levels)
    checkpoint = untrained(corpus, readout=readout)
    codes, windows = everything(checkpoint, corpus)
    row = 7

    def value(members):
        if not members:
            return float(corpus.targets[corpus.rows("train")].mean())
        shown = torch.zeros(len(corpus), 3)
        shown[:, list(members)] = 1
        return predict_windows(checkpoint.model, codes, windows, presence=shown).output[row]

    expected = np.zeros(3)
    for order in permutations(range(3)):
        for i, player in enumerate(order):
            expected[player] += (value(order[: i + 1]) - value(order[:i])) / 6
    found = contributions(checkpoint, corpus, row).modalities
    assert list(found["modality"]) == list(levels)
    assert found["value"].to_numpy() == pytest.approx(expected, abs=1e-5)


def test_a_turn_gets_its_mean_gain_with_and_without_the_other(make_corpus):
    corpus = make_corpus()
    checkpoint = untrained(corpus, context={"past": 1, "future": 1})
    row = 7
    codes, windows = everything(checkpoint, corpus)

    def value(before, after):
        shown = torch.ones(len(corpus), 3, 2)
        shown[:, 0], shown[:, 2] = before, after
        return predict_windows(checkpoint.model, codes, windows, presence=shown).output[row]

    found = contributions(checkpoint, corpus, row).turns
    assert found["offset"].tolist() == [-1, 1]
    assert found["id"].tolist() == corpus.utterances["id"].iloc[[6, 8]].tolist()
    assert found["relation"].tolist() == ["other speaker"] * 2
    first = (value(1, 0) - value(0, 0) + value(1, 1) - value(0, 1)) / 2
    assert found["value"].iloc[0] == pytest.approx(first, abs=1e-5)


def test_what_is_not_there_adds_nothing_and_twins_add_the_same(make_corpus):
    corpus = make_corpus(length=3, levels={"text": "utterance", "audio": "sequence"})
    n = len(corpus)
    corpus.features["audio"] = Features(np.zeros((0, 4), np.float32), np.zeros(n + 1, np.int64))
    values = corpus.features["text"].values.copy()
    values[2] = values[0]  # both neighbours of utterance 1 say the same
    corpus.features["text"] = Features(values)
    checkpoint = untrained(corpus, identity={"enabled": False})
    found = contributions(checkpoint, corpus, 1)
    assert found.modalities["value"].iloc[1] == 0
    first, second = found.turns["value"]
    assert first == pytest.approx(second, abs=1e-6)
    assert abs(first) > 1e-4


def test_an_utterance_with_nothing_to_read_is_refused_and_counts_as_zero_in_a_split(make_corpus):
    corpus = make_corpus(levels={"text": "sequence"})
    text = corpus.features["text"]
    row = int(corpus.rows("valid")[2])
    lengths = text.lengths.copy()
    kept = np.repeat(np.arange(len(corpus)) != row, lengths)
    lengths[row] = 0
    offsets = np.concatenate([[0], lengths.cumsum()])
    corpus.features["text"] = Features(text.values[kept], offsets)
    checkpoint = untrained(corpus)
    with pytest.raises(InputError, match="has no features of text"):
        contributions(checkpoint, corpus, row)
    rows, values = split_contributions(checkpoint, corpus, "valid")
    assert values[rows == row] == 0
    assert (values[rows != row] != 0).all()


@pytest.mark.parametrize("classes", [None, CLASSES])
def test_a_split_says_the_same_as_its_utterances(make_corpus, classes):
    corpus = make_corpus(classes=classes)
    checkpoint = untrained(corpus)
    rows, values = split_contributions(checkpoint, corpus, "valid")
    assert rows.tolist() == corpus.rows("valid").tolist()
    for i in (0, 4, 9):
        found = contributions(checkpoint, corpus, int(rows[i])).modalities["value"]
        assert values[i] == pytest.approx(found.to_numpy(), abs=1e-5)
    summary = modality_summary(corpus, rows, values, ["text", "audio"])
    assert summary["value"].to_numpy() == pytest.approx(np.abs(values).mean(0))
    assert (summary["low"] < summary["value"]).all() and (summary["value"] < summary["high"]).all()


def test_one_conversation_gives_no_interval(make_corpus):
    corpus = make_corpus()
    rows = np.arange(5)
    summary = modality_summary(corpus, rows, np.ones((5, 2)), ["text", "audio"])
    assert summary["value"].tolist() == [1, 1]
    assert summary[["low", "high"]].isna().all(axis=None)


def test_classes_start_from_their_share_of_train_and_any_can_be_chosen(make_corpus):
    corpus = make_corpus(classes=CLASSES)
    checkpoint = untrained(corpus)
    share = (corpus.utterances.query("split == 'train'")["label"] == "no").mean()
    found = [contributions(checkpoint, corpus, 3, name) for name in CLASSES]
    assert found[0].mean_label == pytest.approx(share)
    assert sum(f.prediction for f in found) == pytest.approx(1)
    # What one class gains the others lose.
    total = sum(f.modalities["value"] for f in found)
    assert total.to_numpy() == pytest.approx(0, abs=1e-6)
    valid = corpus.select(corpus.rows("valid"))
    assert contributions(checkpoint, valid, 3, "no").mean_label == pytest.approx(
        (valid.utterances["label"] == "no").mean()
    )


def test_a_class_that_is_none_is_refused(make_corpus):
    corpus = make_corpus(classes=CLASSES)
    with pytest.raises(InputError, match="`perhaps` is unknown; choose one of no, maybe, yes"):
        contributions(untrained(corpus), corpus, 0, "perhaps")
    corpus = make_corpus()
    with pytest.raises(InputError, match="is a number; leave it out"):
        contributions(untrained(corpus), corpus, 0, "yes")


def test_of_a_long_window_the_farthest_turns_are_one_player(make_corpus):
    there = np.ones(25, bool)
    there[0] = False
    players = turn_players(there, past=12)
    assert len(players) == MOST_TURNS
    assert sorted(np.concatenate(players)) == [p for p in range(1, 25) if p != 12]
    assert [int(p[0]) for p in players[1:]] == [7, 8, 9, 10, 11, 13, 14, 15, 16]

    corpus = make_corpus(conversations=3, length=25)
    found = contributions(untrained(corpus, context={"past": 12, "future": 12}), corpus, 12)
    far = found.turns.iloc[0]
    assert len(found.turns) == MOST_TURNS and far["count"] == 15
    assert far["offset"] == 5 and pd.isna(far["id"])
    assert found.alone + found.turns["value"].sum() == pytest.approx(found.prediction, abs=1e-5)


def test_without_context_there_are_no_turns(make_corpus):
    corpus = make_corpus()
    found = contributions(untrained(corpus, context={"enabled": False}), corpus, 3)
    assert found.turns.empty
    assert found.alone == pytest.approx(found.prediction)


def test_the_window_of_a_target_is_that_of_the_corpus(make_corpus):
    corpus = make_corpus()
    shuffled = corpus.select(np.random.default_rng(0).permutation(len(corpus)))
    checkpoint = untrained(shuffled, context={"past": 2, "future": 1})
    row = row_of(shuffled, "c2_3")
    window, relation = Asker(checkpoint, shuffled).window(np.array([row]))
    ids = shuffled.utterances["id"].to_numpy()
    assert ids[window[0]].tolist() == ["c2_1", "c2_2", "c2_3", "c2_4"]
    whole = windows_of(shuffled, np.arange(len(shuffled)), checkpoint.model.settings)
    assert relation[0].tolist() == whole.relation[row].tolist()
    with pytest.raises(InputError, match="no utterance has `id` 'c2_9'"):
        row_of(shuffled, "c2_9")


def by_orders(values, players):
    """The mean gain of every player over all orders in which players can join."""
    total = np.zeros(players)
    orders = list(permutations(range(players)))
    for order in orders:
        coalition = 0
        for player in order:
            total[player] += values[coalition | 1 << player] - values[coalition]
            coalition |= 1 << player
    return total / len(orders)


@pytest.mark.parametrize("players", [1, 2, 3, 5])
def test_they_are_the_mean_gain_over_all_orders(players):
    values = np.random.default_rng(players).normal(size=2**players)
    found = shapley_values(values)
    assert found == pytest.approx(by_orders(values, players), abs=1e-12)
    assert found.sum() == pytest.approx(values[-1] - values[0], abs=1e-12)


def test_equal_players_get_the_same_and_one_without_effect_nothing():
    members = coalitions(4)
    # Players 0 and 1 count alike, 2 doubles what is there, 3 does nothing.
    values = (members[:, 0] + members[:, 1] + 1.0) * (1 + members[:, 2])
    found = shapley_values(values)
    assert found[0] == pytest.approx(found[1], abs=1e-12)
    assert found[3] == 0
    assert found[2] > found[0]


def test_further_axes_are_games_of_their_own():
    values = np.random.default_rng(0).normal(size=(8, 4, 2))
    found = shapley_values(values)
    assert found.shape == (3, 4, 2)
    assert found[:, 2, 1] == pytest.approx(shapley_values(values[:, 2, 1]))


def test_coalitions_are_in_the_order_of_bits():
    members = coalitions(3)
    assert not members[0].any() and members[-1].all()
    assert (members @ [1, 2, 4] == np.arange(8)).all()
    assert coalitions(0).shape == (1, 0)
    assert shapley_values(np.array([2.0])).shape == (0,)


def test_too_many_players_and_a_missing_coalition_are_refused():
    with pytest.raises(InputError, match=f"at most {MOST_PLAYERS}"):
        coalitions(MOST_PLAYERS + 1)
    with pytest.raises(ValueError, match="7 values"):
        shapley_values(np.zeros(7))
