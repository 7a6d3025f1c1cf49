"""What pairs of modalities say about the label, on corpora and checkpoints; and how it is kept."""

from __future__ import annotations

import json
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from mmmie.analysis.bounds.label_information import (
    SHIPPED,
    LabelInformation,
    feature_lines,
    information_report,
    parts_table,
    pooled,
    slices_table,
)
from mmmie.corpus import Corpus, Features, Label, Modality
from mmmie.errors import InputError

N, TALKS = 1200, 40


def corpus(**change) -> Corpus:
    """The label is words times voice, so that only both together tell it; the face tells nothing.

    Where `flipped`, the words alone say the contrary of what they say elsewhere.
    """
    random = np.random.default_rng(0)
    words, voice = random.integers(0, 2, (2, N))
    label = np.array(["no", "yes"])[words ^ voice]
    numbers = {"text": words, "audio": voice, "vision": random.integers(0, 2, N)}
    table = pd.DataFrame(
        {
            "id": [f"u{i}" for i in range(N)],
            "conversation": [f"c{i % TALKS}" for i in range(N)],
            "position": np.arange(N) // TALKS,
            "split": np.where(np.arange(N) % TALKS < 20, "train", "valid"),
            "label": label,
            "loud": (voice == 1).astype(int),
        }
    )
    features = {
        name: Features(np.c_[values, -values].astype(np.float32))
        for name, values in numbers.items()
    }
    return Corpus(
        name="together",
        label=Label("answer", "classification", classes=("no", "yes")),
        modalities={name: Modality(name, 2, "utterance") for name in numbers},
        utterances=table,
        features=features,
        **change,
    )


@pytest.fixture(scope="module")
def lines():
    return list(feature_lines(corpus(), "valid"))


def test_the_report_has_every_pair_with_its_parts_and_errors(lines):
    report = information_report(iter(lines))
    assert report["unit"] == "nats"
    assert list(report["pairs"]) == ["text-audio", "text-vision", "audio-vision"]
    pair = report["pairs"]["text-audio"]
    parts = ("redundant", "unique_text", "unique_audio", "synergistic", "co_information", "total")
    for part in parts:
        assert np.isfinite(pair[part]) and pair[f"{part}_std"] >= 0
    assert pair["synergistic"] == pytest.approx(np.log(2), abs=0.03)
    assert pair["n"] == N // 2 and pair["groups"] == 20  # those of the split
    assert report["pairs"]["text-vision"]["total"] < 0.03


def test_slices_say_what_their_utterances_add(lines):
    table = slices_table(lines)
    loud = table[(table["slice"] == "loud=1") & (table["second"] == "audio")].iloc[0]
    assert loud["both"] == pytest.approx(np.log(2), abs=0.05)
    assert loud["beyond"] == pytest.approx(loud["both"] - loud["alone_1"] - loud["alone_2"])
    assert set(parts_table(lines)["slice"]) == {None}


def test_one_modality_has_no_pair():
    with pytest.raises(InputError, match="one modality"):
        list(feature_lines(corpus().with_modalities(["text"]), "valid"))


def test_an_absent_sequence_is_left_out():
    whole = corpus()
    features = Features(np.ones((3, 2), np.float32), np.array([0, 2, 2, 3]))
    whole.features["text"] = features
    found = pooled(whole, "text", np.arange(3))
    assert np.isnan(found[1]).all() and np.isfinite(found[[0, 2]]).all()
    assert found[0, -1] == pytest.approx(np.log(2))  # steps


def task(folder) -> LabelInformation:
    info = SimpleNamespace(folder=folder, modalities=["text", "audio"])
    checkpoint = SimpleNamespace(fingerprint="f", info=info)
    return LabelInformation(checkpoint, corpus(), "valid", folder / "cache")


def test_what_ships_is_read_if_it_is_of_the_same_content(tmp_path):
    here = task(tmp_path)
    assert here.lines() == [] and here.count == 2
    said = {"source": "codes", "pair": ["text", "audio"], "slice": None}
    file = tmp_path / SHIPPED
    file.write_text("\n".join(map(json.dumps, [{"work": here.work.folder.name}, said])))
    assert here.lines() == [said]
    file.write_text("\n".join(map(json.dumps, [{"work": "another"}, said])))
    assert here.lines() == []
    file.write_text("{")
    assert here.lines() == []
