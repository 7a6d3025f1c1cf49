from __future__ import annotations

import pandas as pd

from app.screens.predictions.own_conversation import EXAMPLE, own_table, own_title
from mmmie.analysis.ask.own_conversation import read_turns
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
