from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from app.views.conversation import conversation_figure, hover_text, label_limits
from app.views.style import FADED, SENTIMENT_SCALE
from mmmie.corpus import Label

NUMBER = Label("sentiment", "regression", range=(-3.0, 3.0))
CLASSES = Label("sentiment", "classification", classes=("negative", "neutral", "positive"))


def turns(labels: list[object], predictions: list[object], speakers: list[object]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "id": [f"u{i}" for i in range(len(labels))],
            "conversation": "c0",
            "position": range(len(labels)),
            "label": labels,
            "prediction": predictions,
            "speaker": speakers,
            "transcript": "hello",
        }
    )


def test_truth_is_hollow_and_prediction_filled_on_fixed_limits() -> None:
    frame = turns([0.0, 1.0, -2.0], [0.5, 1.0, 2.0], ["Ann", "Bo", "Ann"])
    figure = conversation_figure(frame, NUMBER, (-3, 3), "u1")
    truth, prediction = (
        next(t for t in figure.data if t.name == n) for n in ("truth", "prediction")
    )
    assert truth.marker.symbol == "circle-open"
    assert list(truth.y) == [0, 1, -2]
    assert list(prediction.y) == [0.5, 1, 2]
    assert (prediction.marker.cmin, prediction.marker.cmax) == (-3, 3)
    assert [list(step) for step in prediction.marker.colorscale] == SENTIMENT_SCALE
    assert list(truth.customdata) == list(prediction.customdata) == ["u0", "u1", "u2"]


def test_the_line_of_a_turn_is_its_error() -> None:
    frame = turns([0.0, 1.0], [0.5, -1.0], [None, None])
    figure = conversation_figure(frame, NUMBER, (-3, 3), "u0")
    line = next(t for t in figure.data if t.type == "scatter" and t.mode == "lines")
    assert list(line.x) == [1, 1, 1, 2, 2, 2]
    assert list(line.y) == [0, 0.5, None, 1, -1, None]


def test_every_mark_that_can_be_clicked_carries_an_id() -> None:
    frame = turns([0.0, 1.0], [0.5, -1.0], ["Ann", "Bo"])
    figure = conversation_figure(frame, NUMBER, (-3, 3), "u0")
    for trace in figure.data:
        if trace.hoverinfo != "skip":
            assert list(trace.customdata) == ["u0", "u1"]


def test_the_primary_is_marked_where_it_stands() -> None:
    frame = turns([0.0, 1.0, 0.0], [0.0, 0.0, 0.0], ["Ann"] * 3)
    figure = conversation_figure(frame, NUMBER, (-3, 3), "u2")
    (shape,) = figure.layout.shapes
    assert (shape.x0, shape.x1) == (2.5, 3.5)
    assert not conversation_figure(frame, NUMBER, (-3, 3), "elsewhere").layout.shapes


@pytest.mark.parametrize(
    ("speakers", "lanes"),
    [(["Ann", "Bo"], ["Ann", "Bo"]), (["Ann", "Ann"], []), ([None, None], [])],
)
def test_lanes_only_where_several_speak(speakers: list[object], lanes: list[str]) -> None:
    figure = conversation_figure(turns([0.0, 1.0], [0.0, 0.0], speakers), NUMBER, (-3, 3), "u0")
    dashes = [t for t in figure.data if t.type == "scatter" and t.marker.symbol == "line-ew"]
    assert [list(t.y) for t in dashes] == ([lanes] if lanes else [])


def test_classes_show_probabilities_and_that_of_the_truth() -> None:
    frame = turns(["positive", "neutral"], ["positive", "negative"], ["Ann", "Bo"])
    shares = np.array([[0.1, 0.2, 0.7], [0.6, 0.3, 0.1]])
    figure = conversation_figure(frame, CLASSES, (0, 1), "u0", shares)
    bands = [t for t in figure.data if t.type == "bar"]
    assert len(bands) == 3
    assert bands[2].marker.opacity[0] > bands[2].marker.opacity[1]
    curve = next(t for t in figure.data if t.type == "scatter" and t.mode == "lines+markers")
    assert list(curve.y) == [0.7, 0.3]
    prediction = next(t for t in figure.data if t.name == "prediction")
    assert list(prediction.y) == [2, 0]


