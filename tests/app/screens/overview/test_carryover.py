"""How modalities carry over from train to valid."""

import math

import pytest

from app.parts.style import NEUTRAL, modality_colour
from app.screens.overview.carryover import (
    carryover_frame,
    carryover_sentence,
    carryover_svg,
    dropout_sentence,
    nearly_alone,
)
from tests.app.drawn import hints, parsed, share, words

HELD = {
    "text": {"train": 0.5, "valid": 0.45, "dropout": 0.18},
    "vision": {"train": 0.28, "valid": -0.03, "dropout": 0.9},
}


@pytest.mark.parametrize(
    ("train", "valid", "said"),
    [
        (0.28, -0.03, "fits train but says nothing that is shown on valid"),
        (0.5, 0.1, "far less on valid"),
        (0.5, 0.45, "also tells the label on valid"),
        (0.1, 0.02, "fits train; whether it carries over is not known"),
        (0.03, 0.01, "too little to know"),
    ],
)
def test_sentences(train, valid, said):
    held = {"train": train, "valid": valid, "dropout": 0.9}
    row = {**held, "modality": "vision", "train_std": 0.02, "valid_std": 0.02, "chance": 0.02}
    sentence = carryover_sentence(row)
    assert sentence.startswith("Vision") and said in sentence and "± 0.04 on valid" in sentence
    old = carryover_sentence({**row, "train_std": math.nan, "valid_std": math.nan})
    assert "not known" in old and "±" not in old


def test_why_a_modality_was_hidden():
    row = {"train": 0.4, "valid": 0.1, "dropout": 0.95}
    assert "25%" in dropout_sentence(row, chosen=True)
    assert "%" not in dropout_sentence(row, chosen=False).replace("95%", "")
    assert "nothing on valid" in dropout_sentence({**row, "valid": -0.1}, chosen=True)


def test_a_model_that_saw_one_modality_is_said_to_be_nearly_that_alone():
    hidden = {"text": {"dropout": 0.1}, "audio": {"dropout": 0.95}, "vision": {"dropout": 0.93}}
    said = nearly_alone(hidden)
    assert "nearly text only" in said and "audio and vision" in said and "93%" in said
    assert not nearly_alone({**hidden, "audio": {"dropout": 0.5}})
    assert not nearly_alone({"text": {"dropout": 0.1}})
    assert not nearly_alone({**hidden, "text": {"dropout": 0.95}})


def test_train_is_hollow_and_valid_filled():
    root = parsed(carryover_svg(carryover_frame(HELD), "readouts"))
    key, dots = list(root.iter("circle"))[:2], list(root.iter("circle"))[2:]
    assert [dot.get("fill") for dot in key] == ["none", NEUTRAL]
    train, valid = dots[2:]
    hue = modality_colour("vision", list(HELD))
    assert (train.get("fill"), valid.get("fill"), train.get("stroke")) == ("none", hue, hue)
    assert share(valid.get("cx")) < share(train.get("cx")) < share(dots[0].get("cx"))
    assert "0.28, −0.03" in words(root)
    assert "hidden from 90% of training targets" in hints(root, "circle")[-1]
