"""What pairs of the demo corpus say about the label, against samples of the generator."""

from __future__ import annotations

import numpy as np
import pytest

from mmmie.datasets.demo import decomposition_truth as truth_of
from mmmie.datasets.demo.decomposition_truth import true_decomposition
from mmmie.datasets.demo.generate import generate_demo
from mmmie.datasets.demo.latents import level_of
from mmmie.datasets.demo.truth import PAIRS
from mmmie.mi.decomposition.union_information import union_information


@pytest.mark.parametrize("pair", PAIRS)
def test_parts_add_up(pair):
    truth = true_decomposition(*pair, ambiguous=0.2)
    first, second = pair
    parts = [truth[key] for key in ("redundant", f"unique_{first}", f"unique_{second}")]
    assert min(*parts, truth["synergistic"]) >= 0
    assert sum(parts) + truth["synergistic"] == pytest.approx(truth["total"])
    assert truth["redundant"] - truth["synergistic"] == pytest.approx(truth["co_information"])
    clear = true_decomposition(*pair, ambiguous=0.0)
    assert truth["total"] == pytest.approx(0.8 * clear["total"])


def test_the_corpus_agrees_by_counts():
    """Words and label of the corpus itself, in steps; and facts that it brings."""
    corpus = generate_demo(conversations=900)
    table = corpus.utterances
    clear = table[table["ambiguous"] == 0]
    said = clear["latent_shared_valence"].to_numpy(copy=True)
    said[clear["sarcastic"].to_numpy(bool)] *= -1
    label = np.searchsorted(np.quantile(clear["label"], np.arange(1, 64) / 64), clear["label"])
    counts = np.zeros((9, 64))
    np.add.at(counts, (level_of(said), label), 1 / len(clear))
    apart = np.outer(counts.sum(1), counts.sum(0))
    here = counts > 0
    plug_in = (counts[here] * np.log(counts[here] / apart[here])).sum()
    bias = (here.sum() - 9 - 64 + 1) / (2 * len(clear))
    truth = true_decomposition("text", "audio", ambiguous=0.0)
    assert truth["redundant"] + truth["unique_text"] == pytest.approx(plug_in - bias, rel=0.04)
    share = float(table["ambiguous"].mean())
    known = true_decomposition("audio", "vision", ambiguous=share)
    for part, nats in known.items():
        assert corpus.facts[f"true_decomposition/audio-vision/{part}"] == pytest.approx(nats)


def test_audio_is_vision_with_more_noise():
    truth = true_decomposition("audio", "vision", ambiguous=0.2)
    assert truth["unique_audio"] == 0
    assert truth["unique_vision"] > 0.05
    assert truth["synergistic"] > 0.1  # noise that is averaged


def test_sarcasm_makes_words_less_sure():
    truth = true_decomposition("text", "vision", ambiguous=0.0)
    assert truth["unique_vision"] > 0.2
    assert truth["synergistic"] > 0


@pytest.mark.parametrize("other", ["audio", "vision"])
def test_the_share_that_text_and_another_both_say(other):
    """By the solver on the joint distributions of the generator, in 64 steps."""
    seen = [truth_of._seen(name, 64) for name in ("text", other)]
    tables = [one.T @ truth_of._label(64) / len(one) for one in seen]
    less, more = sorted(truth_of._of_table(table) for table in tables)
    share = (less + more - union_information(*tables, tolerance=1e-3).nats) / less
    assert truth_of._WITH_TEXT[other] == pytest.approx(share, abs=0.005)
