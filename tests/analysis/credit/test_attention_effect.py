"""Attention is divided by whose the tokens are, and what moves is counted once."""

import numpy as np
import pytest

from mmmie.analysis.ask.context_use import ATTENDED, attention_masses, attention_variation
from mmmie.analysis.outputs import SplitOutputs


def outputs_of(attention, window, relation, past):
    rows = np.arange(len(window))
    return SplitOutputs(rows, {}, attention, window, relation, past, {}, ["text", "audio"])


def test_masses_are_shares_of_what_falls_on_tokens_that_are_there():
    weights = np.array([[[0.1, 0.1], [0.2, 0.2], [0.0, 0.2], [9.0, 9.0]]])
    window = np.array([[1, 0, 2, -1]])
    relation = np.array([[0, 0, 1, 2]])
    outputs = outputs_of({"trained": weights}, window, relation, past=1)
    masses = dict(zip(ATTENDED, attention_masses(outputs)[0], strict=True))
    assert masses == pytest.approx(
        {"target": 0.5, "same_speaker": 0.25, "other_speakers": 0.25, "unknown_speakers": 0}
    )


def test_variation_counts_what_moves_between_tokens():
    trained = np.array([[[0.5, 0.0], [0.5, 0.0]]])
    moved = np.array([[[0.0, 0.5], [0.5, 0.0]]])  # from text to audio of one utterance
    outputs = outputs_of(
        {"trained": trained, "off": moved, "same": 2 * trained},
        np.array([[0, 1]]),
        np.array([[0, 1]]),
        past=0,
    )
    assert attention_variation(outputs, "off") == pytest.approx([0.5])
    assert attention_variation(outputs, "same") == pytest.approx([0.0])


def test_nothing_attended_to_is_no_mass():
    outputs = outputs_of(
        {"trained": np.zeros((1, 2, 2))}, np.array([[0, 1]]), np.array([[0, 1]]), past=0
    )
    assert attention_masses(outputs).tolist() == [[0, 0, 0, 0]]
