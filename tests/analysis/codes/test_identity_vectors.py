from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from mmmie.analysis.checkpoint import load_checkpoint
from mmmie.analysis.codes.identity_vectors import (
    chance_cosine,
    cosines,
    identity_vectors,
    role_order,
    starting_norms,
)

SHIPPED = Path(__file__).resolve().parents[3] / "checkpoints"


def test_the_vectors_are_those_of_the_terms_in_the_weights() -> None:
    checkpoint = load_checkpoint(SHIPPED / "demo")
    table, vectors = identity_vectors(checkpoint)
    assert table["term"].value_counts().to_dict() == {"role": 10, "speaker": 3, "modality": 3}
    learned = checkpoint.model.identity.speaker.weight.detach().numpy()  # type: ignore[union-attr]
    other = table.index[table["name"] == "other speaker"][0]
    assert vectors[other] == pytest.approx(learned[1])
    assert table["norm"][other] == pytest.approx(np.linalg.norm(learned[1]))
    assert table.loc[table["offset"] == 0, "name"].item() == "target"


def test_without_identity_there_are_none() -> None:
    table, vectors = identity_vectors(load_checkpoint(SHIPPED / "demo-no-identity"))
    assert len(table) == len(vectors) == 0


def test_cosines_are_those_of_directions() -> None:
    found = cosines(np.array([[2.0, 0], [0, 3.0], [-1.0, 0], [0, 0]]))
    assert found[0].tolist() == [1, 0, -1, 0]
    assert found[3].tolist() == [0, 0, 0, 0]


def test_an_order_by_time_is_found_and_none_is_not() -> None:
    angle = np.linspace(0, np.pi / 2, 8)
    found = role_order(np.stack([np.cos(angle), np.sin(angle)], 1))
    assert found is not None
    assert found.correlation > 0.95
    assert found.chance < 0.01
    chances = [role_order(np.random.default_rng(s).normal(size=(8, 32))) for s in range(20)]
    assert np.mean([c.chance < 0.05 for c in chances if c is not None]) <= 0.2
    assert role_order(np.eye(4)) is None


def test_chance_is_what_random_vectors_do() -> None:
    drawn = np.random.default_rng(0).normal(scale=0.3, size=(400, 64))
    off = cosines(drawn)[np.triu_indices(400, 1)]
    assert np.mean(np.abs(off) < chance_cosine(64)) == pytest.approx(0.95, abs=0.01)
    low, high = starting_norms(64, 1)
    norms = np.linalg.norm(drawn, axis=1)
    assert np.mean((low < norms) & (norms < high)) == pytest.approx(0.95, abs=0.03)
    low, high = starting_norms(64, 16)
    whole = [((low < part) & (part < high)).all() for part in norms.reshape(25, 16)]
    assert np.mean(whole) >= 0.88
