from __future__ import annotations

from xml.etree import ElementTree

import numpy as np
import pandas as pd
import pytest

from app.parts.style import FADED
from app.screens.predictions.errors import Shown, calibration_figure, confusion_figure
from app.utterance.card import classes_svg, scale_svg
from app.utterance.channels import channels_svg
from mmmie.corpus import Label
from tests.app.drawn import parsed, share, words

NUMBER = Label("sentiment", "regression", range=(-3.0, 3.0))


def test_the_scale_shows_truth_and_prediction_at_their_places() -> None:
    root = parsed(scale_svg(NUMBER, (-3, 3), -1.0, 2.0))
    truth, prediction = root.findall("circle")
    assert truth.get("fill") == "none"
    strip = root.find("rect")
    assert strip is not None
    left, width = share(strip.get("x", "")), share(strip.get("width", ""))
    assert share(truth.get("cx", "")) == pytest.approx(left + width * 2 / 6, abs=1e-3)
    assert share(prediction.get("cx", "")) == pytest.approx(left + width * 5 / 6, abs=1e-3)
    assert words(root) == ["−3", "−2", "−1", "0", "1", "2", "3", "sentiment"]
    outside = parsed(scale_svg(NUMBER, (-3, 3), -1.0, 4.0))
    assert all(0 < share(c.get("cx", "")) < 1 for c in outside.findall("circle"))


def test_classes_are_named_with_the_true_one() -> None:
    root = parsed(classes_svg(["no <b>", "yes"], np.array([0.25, 0.75]), "no <b>"))
    assert words(root) == ["no <b> (truth)", "0.25", "yes", "0.75"]
    bars = [r for r in root.iter("rect") if r.find("title") is not None]
    assert [bar.get("width") for bar in bars] == ["25%", "75%"]


def heights(panel: ElementTree.Element) -> list[float]:
    """How far down the points of a curve stand."""
    curve = panel.find("polyline")
    assert curve is not None
    return [float(point.split(",")[1]) for point in curve.get("points", "").split()]


def test_channels_keep_their_limits_from_utterance_to_utterance() -> None:
    mean, deviation = np.array([200.0, -26.0, 0.5]), np.array([20.0, 4.0, 0.1])
    names = ["pitch_hz", "energy_db", "brightness"]
    numbers, usual = [], []
    for seed in (0, 1):
        values = np.random.default_rng(seed).normal(mean, deviation / 10, (12, 3))
        root = parsed(channels_svg(values, names, mean, deviation, "#123456", alt="channels"))
        panels = root.findall("svg")
        assert len(panels) == 3
        down = np.array(heights(panels[1]))
        assert np.corrcoef(down, values[:, 1])[0, 1] == pytest.approx(-1, abs=1e-4)
        numbers.append([w for w in words(root) if w.lstrip("−").replace(".", "").isdigit()])
        usual.append([panel.find("line").get("y1") for panel in panels])  # type: ignore[union-attr]
    assert numbers[0] == numbers[1]
    assert usual[0] == usual[1] == ["28"] * 3
    assert [w for w in words(root) if "(" in w or w == "brightness"] == [
        "pitch (Hz)", "energy (dB)", "brightness",
    ]  # fmt: skip


def test_an_unusual_channel_is_not_cut_off() -> None:
    values = np.full((3, 1), 900.0)
    root = parsed(
        channels_svg(
            values, ["pitch_hz"], np.array([200.0]), np.array([20.0]), "#123456", alt="pitch"
        )
    )
    assert heights(root.findall("svg")[0]) == [0, 0, 0]


def test_one_step_is_a_line_and_says_its_value() -> None:
    root = parsed(channels_svg(np.ones((1, 1)), ["x"], np.zeros(1), np.ones(1), "#123456", alt="x"))
    panel = root.findall("svg")[0]
    assert len(heights(panel)) == 2
    assert [title.text for title in panel.iter("title")] == ["frame 1: 1"]


def frame() -> pd.DataFrame:
    return pd.DataFrame(
        {"id": ["a", "b", "c"], "label": [0.0, 1.0, 2.0], "prediction": [0.5, 1.0, 0.0],
         "absolute_error": [0.5, 0.0, 2.0]}
    )  # fmt: skip


BINS = pd.DataFrame({"prediction": [0.2], "truth": [0.4], "truth_error": [np.nan], "n": [3]})


def test_unselected_utterances_fade() -> None:
    figure = calibration_figure(frame(), BINS, NUMBER, (-3, 3), Shown("xyz", ["b", "gone"]))
    dots = next(t for t in figure.data if t.name == "utterance")
    assert list(dots.marker.opacity) == [FADED, 1, FADED]
    assert list(dots.customdata) == ["a", "b", "c"]
    alone = Shown("xyz", ["gone"], primary="b")
    alike = calibration_figure(frame(), BINS, NUMBER, (-3, 3), alone).data[1].marker.opacity
    assert len(set(alike)) == 1


def test_the_primary_has_a_ring_and_the_pinned_a_square() -> None:
    figure = calibration_figure(
        frame(), BINS, NUMBER, (-3, 3), Shown("xyz", primary="c", pinned="a")
    )
    ring, square = figure.data[-3], figure.data[-1]
    assert (ring.x[0], ring.y[0], ring.marker.symbol) == (0, 2, "circle-open")
    assert square.marker.symbol == "square-open"
    outside = calibration_figure(frame(), BINS, NUMBER, (-3, 3), Shown("xyz", pinned="gone"))
    assert len(outside.data) == 3


def test_confusion_shades_by_the_true_class() -> None:
    counts = pd.DataFrame([[3, 1], [0, 0]], index=["no", "yes"], columns=["no", "yes"])
    figure = confusion_figure(counts)
    assert figure.data[0].z.tolist() == [[0.75, 0.25], [0, 0]]
    assert figure.layout.annotations[0].text == "3 (75%)"
