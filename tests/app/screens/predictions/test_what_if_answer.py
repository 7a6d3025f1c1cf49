from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from app.screens.predictions.what_if_answer import (
    change_name,
    edit_phrase,
    moves_figure,
    noise_figure,
    noise_title,
    readers_title,
    tries_figure,
    tries_title,
    what_if_title,
)
from mmmie.analysis.ask.question import ChannelEdit, Question
from mmmie.corpus import Label, Modality

NUMBER = Label("sentiment", "regression", range=(-3.0, 3.0))
CLASSES = Label("sentiment", "classification", classes=("no", "may_be", "yes"))
MODALITIES = {
    "audio": Modality("audio", 2, "sequence", channels=("pitch_hz", "code_01")),
    "vision": Modality("vision", 1, "sequence", channels=("smile_au12",)),
    "bare": Modality("bare", 3, "utterance"),
}


def title(edit: Question, before: list[float], now: list[float], label: Label = NUMBER) -> str:
    span = 6.0 if label is NUMBER else 1.0
    return what_if_title(edit, MODALITIES, label, np.array(before), np.array(now), span)


def test_titles_say_where_the_prediction_moves():
    off = Question(missing=("audio",))
    assert title(off, [1.2], [-0.4]) == ("Without audio the prediction moves from 1.2 to −0.4")
    assert title(off, [1.2], [1.21]) == "Without audio the prediction stays at 1.2"
    assert title(off, [1.2], [np.nan]) == "Without audio nothing is left to read"
    assert title(Question(), [1.2], [1.2]) == "Nothing is changed: the prediction is 1.2"


def test_titles_of_classes_say_whether_another_is_named():
    off = Question(missing=("audio",))
    before = [0.1, 0.7, 0.2]
    assert title(off, before, [0.6, 0.3, 0.1], CLASSES) == (
        r"Without audio it says no: the probability of may\_be goes from 0.70 to 0.30"
    )
    assert title(off, before, [0.2, 0.5, 0.3], CLASSES) == (
        r"Without audio it still says may\_be: its probability goes from 0.70 to 0.50"
    )
    assert title(off, before, before, CLASSES) == r"Without audio it still says may\_be (0.70)"
    assert (
        title(Question(), before, before, CLASSES) == r"Nothing is changed: it says may\_be (0.70)"
    )


def test_changes_have_names_with_units():
    def channel(name: str, number: int, shift: float = 0.0, stretch: float = 1.0) -> str:
        return change_name(
            Question(channels=(ChannelEdit(name, number, shift, stretch),)), MODALITIES
        )

    assert channel("audio", 0, -30) == "pitch −30 Hz"
    assert channel("vision", 0, 1) == "smile +1"
    assert channel("audio", 0, 30, 0.5) == "pitch +30 Hz, movement × 0.5"
    assert channel("bare", 2, stretch=2) == "channel 2 movement × 2"
    assert change_name(Question(noise=(("audio", 1.5),)), {}) == "noise 1.5 SD on audio"
    assert change_name(Question(transcript="No."), {}) == "other words"
    assert change_name(Question(missing=("audio",), everywhere=True), {}) == (
        "audio missing in the window"
    )


def test_a_sentence_names_up_to_two_changes_and_escapes_what_a_corpus_wrote():
    two = Question(missing=("a*b",), noise=(("vision", 2.0),))
    assert edit_phrase(two, MODALITIES) == r"Without a\*b and with noise 2 SD on vision"
    three = Question(missing=("audio", "vision"), transcript="No.")
    assert edit_phrase(three, MODALITIES) == "With these 3 changes"


def test_a_move_is_a_tick_where_it_was_and_a_dot_where_it_is():
    figure = moves_figure(
        ["as it is", "gone"], [1.0, 1.0], [1.0, -4.0], (-3, 3), "sentiment", truth=2.0
    )
    scale, lines, before, truth, now = figure.data
    assert scale.type == "heatmap" and (scale.zmin, scale.zmax) == (-3, 3)
    assert [x for x in lines.x if x is not None] == [1, 1, 1, -4]
    assert list(before.x) == [1, 1] and before.marker.symbol == "line-ns"
    assert (truth.x[0], truth.y[0], truth.marker.symbol) == (2, 0, "circle-open")
    assert list(now.x) == [1, -4]
    assert list(now.textposition) == ["middle left", "middle left"]  # away from truth and line
    assert figure.layout.xaxis.range[0] < -4 and figure.layout.xaxis.range[1] > 3


def test_a_prediction_that_cannot_be_made_has_no_dot_and_classes_no_colour_of_sentiment():
    figure = moves_figure(["<b>"], [0.4], [float("nan")], (0, 1), "probability", classes=True)
    assert [trace.type for trace in figure.data] == ["scatter"] * 3
    assert figure.data[-1].text == ("",)
    assert figure.layout.yaxis.ticktext == ("&lt;b&gt;",)


EFFECT = pd.DataFrame(
    {
        "modality": ["text"] * 4 + ["audio"] * 4,
        "noise": [0.0, 0.0, 3.0, 3.0] * 2,
        "seed": [0, 1] * 4,
        "change": [0, 0, 0.5, -0.7, 0, 0, 0.2, 0.4],
    }
)


def test_noise_has_a_line_of_means_and_every_draw():
    figure = noise_figure(EFFECT, ["text", "audio"], "sentiment")
    draws, line = figure.data[:2]
    assert list(draws.y) == [0, 0, 0.5, -0.7]
    assert list(line.x) == [0, 3] and list(line.y) == pytest.approx([0, -0.1])
    assert figure.data[1].line.color != figure.data[3].line.color
    assert all(word in noise_title(EFFECT, 6) for word in ("text", "3 SD", "0.6"))
    assert "3 SD" in (still := noise_title(EFFECT.assign(change=0.0), 6)) and "text" not in still
    one = EFFECT[EFFECT["modality"] == "audio"]
    assert all(word in noise_title(one, 6) for word in ("3 SD", "0.3"))


def test_turns_that_read_it_are_named_by_offset_and_speaker():
    turns = pd.DataFrame({"offset": [-1, 2], "speaker": ["A*n", None]})
    assert readers_title(turns, np.array([0.5, -0.1]), 6) == (
        r"Of the turns that read it, turn −1 of A\*n moves most, by +0.50"
    )
    assert readers_title(turns, np.array([0.1, -0.5]), 6).endswith("+2 moves most, by −0.50")
    assert readers_title(turns, np.array([np.nan, 0.0]), 6) == "The turns that read it hardly move"


def test_tries_are_bars_with_the_latest_on_top():
    tries = pd.DataFrame({"name": ["a", "b"], "change": ["a", "b_"], "moved": [0.2, -1.0]})
    figure = tries_figure(tries, 6, "sentiment", False)
    [bars] = figure.data
    assert list(bars.x) == [-1.0, 0.2] and list(bars.text) == ["−1.00", "+0.20"]
    assert list(figure.layout.yaxis.ticktext) == ["b", "a"]
    assert figure.layout.yaxis.range[0] > figure.layout.yaxis.range[1]
    assert tries_title(tries, 6) == r"2 tries so far: “b\_” moved it most, by −1.00"
    assert tries_title(tries[:1], 6) == "One try so far: it moved by +0.20"
    assert tries_title(tries.assign(moved=np.nan), 6) == "2 tries so far, and none moved it"
    lost = tries_figure(tries.assign(moved=np.nan), 6, "sentiment", False)
    assert list(lost.data[0].text) == ["nothing left", "nothing left"]
