from __future__ import annotations

import numpy as np
import pandas as pd

from app.views.conversation import conversation_figure
from app.views.own_conversation import EXAMPLE, own_table, own_title
from mmmie.analysis.own_conversation import read_turns
from mmmie.corpus import Label

NUMBER = Label("sentiment", "regression", range=(-3.0, 3.0))
CLASSES = Label("mood", "classification", classes=("bad", "good"))


def turns(predictions: list[object]) -> pd.DataFrame:
    count = len(predictions)
    return pd.DataFrame(
        {
            "id": [f"u{i}" for i in range(count)],
            "conversation": "pasted",
            "position": range(count),
            "speaker": ["*Ann*", None, "Bo"][:count],
            "transcript": "<b>hello</b>",
            "prediction": predictions,
        }
    )


def test_the_example_can_be_read() -> None:
    assert {turn.speaker for turn in read_turns(EXAMPLE)} == {"Ada", "Ben"}


def test_the_title_names_highest_and_lowest_and_speakers_stay_text() -> None:
    assert own_title(turns([1.5, -2.0, 0.0]), NUMBER) == (
        r"Sentiment is predicted highest at turn 1, \*Ann\* (1.5), lowest at turn 2 (−2)"
    )
    assert own_title(turns([1.5]), NUMBER) == "Sentiment is predicted as 1.5"
    assert own_title(turns(["bad", "good", "bad"]), CLASSES) == "2 of 3 turns are predicted bad"


def test_the_table_counts_from_one_and_keeps_text_as_it_is() -> None:
    table = own_table(turns([1.5, -2.0, 0.0]))
    assert list(table) == ["turn", "prediction", "speaker", "transcript"]
    assert table["turn"].tolist() == [1, 2, 3]
    assert table["speaker"].tolist() == ["*Ann*", "", "Bo"]


def test_a_timeline_without_truth_shows_predictions_only() -> None:
    figure = conversation_figure(turns([1.5, -2.0, 0.0]), NUMBER, (-3, 3), "")
    assert [t.name for t in figure.data if t.name] == ["prediction"]
    assert not figure.layout.shapes
    [dots] = [t for t in figure.data if t.name == "prediction"]
    assert "truth" not in " ".join(dots.hovertext)
    assert "&lt;b&gt;hello" in dots.hovertext[0]


def test_classes_without_truth_follow_the_predicted_class() -> None:
    chances = np.array([[0.9, 0.1], [0.2, 0.8]])
    figure = conversation_figure(turns(["bad", "good"]), CLASSES, (0, 1), "", chances)
    assert figure.layout.yaxis2.title.text == "P(predicted)"
    [curve] = [t for t in figure.data if t.yaxis == "y2"]
    assert list(curve.y) == [0.9, 0.8]
    assert "truth" not in [t.name for t in figure.data]
