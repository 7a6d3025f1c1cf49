"""Titles are findings: they must say what the numbers say, also where there is no finding."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from app.screens.context_identity.attention import attention_title
from app.screens.context_identity.effects_of_interventions import effect_title
from app.screens.data.figures import label_title
from app.screens.predictions.errors import confusion_title
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
    said = timeline_title(TURNS)
    assert all(part in said for part in (r"c\*1", "off by 1 ", "turn 2", "Bo"))
    assert "Ann" not in timeline_title(TURNS.assign(speaker="Ann"))
    alone = timeline_title(TURNS[:1])
    assert "0.5" in alone and "turn" not in alone
    assert "1 of 2" in timeline_title(TURNS.assign(correct=[True, False]))
    assert "wrong" in timeline_title(TURNS[:1].assign(correct=False))


def test_confusion_names_the_commonest_mistake() -> None:
    said = confusion_title(("negative", "neutral", 0.371))
    assert said.lower().index("negative") < said.index("neutral") and "37%" in said
    assert "%" not in confusion_title(None)


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
    said = effect_title(changes(0.05, 0.15), "off", None)
    assert all(part in said for part in ("identity", "ambiguous", "from 0.21 to 0.93"))


def test_no_effect_is_said_plainly() -> None:
    said = effect_title(changes(-0.5, 0.7), "off", None)
    assert "no " in said and "ambiguous" not in said


def test_a_model_without_identity_has_none_to_remove() -> None:
    reason = "the model was trained without identity embedding"
    said = effect_title(changes(0.05, 0.15), "off", reason)
    assert reason in said and not any(c.isdigit() for c in said)


def test_labels_lean_or_not(make_corpus: Callable[..., Corpus]) -> None:
    corpus = make_corpus()
    corpus.utterances["label"] = 1.5
    assert "positive" in label_title(corpus) and "1.5" in label_title(corpus)
    corpus.utterances["label"] = np.tile([-1.0, 1.0], len(corpus))[: len(corpus)]
    assert "balanced" in label_title(corpus) and "0" in label_title(corpus)
    ratings = make_corpus(label_range=(1.0, 5.0))
    ratings.utterances["label"] = 4.0
    assert "upper" in label_title(ratings) and "mean 4" in label_title(ratings)
    classes = make_corpus(classes=("no", "yes"))
    classes.utterances["label"] = ["yes"] * (len(classes) - 1) + ["no"]
    assert "yes" in label_title(classes).lower() and "98%" in label_title(classes)


def test_a_turn_alone_has_no_neighbours_to_attend_to():
    alone = pd.DataFrame({"offset": [0, 0], "share": [0.4, 0.6]})
    pair = pd.DataFrame({"offset": [-1, 0], "share": [0.25, 0.75]})
    assert "%" not in attention_title({"as trained": alone, "no identity": alone})
    said = attention_title({"as trained": pair, "no identity": alone})
    assert said.index("25%") < said.index("as trained") < said.index("0% ", 12)
    assert "no identity" in said
