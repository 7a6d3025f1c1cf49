from __future__ import annotations

import numpy as np
import pandas as pd

from app.views.channels import channels_figure
from app.views.prediction_errors import Shown, calibration_figure, confusion_figure
from app.views.style import FADED
from app.views.utterance import class_figure, scale_figure
from mmmie.corpus import Label

NUMBER = Label("sentiment", "regression", range=(-3.0, 3.0))


def test_the_scale_keeps_the_limits_of_the_corpus() -> None:
    figure = scale_figure(NUMBER, (-3, 3), -1.0, 2.0)
    strip, line, truth, prediction = figure.data
    assert (strip.zmin, strip.zmax) == (-3, 3)
    assert list(line.x) == [-1, 2]
    assert truth.marker.symbol == "circle-open"
    assert list(prediction.x) == [2]
    outside = scale_figure(NUMBER, (-3, 3), -1.0, 4.0)
    assert outside.layout.xaxis.range[1] > 4


def test_classes_are_named_with_the_true_one() -> None:
    figure = class_figure(["no", "yes"], np.array([0.25, 0.75]), "no")
    assert list(figure.data[0].x) == [0.25, 0.75]
    assert list(figure.layout.yaxis.ticktext) == ["no (truth)", "yes"]


def test_channels_keep_their_limits_from_utterance_to_utterance() -> None:
    mean, deviation = np.array([200.0, -26.0, 0.5]), np.array([20.0, 4.0, 0.1])
    names = ["pitch_hz", "energy_db", "brightness"]
    ranges = []
    for seed in (0, 1):
        values = np.random.default_rng(seed).normal(mean, deviation / 10, (12, 3))
        figure = channels_figure(values, names, mean, deviation, "#123456")
        assert len(figure.data) == 6  # a curve and its usual value each
        assert list(figure.data[2].y) == list(values[:, 1])
        assert list(figure.data[3].y) == [-26, -26]
        ranges.append(tuple(figure.layout.yaxis2.range))
    assert ranges[0] == ranges[1]
    titles = [a.text for a in figure.layout.annotations]
    assert titles == ["pitch (Hz)", "energy (dB)", "brightness"]


def test_an_unusual_channel_is_not_cut_off() -> None:
    values = np.full((3, 1), 900.0)
    figure = channels_figure(values, ["pitch_hz"], np.array([200.0]), np.array([20.0]), "#123456")
    assert figure.layout.yaxis.range[1] >= 900


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
