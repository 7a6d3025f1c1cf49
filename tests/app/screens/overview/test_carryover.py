"""How modalities carry over from train to valid."""

import pytest

from app.parts.style import NEUTRAL, modality_colour
from app.screens.overview.carryover import carryover_frame, carryover_sentence, carryover_svg
from tests.app.drawn import hints, parsed, share, words

HELD = {
    "text": {"train": 0.5, "valid": 0.45, "dropout": 0.18},
    "vision": {"train": 0.28, "valid": -0.03, "dropout": 0.9},
}


@pytest.mark.parametrize(
    ("train", "valid", "said"),
    [
        (0.28, -0.03, "fits train (R² 0.28) but says nothing on valid (−0.03)"),
        (0.5, 0.1, "far less on valid (0.10)"),
        (0.5, 0.45, "valid about as well (0.45)"),
        (0.1, -0.004, "nothing on valid (0.00)"),
        (0.0, -0.1, "nothing on train (R² 0.00)"),
    ],
)
def test_sentences(train, valid, said):
    sentence = carryover_sentence("vision", train, valid, 0.9)
    assert sentence.startswith("Vision") and said in sentence
    assert "90%" in sentence


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
