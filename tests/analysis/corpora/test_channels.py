from __future__ import annotations

import numpy as np
import pytest

from mmmie.analysis.corpora.channels import readable_channels, usual_values
from mmmie.corpus import Features, Modality


def test_numbered_channels_have_no_name_of_their_own() -> None:
    names = ("length_letters", "embedding_01", "smile_au12", "embedding_02")
    modality = Modality("text", 4, "sequence", None, names)
    assert readable_channels(modality) == [0, 2]
    assert readable_channels(modality, most=1) == [0]


def test_a_modality_without_names_has_none() -> None:
    assert readable_channels(Modality("text", 4, "utterance")) == []


def test_usual_values_are_mean_and_deviation() -> None:
    values = np.random.default_rng(0).normal(3, 2, (500, 2)).astype(np.float16)
    mean, deviation = usual_values(Features(values))
    assert mean == pytest.approx(values.astype(float).mean(0))
    assert deviation == pytest.approx(values.astype(float).std(0))


def test_a_large_corpus_is_read_in_part() -> None:
    values = np.zeros((60_001, 1), np.float32)
    values[1::4] = 7  # rows between those that are read
    mean, _ = usual_values(Features(values))
    assert mean[0] == 0


def test_no_steps_at_all_are_zero() -> None:
    mean, deviation = usual_values(Features(np.zeros((0, 3), np.float32), np.zeros(3, np.int64)))
    assert mean.tolist() == deviation.tolist() == [0, 0, 0]
