from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from app.parts.style import SENTIMENT_SCALE, SPLIT_COLOURS, modality_colour, sentiment_colour
from app.screens.data.channels import channels_figure, channels_shown
from app.screens.data.checks import gaps_figure
from app.screens.data.figures import (
    label_figure,
    length_figure,
    speaker_figure,
    turns_figure,
    words_figure,
)
from mmmie.corpus import Label


def test_labels_are_shares_of_each_split() -> None:
    counts = pd.DataFrame(
        {"split": ["train", "train", "valid"], "label": ["no", "yes", "no"],
         "utterances": [3, 1, 2], "share": [0.75, 0.25, 1.0]}
    )  # fmt: skip
    label = Label("irony", "classification", classes=("no", "yes"))
    figure = label_figure(counts, label)
    assert [t.name for t in figure.data] == ["train", "valid"]
    assert [t.marker.color for t in figure.data] == [SPLIT_COLOURS["train"], SPLIT_COLOURS["valid"]]
    assert list(figure.data[0].y) == [0.75, 0.25]
    bins, scale = counts.assign(label=[-1.0, 1.0, -1.0]), Label("s", "regression", range=(-2, 2))
    assert label_figure(bins.assign(width=2.0), scale).data[0].line.shape == "hvh"
    assert label_figure(bins.assign(width=0.0), scale).data[0].type == "bar"


def test_only_the_most_talkative_are_drawn() -> None:
    counts = pd.DataFrame(
        {"speaker": [f"s{i}" for i in range(50)], "utterances": range(50, 0, -1),
         "conversations": 1, "share": 0.02}
    )  # fmt: skip
    (bars,) = speaker_figure(counts).data
    assert list(bars.x) == [f"s{i}" for i in range(20)]


def test_every_length_is_counted_once_in_the_hue_of_its_modality() -> None:
    random = np.random.default_rng(0)
    lengths = pd.DataFrame(
        {"modality": ["text"] * 100 + ["audio"] * 60, "steps": random.integers(0, 200, 160)}
    )
    figure = length_figure(lengths, ["text", "audio"])
    assert [int(sum(t.y)) for t in figure.data] == [100, 60]
    assert figure.data[1].line.color == modality_colour("audio", ["text", "audio"])


def test_one_very_long_transcript_does_not_stretch_the_axis() -> None:
    words = np.array([5] * 999 + [5000])
    (bars,) = words_figure(words).data
    assert len(bars.x) == 1000
    assert bars.x.max() <= 6


def test_gaps_are_drawn_per_split() -> None:
    table = pd.DataFrame(
        {"what": ["audio", "audio"], "split": ["train", "valid"], "absent": [1, 2],
         "zeros": [0, 1], "share": [0.1, 0.3]}
    )  # fmt: skip
    figure = gaps_figure(table)
    assert [list(t.y) for t in figure.data] == [[0.1], [0.3]]
    assert figure.layout.yaxis.range[1] == pytest.approx(0.345)


def test_every_conversation_is_counted_once() -> None:
    turns = np.random.default_rng(0).integers(1, 200, 90)
    table = pd.DataFrame({"split": ["train"] * 60 + ["test"] * 30, "turns": turns})
    figure = turns_figure(table)
    assert [(t.name, int(sum(t.y))) for t in figure.data] == [("train", 60), ("test", 30)]


def channel(**values: float) -> dict[str, float]:
    usual = {"least": -9, "low": -2, "quarter": -1, "median": 0, "three_quarters": 1, "high": 2,
             "most": 3, "far_out": 0.0}  # fmt: skip
    return {**usual, **values}


def test_channels_are_drawn_in_units_of_their_middle_half() -> None:
    table = pd.DataFrame(
        [channel(), channel(far_out=0.2, median=0.5), channel(quarter=0, three_quarters=0)]
    )
    shown = channels_shown(table)
    assert shown.index.tolist() == [1, 0]  # most far out first, none without a middle half
    figure = channels_figure(shown, ["b", "a"], "#000000")
    least = next(t for t in figure.data if t.mode == "markers")
    assert list(least.x) == [-4.75, -4.5]


@pytest.mark.parametrize(("value", "step"), [(-3, 0), (0, 2), (3, 4), (99, 4)])
def test_sentiment_colours_are_those_of_the_scale(value: float, step: int) -> None:
    hexadecimal = SENTIMENT_SCALE[step][1]
    red, green, blue = (int(str(hexadecimal)[i : i + 2], 16) for i in (1, 3, 5))
    assert sentiment_colour(value, (-3, 3)) == f"rgb({red}, {green}, {blue})"
