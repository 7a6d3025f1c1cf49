from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from app.parts import rows as dots
from app.parts.names import capital, channel_words, figure_text, plain
from app.parts.slice_names import slice_contents, slice_titles
from app.screens.compare import card as comparison_card
from app.screens.compare import comparison
from app.screens.data import figures as corpus
from app.screens.learn.utterance import class_labels_figure, labels_figure
from app.screens.predictions import timeline
from app.screens.predictions.contributions_by_turn import turns_figure
from app.screens.predictions.errors import Shown, calibration_figure, confusion_figure
from app.screens.representations.probe_strip import cka_figure
from app.utterance import card as utterance
from app.utterance import window
from app.utterance.contribution_steps import Step, channels_figure, steps_figure
from mmmie.corpus import Label
from tests.app.shown import written


def test_markdown_in_a_name_is_escaped() -> None:
    assert plain("*a* [b](c) $x$ <i>") == r"\*a\* \[b\]\(c\) \$x\$ \<i\>"
    assert plain("Ada\n Lovelace") == "Ada Lovelace"


def test_a_flag_is_told_from_a_number() -> None:
    names = slice_titles(["all", "ambiguous=0", "ambiguous=1", "season=1", "season=2"])
    assert list(names.values()) == ["all", "not ambiguous", "ambiguous", "season 1", "season 2"]
    phrases = slice_contents(["ambiguous=1", "is_late=0", "emotion=joy", "all"])
    assert phrases == {
        "ambiguous=1": "ambiguous utterances",
        "is_late=0": "utterances that are not is late",
        "emotion=joy": "utterances with emotion joy",
        "all": "all utterances",
    }


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("pitch_hz", ("pitch", "Hz")),
        ("speech_rate_syllables_per_s", ("speech rate", "syllables/s")),
        ("words_per_s", ("words", "per s")),
        ("brow_raise_au01", ("brow raise", "AU01")),
        ("gaze_contact", ("gaze contact", "")),
        ("_s", (" s", "")),
    ],
)
def test_channels_have_units(name: str, words: tuple[str, str]) -> None:
    assert channel_words(name) == words


CLASSES = ["<b>joy</b>", "fear"]
NAME = "<b>joy</b>"
EVEN = np.array([0.5, 0.5])
LABEL = Label(NAME, "regression", range=(1.0, 5.0))
TURNS = pd.DataFrame(
    {
        "id": ["a", "b"],
        "conversation": "c",
        "position": [0, 1],
        "speaker": [NAME, "Bo"],
        "label": CLASSES,
        "prediction": CLASSES,
        "transcript": [NAME, "no"],
    }
)
NUMBERS = TURNS.assign(label=[2.0, 4.0], prediction=[2.5, 3.0], absolute_error=[0.5, 1.0])
LIMITS = (1.0, 5.0)

FIGURES = {
    "confusion": lambda: confusion_figure(pd.DataFrame(1, index=CLASSES, columns=CLASSES)),
    "calibration": lambda: calibration_figure(
        NUMBERS,
        pd.DataFrame({"prediction": [2.0], "truth": [2.0], "truth_error": [0.1]}),
        LABEL,
        LIMITS,
        Shown(["", ""]),
    ),
    "class table": lambda: comparison.class_table(
        pd.DataFrame({"first": CLASSES, "second": CLASSES}), CLASSES, (NAME, NAME)
    ),
    "labels of a corpus": lambda: corpus.label_figure(
        pd.DataFrame({"split": "train", "label": CLASSES, "share": 0.5}),
        Label("mood", "classification", classes=tuple(CLASSES)),
    ),
    "speakers": lambda: corpus.speaker_figure(
        pd.DataFrame(
            {"speaker": [NAME], "utterances": [3], "conversations": [1], "share": [1.0]}
        )
    ),
    "lengths": lambda: corpus.length_figure(
        pd.DataFrame({"modality": [NAME] * 2, "steps": [1, 2]}), [NAME]
    ),
    "a guessed class": lambda: class_labels_figure(
        CLASSES, np.array([0, 1]), np.array([0]), NAME, NAME
    ),
    "a guessed number": lambda: labels_figure(
        NAME, LIMITS, np.array([2.0]), np.array([2.0]), 3.0, 2.0
    ),
    "steps": lambda: steps_figure("mean", 2.0, [Step(NAME, 1.0, "#000000")], LIMITS, NAME),
    "channels": lambda: channels_figure(
        pd.DataFrame({NAME: [0.1, 0.2]}), np.zeros((2, 1)), [NAME, "no"], NAME, (1.0, 1.0), False
    ),
    "what modalities add": lambda: turns_figure(NUMBERS, np.ones((2, 1)), [NAME], "a", NAME),
    "likeness": lambda: cka_figure(
        {code: {f"invariant.{NAME}": 1.0, f"specific.{NAME}": 0.5} for code in (
            f"invariant.{NAME}", f"specific.{NAME}"
        )},
        [NAME],
    ),
}  # fmt: skip

DRAWINGS = {
    "both on classes": lambda: comparison_card.both_on_classes_svg(
        CLASSES, (EVEN, EVEN), (NAME, NAME), NAME, NAME
    ),
    "both on a scale": lambda: comparison_card.both_on_scale_svg(
        LABEL, LIMITS, 2.0, (3.0, 4.0), (NAME, NAME), NAME
    ),
    "dots": lambda: dots.dots_svg(pd.DataFrame({"label": [NAME], "value": [1.0]}), "error", NAME),
    "class": lambda: utterance.classes_svg(CLASSES, EVEN, NAME),
    "scale": lambda: utterance.scale_svg(LABEL, LIMITS, 2.0, 3.0),
    "a conversation of classes": lambda: timeline.timeline_svg(
        TURNS,
        Label("mood", "classification", classes=tuple(CLASSES)),
        (0.0, 1.0),
        "a",
        np.array([EVEN, EVEN]),
        alt=NAME,
    ),
    "a conversation of numbers": lambda: timeline.timeline_svg(
        NUMBERS, LABEL, LIMITS, "a", alt=NAME
    ),
    "a class of a window": lambda: window.class_prediction_svg(
        {"as trained": EVEN}, NAME, CLASSES, alt=NAME
    ),
    "a number of a window": lambda: window.prediction_svg(
        {"as trained": 2.0}, 2.0, LABEL, LIMITS, alt=NAME
    ),
    "attention": lambda: window.attention_svg(
        {"as trained": pd.DataFrame({"offset": [0], "modality": [NAME], "share": [1.0]})},
        {0: "now"},
        [NAME],
        alt=NAME,
    ),
}


@pytest.mark.parametrize("name", FIGURES)
def test_no_name_of_a_corpus_is_markup(name: str) -> None:
    drawn = list(written(FIGURES[name]().to_plotly_json()))
    assert any("&lt;b&gt;joy" in text for text in drawn)
    assert [text for text in drawn if "<b>joy" in text] == []


@pytest.mark.parametrize("name", DRAWINGS)
def test_no_name_of_a_corpus_is_markup_of_a_drawing(name: str) -> None:
    drawn = DRAWINGS[name]()
    assert "&lt;b&gt;joy" in drawn
    assert "<b>" not in drawn


def test_what_is_too_long_is_cut_and_what_is_markup_is_not_lost() -> None:
    assert figure_text("<b>") == "&lt;b&gt;"
    assert figure_text("surprise", 5) == "surp…"
    assert figure_text("surprise", 8) == "surprise"


def test_a_capital_letter_leaves_the_others() -> None:
    assert [capital(name) for name in ("text", "EEG", "iPad", "")] == ["Text", "EEG", "IPad", ""]
