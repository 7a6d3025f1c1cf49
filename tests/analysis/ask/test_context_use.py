from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from mmmie.analysis.ask.context_use import (
    ATTENDED,
    attention_masses,
    attention_shares,
    attention_variation,
    neighbour_share,
    window_places,
)
from mmmie.analysis.outputs import TRAINED, SplitOutputs
from mmmie.corpus import Corpus


def outputs_of(corpus: Corpus, past: int = 2, future: int = 1) -> SplitOutputs:
    rows = corpus.rows("valid")
    place = np.full(len(corpus) + 1, -1)
    place[rows] = np.arange(len(rows))
    window = place[corpus.window(past, future)[rows]]
    random = np.random.default_rng(0)
    attention = random.random((len(rows), past + 1 + future, 2)) * (window >= 0)[..., None]
    speakers = corpus.speaker_codes[rows]
    same = speakers[np.maximum(window, 0)] == speakers[:, None]
    return SplitOutputs(
        rows=rows,
        output={TRAINED: random.normal(size=len(rows))},
        attention={TRAINED: attention.astype(np.float32)},
        window=window,
        relation=np.where(same, 0, 1),
        past=past,
        spaces={},
        modalities=["text", "audio"],
    )


def test_places_are_the_neighbours_in_order(make_corpus: Callable[..., Corpus]) -> None:
    corpus = make_corpus()
    outputs = outputs_of(corpus)
    target = 3
    places = window_places(corpus, outputs, target)
    assert places["offset"].tolist() == [-2, -1, 0, 1]
    assert places["id"].tolist() == corpus.utterances["id"].iloc[outputs.rows[1:5]].tolist()
    assert places.loc[places["offset"] == 0, "row"].item() == target
    assert [r.split()[0] for r in places["relation"]] == ["same", "other", "same", "other"]


def test_places_outside_the_conversation_are_left_out(make_corpus: Callable[..., Corpus]) -> None:
    corpus = make_corpus()
    outputs = outputs_of(corpus)
    assert window_places(corpus, outputs, 0)["offset"].tolist() == [0, 1]


def test_shares_are_of_all_tokens(make_corpus: Callable[..., Corpus]) -> None:
    outputs = outputs_of(make_corpus())
    shares = attention_shares(outputs, 4)
    weights = outputs.attention[TRAINED][4]
    assert shares["share"].sum() == pytest.approx(1)
    one = shares[(shares["place"] == 1) & (shares["modality"] == "audio")]["share"].item()
    assert one == pytest.approx(weights[1, 1] / weights.sum(), rel=1e-5)


def test_nothing_attended_to_gives_zero_shares(make_corpus: Callable[..., Corpus]) -> None:
    outputs = outputs_of(make_corpus())
    outputs.attention[TRAINED][:] = 0
    assert (attention_shares(outputs, 4)["share"] == 0).all()
    assert (neighbour_share(outputs) == 0).all()


def test_neighbour_share_agrees_with_the_shares(make_corpus: Callable[..., Corpus]) -> None:
    outputs = outputs_of(make_corpus())
    found = neighbour_share(outputs)
    for target in range(len(outputs.rows)):
        shares = attention_shares(outputs, target)
        slow = shares.loc[shares["offset"] != 0, "share"].sum()
        assert found[target] == pytest.approx(slow, abs=1e-6)


def test_a_window_of_one_has_no_neighbours(make_corpus: Callable[..., Corpus]) -> None:
    outputs = outputs_of(make_corpus(), past=0, future=0)
    assert neighbour_share(outputs) == pytest.approx(0, abs=1e-6)


def outputs_on(attention, window, relation, past):
    rows = np.arange(len(window))
    return SplitOutputs(rows, {}, attention, window, relation, past, {}, ["text", "audio"])


def test_masses_are_shares_of_what_falls_on_tokens_that_are_there():
    weights = np.array([[[0.1, 0.1], [0.2, 0.2], [0.0, 0.2], [9.0, 9.0]]])
    window = np.array([[1, 0, 2, -1]])
    relation = np.array([[0, 0, 1, 2]])
    outputs = outputs_on({"trained": weights}, window, relation, past=1)
    masses = dict(zip(ATTENDED, attention_masses(outputs)[0], strict=True))
    assert masses == pytest.approx(
        {"target": 0.5, "same_speaker": 0.25, "other_speakers": 0.25, "unknown_speakers": 0}
    )


def test_variation_counts_what_moves_between_tokens():
    trained = np.array([[[0.5, 0.0], [0.5, 0.0]]])
    moved = np.array([[[0.0, 0.5], [0.5, 0.0]]])  # from text to audio of one utterance
    outputs = outputs_on(
        {"trained": trained, "off": moved, "same": 2 * trained},
        np.array([[0, 1]]),
        np.array([[0, 1]]),
        past=0,
    )
    assert attention_variation(outputs, "off") == pytest.approx([0.5])
    assert attention_variation(outputs, "same") == pytest.approx([0.0])


def test_nothing_attended_to_is_no_mass():
    outputs = outputs_on(
        {"trained": np.zeros((1, 2, 2))}, np.array([[0, 1]]), np.array([[0, 1]]), past=0
    )
    assert attention_masses(outputs).tolist() == [[0, 0, 0, 0]]