def test_hover_is_text_not_markup() -> None:
    frame = turns([0.0], [0.0], ["<b>Ann</b>"]).assign(transcript="<script>x</script>")
    (hover,) = hover_text(frame)
    assert "<script>" not in hover
    assert "&lt;b&gt;Ann&lt;/b&gt;" in hover


def test_a_missing_speaker_is_said_to_be_unknown() -> None:
    frame = turns([0.0, 0.0], [0.0, 0.0], ["Ann", None])
    assert "unknown speaker" in hover_text(frame)[1]
    assert "unknown speaker" in hover_text(frame.drop(columns="speaker"))[0]


def test_limits_come_from_the_corpus() -> None:
    assert label_limits(NUMBER, np.array([9.0])) == (-3, 3)
    assert label_limits(CLASSES, np.array(["a"])) == (0, 1)
    free = Label("score", "regression")
    assert label_limits(free, np.array([1.0, 4.0])) == (1, 4)
    assert label_limits(free, np.array([2.0])) == (1.5, 2.5)


def test_turns_outside_the_slice_are_faint() -> None:
    frame = turns([0.0, 1.0, 0.0], [0.5, 0.5, 0.5], ["Ann", "Bo", "Ann"])
    within = np.array([True, False, True])
    figure = conversation_figure(frame, NUMBER, (-3, 3), "u0", within=within)
    for trace in figure.data:
        if trace.name in ("truth", "prediction"):
            assert list(trace.marker.opacity) == [1, FADED, 1]
    lines = {t.opacity: list(t.x) for t in figure.data if t.hoverinfo == "skip"}
    assert lines == {FADED: [2, 2, 2], 1: [1, 1, 1, 3, 3, 3]}


@pytest.mark.parametrize("pinned", ["u1", "elsewhere", None])
def test_the_pinned_utterance_has_a_square_if_it_is_of_this_conversation(
    pinned: str | None,
) -> None:
    frame = turns([0.0, 1.0], [0.5, -1.0], ["Ann", "Bo"])
    figure = conversation_figure(frame, NUMBER, (-3, 3), "u0", pinned=pinned)
    squares = [t for t in figure.data if t.name == "pinned"]
    assert [(t.x[0], t.y[0]) for t in squares] == ([(2, -1)] if pinned == "u1" else [])


def test_where_only_some_truth_is_known_only_that_is_drawn() -> None:
    frame = turns([0.0, None, -2.0], [0.5, 1.0, 2.0], [None] * 3)
    figure = conversation_figure(frame, NUMBER, (-3, 3), "u0")
    truth = next(t for t in figure.data if t.name == "truth")
    assert list(truth.y) == [0, -2] and list(truth.customdata) == ["u0", "u2"]
    hover = next(t for t in figure.data if t.name == "prediction").hovertext
    assert "truth 0" in hover[0] and "truth" not in hover[1]

    frame = turns(["neutral", None], ["positive", "negative"], [None] * 2)
    shares = np.array([[0.2, 0.3, 0.5], [0.7, 0.2, 0.1]])
    figure = conversation_figure(frame, CLASSES, (0, 1), "u0", shares)
    truth = next(t for t in figure.data if t.name == "truth")
    assert list(truth.y) == [1] and list(truth.customdata) == ["u0"]
    scatters = (t for t in figure.data if t.type == "scatter")
    curve = next(t for t in scatters if t.mode == "lines+markers")
    assert list(curve.y) == [0.5, 0.7]
    assert figure.layout.yaxis2.title.text == "P(predicted)"
