"""Pasted words are what the model makes of that conversation; bad lines are named."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import torch

from mmmie.analysis.ask.own_conversation import (
    MOST_TURNS,
    MOST_WORDS,
    Turn,
    conversation_of,
    corpus_of_turns,
    pasted_words,
    predicted_turns,
    read_turns,
    written_turns,
)
from mmmie.analysis.checkpoint import load_checkpoint
from mmmie.datasets.demo.generate import generate_demo
from mmmie.errors import InputError
from mmmie.model.config import ModelSettings
from mmmie.model.features import FeatureStore
from mmmie.model.inference import encode_rows, predict_windows, windows_of
from mmmie.model.mmmie import MMMIE


@pytest.fixture(scope="module")
def demo():
    return generate_demo(conversations=8)


@pytest.fixture(scope="module")
def checkpoint():
    return load_checkpoint("checkpoints/demo")


def test_pasted_words_of_a_demo_conversation_are_it_without_audio_and_vision(demo, checkpoint):
    info, name = checkpoint.info, demo.utterances["conversation"].iloc[-1]
    rows = np.flatnonzero((demo.utterances["conversation"] == name).to_numpy())
    words = pasted_words(checkpoint, demo)
    assert words.modality == "text"
    turns = read_turns(written_turns(demo.utterances.iloc[rows]))
    pasted = corpus_of_turns(turns, words, info.modalities, info.label)
    table, output = predicted_turns(checkpoint, pasted, ["audio", "vision"])

    model = checkpoint.model
    codes = encode_rows(model, FeatureStore(demo, list(model.modalities), "cpu"), rows)
    presence = torch.tensor([[1.0, 0.0, 0.0]]).expand(len(rows), 3)
    windows = windows_of(demo, rows, model.settings)
    wanted = predict_windows(model, codes, windows, presence=presence).output
    assert output == pytest.approx(wanted, abs=2e-3)  # stored features may be float16
    assert np.ptp(wanted) > 0.5
    assert list(table["speaker"]) == list(demo.utterances["speaker"].iloc[rows])
    assert "label" not in table


def test_a_conversation_of_a_corpus_is_predicted_as_in_the_whole(demo, checkpoint):
    whole = checkpoint.predict(demo).set_index("id")
    name = demo.utterances["conversation"].iloc[0]
    shuffled = demo.select(np.random.default_rng(0).permutation(len(demo)))
    table, _ = predicted_turns(checkpoint, conversation_of(shuffled, name))
    assert list(table["position"]) == list(range(len(table)))
    expected = whole.loc[table["id"], "prediction"].to_numpy(float)
    assert table["prediction"].to_numpy() == pytest.approx(expected, abs=1e-4)

    future = checkpoint.model.settings.context.span[1]
    first, _ = predicted_turns(checkpoint, conversation_of(shuffled, name, 3 + future))
    assert first["prediction"][:3].to_numpy() == pytest.approx(expected[:3], abs=1e-4)


def test_classes_are_named_by_their_probability_and_need_no_label(make_corpus):
    corpus = make_corpus(classes=("no", "maybe", "yes"))
    torch.manual_seed(0)
    model = MMMIE(
        corpus.modalities, corpus.label, ModelSettings(dim=8, heads=2, invariant_dim=3)
    ).eval()
    info = SimpleNamespace(label=corpus.label)
    untrained = SimpleNamespace(model=model, info=info, device="cpu", fitted=lambda corpus: corpus)
    part = conversation_of(corpus, "c3")
    part.utterances = part.utterances.drop(columns="label")
    table, output = predicted_turns(untrained, part, ["audio"])
    assert output.shape == (5, 3)
    assert output.sum(1) == pytest.approx(np.ones(5))
    assert list(table["prediction"]) == [corpus.label.classes[i] for i in output.argmax(1)]
    assert not np.allclose(output, predicted_turns(untrained, part)[1], atol=1e-4)


def test_only_features_of_the_demo_encoder_can_be_pasted(make_corpus, checkpoint):
    assert pasted_words(checkpoint, make_corpus()) is None


def test_lines_become_turns():
    text = "Ann:  hello there \n\n: who: me?\r\nBo:yes"
    assert read_turns(text) == [
        Turn("Ann", "hello there"),
        Turn(None, "who: me?"),
        Turn("Bo", "yes"),
    ]


def test_written_turns_are_read_back():
    table = pd.DataFrame({"speaker": ["Ann", None], "transcript": ["Well,\n a: b", "No."]})
    assert read_turns(written_turns(table)) == [Turn("Ann", "Well, a: b"), Turn(None, "No.")]
    assert read_turns(written_turns(table[["transcript"]]))[0].speaker is None


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "line 1 is empty"),
        ("Ann: yes\n\nso it goes", "line 3 has no speaker; write `Speaker: words`"),
        ("Ann: yes\nBo: ...", "line 2 has no word after its colon; add one"),
        (f"Ann: {'so ' * (MOST_WORDS + 1)}", f"line 1 has {MOST_WORDS + 1} words; use at most"),
        (f"Ann: {'o' * 1001}", "line 1 has 1,001 letters; use at most 1,000"),
        (f"{'o' * 41}: yes", "line 1 has 41 letters before its colon"),
        ("Ann: yes\n\n" * (MOST_TURNS + 2), "line 401 begins turn 201, and 200 are the most"),
    ],
)
def test_a_line_that_cannot_be_used_is_named_with_the_fix(text, message):
    with pytest.raises(InputError) as caught:
        read_turns(text)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_the_most_is_still_taken():
    text = "\n".join([f"Ann: {'so ' * MOST_WORDS}"] * MOST_TURNS)
    assert len(read_turns(text)) == MOST_TURNS
