"""Titles are findings: they must say what the numbers say, also where there is no finding."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from app.screens.context_identity.identity_effect import attention_title, effect_title
from app.screens.data.contents import label_title
from app.screens.predictions.errors import calibration_title, confusion_title
from app.screens.predictions.slice_table import slices_title
from app.screens.predictions.timeline import timeline_title
from mmmie.corpus import Corpus

TURNS = pd.DataFrame(
    {
        "conversation": "c*1",
        "position": [0, 1],
        "speaker": ["Ann", "Bo"],
        "absolute_error": [0.5, 1.5],
    }
)


def test_a_timeline_names_its_worst_turn() -> None:
    assert timeline_title(TURNS) == (r"Conversation c\*1: off by 1 on average, most at turn 2, Bo")
    assert timeline_title(TURNS.assign(speaker="Ann")).endswith("turn 2")
    assert timeline_title(TURNS[:1]) == r"Conversation c\*1: off by 0.5"
    classes = timeline_title(TURNS.assign(correct=[True, False]))
    assert classes.endswith("1 of 2 turns are predicted right")
    alone = TURNS[:1].assign(correct=False)
    assert timeline_title(alone).endswith("its only turn is predicted wrong")


@pytest.mark.parametrize(
    ("slope", "start"),
    [
        (None, "The model predicts the same"),
        (-0.2, "Predictions do not follow"),
        (0.8, "Predictions are too bold"),
        (1.02, "Predictions mean what they say"),
        (1.4, "Predictions are too timid"),
    ],
)
def test_calibration_says_which_way(slope: float | None, start: str) -> None:
    assert calibration_title(slope).startswith(start)


def test_confusion_names_the_commonest_mistake() -> None:
    assert confusion_title(("negative", "neutral", 0.371)) == (
        "Negative is most often taken for neutral: 37% of it"
    )
    assert confusion_title(None) == "Every utterance is predicted right"


def test_the_hardest_slice_depends_on_the_metric() -> None:
    table = pd.DataFrame(
        {"slice": ["all", "sarcastic=0", "sarcastic=1"], "mae": [0.3, 0.2, 0.6],
         "accuracy": [0.7, 0.9, 0.4], "corr": np.nan}
    )  # fmt: skip
    assert slices_title(table, "mae") == "Hardest are sarcastic utterances: MAE 0.6 against 0.3"
    assert "sarcastic utterances: Accuracy 40.0%" in slices_title(table, "accuracy")
    sure, unsure = (table.assign(low=low, high=0.7) for low in (0.5, 0.2))
    assert slices_title(sure, "mae").endswith("MAE 0.6 [0.5, 0.7] against 0.3")
    assert slices_title(unsure, "mae").startswith("No slice is clearly harder; most of all sarc")
    assert slices_title(table, "corr") == "Where does it fail?"
    assert slices_title(table[:1], "mae") == "Where does it fail?"


def changes(low: float, high: float) -> pd.DataFrame:
    return pd.DataFrame(
        [
            ("all", "off", 0.4, 0.1, low, high),
            ("ambiguous=1", "off", 0.93, 0.72, 0.72 + 5 * (low - 0.1), 0.72 + 5 * (high - 0.1)),
            ("ambiguous=0", "off", 0.3, 0.0, -0.1, 0.1),
        ],
        columns=["slice", "variant", "error", "change", "low", "high"],
    )


def test_the_effect_of_identity_is_stated_with_its_numbers() -> None:
    assert effect_title(changes(0.05, 0.15), "off", None) == (
        "Without identity the error on ambiguous utterances rises from 0.21 to 0.93"
    )


def test_no_effect_is_said_plainly() -> None:
    said = effect_title(changes(-0.5, 0.7), "off", None)
    assert said == (
        "Removing identity makes no difference that could not be chance: the error goes from "
        "0.3 to 0.4"
    )


def test_a_model_without_identity_has_none_to_remove() -> None:
    reason = "the model was trained without identity embedding"
    said = effect_title(changes(0.05, 0.15), "off", reason)
    assert said == f"There is no identity to remove: {reason}"


def test_labels_lean_or_not(make_corpus: Callable[..., Corpus]) -> None:
    corpus = make_corpus()
    corpus.utterances["label"] = 1.5
    assert "positive side: mean 1.5," in label_title(corpus)
    corpus.utterances["label"] = np.tile([-1.0, 1.0], len(corpus))[: len(corpus)]
    assert "balanced around 0" in label_title(corpus)
    ratings = make_corpus(label_range=(1.0, 5.0))
    ratings.utterances["label"] = 4.0
    assert "upper side: mean 4," in label_title(ratings)
    classes = make_corpus(classes=("no", "yes"))
    classes.utterances["label"] = ["yes"] * (len(classes) - 1) + ["no"]
    assert label_title(classes).startswith("Yes is the commonest class: 98%")


def test_a_turn_alone_has_no_neighbours_to_attend_to():
    alone = pd.DataFrame({"offset": [0, 0], "share": [0.4, 0.6]})
    pair = pd.DataFrame({"offset": [-1, 0], "share": [0.25, 0.75]})
    assert "no neighbours" in attention_title({"as trained": alone, "no identity": alone})
    assert attention_title({"as trained": pair, "no identity": alone}) == (
        "Neighbours get 25% of the attention as trained, 0% under “no identity”"
    )
