from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from app.screens.learn.codes import CodeBars, codes_figure
from app.screens.learn.encode import encoding_figure
from app.screens.learn.formulas import FORMULAS
from app.screens.learn.lesson_words import (
    STEPS,
    bounds_answer,
    bounds_table,
    change_words,
    codes_answer,
    codes_title,
    contents_table,
    encode_title,
    identity_answer,
    identity_title,
    label_words,
    own_words,
    predict_class_title,
    predict_title,
    price_words,
    pull_answer,
    pull_title,
    shapley_answer,
    squeeze_title,
    train_answer,
    train_title,
    utterance_title,
    wordless_answer,
    words_answer,
)
from app.screens.learn.pull import matrix_figure
from app.screens.learn.squeeze import Costs, costs_figure
from app.screens.learn.utterance import class_labels_figure, labels_figure
from mmmie.analysis.codes.claims import LABEL, OWN, SHARED
from mmmie.analysis.lesson.encoding import Encoding
from mmmie.analysis.lesson.squeeze import UpperBounds
from mmmie.corpus import Label

SCORE = Label("sentiment", "regression", range=(-3.0, 3.0))
CLASSES = Label("mood", "classification", classes=("no", "yes"))
CURVE = pd.DataFrame({"batch_size": [2, 8, 64], "nats": [0.6, 1.5, 2.0]})
CURVE["ceiling"] = np.log(CURVE["batch_size"])


def encoding(weights: list[float] | None, hidden: float = 1.0) -> Encoding:
    length = 1 if weights is None else len(weights)
    return Encoding(
        np.zeros((length, 2)),
        None if weights is None else np.array(weights),
        np.full(4, hidden),
        {"z": np.full(2, hidden), "s": np.ones(2)},
    )


def test_every_step_has_its_formula() -> None:
    assert len(FORMULAS) == len(STEPS)
    assert all(formula.lines and formula.symbols for formula in FORMULAS)


def test_the_first_title_says_what_the_same_words_are_labelled() -> None:
    same = np.array([-1.5, 2.0])
    said = utterance_title("So *what*.", "u1", same, SCORE, "valid")
    assert said == r"“So \*what\*\.” is said 2 more times in the valid split, labelled −1.5 to 2"
    assert "once more" in utterance_title("So.", "u1", same[:1], SCORE, "valid")
    assert utterance_title("So.", "u1", same[:0], SCORE, "valid").endswith("what is its sentiment?")
    assert "no transcript" in utterance_title("", "u1", same[:0], SCORE, "valid")
    named = utterance_title("So.", "u1", np.array([0, 1, 1]), CLASSES, "valid")
    assert named.endswith("labelled no and yes")


def test_what_is_predicted_in_words() -> None:
    assert label_words(SCORE) == "a number from −3 to 3"
    assert label_words(Label("x", "regression")) == "a number"
    assert label_words(CLASSES) == "one of no and yes"


def test_whether_the_words_alone_settle_it() -> None:
    labels, outputs = np.array([-2.0, 0.0, 2.0]), np.array([-1.5, 0.5, 1.5])
    said = words_answer(SCORE, labels, outputs, ["text"])
    assert "off by 1.33 on average" in said and "off by 0.5 on the same 3" in said
    assert "nobody can tell" in words_answer(SCORE, labels[:2], outputs[:2], ["text"])
    chances = np.array([[0.9, 0.1], [0.2, 0.8], [0.6, 0.4], [0.7, 0.3]])
    said = words_answer(CLASSES, np.array([0, 1, 0, 1]), chances, ["text"])
    assert "right 50% of the time. The model" in said and "right 75%" in said


def test_what_a_guess_without_words_can_do() -> None:
    assert wordless_answer(SCORE, np.array([-2.0, 0.0, 1.0])) == (
        "Whoever always says 0, the middle of all labels, is off by 1."
    )
    assert "always says yes is right 67%" in wordless_answer(CLASSES, np.array([0, 1, 1]))


def test_the_encoder_names_the_step_that_counts_most() -> None:
    steps = ["oh", "no", "you"]
    said = encode_title("text", encoding([0.2, 0.2, 0.6]), steps, "word")
    assert said == "3 words × 2 channels of text become 4 numbers; “you” counts most, 60%"
    even = encode_title("audio", encoding([0.33, 0.33, 0.34]), ["1", "2", "3"], "frame")
    assert even.endswith("every frame counts about the same")
    assert encode_title("text", encoding(None), ["1"], "word") == (
        "2 features of text become the 4 numbers of h"
    )


def test_a_changed_channel_is_told_in_shares_of_the_lengths() -> None:
    said = change_words(encoding(None), encoding(None, 1.5), "pitch (Hz)", -2.0)
    assert "2 standard deviations lower" in said
    assert "*h* moves by 50%" in said and "*s* by 0%" in said


def test_codes_and_what_they_hold() -> None:
    sizes = {"z": 8, "s": 16}
    said = codes_title(0.5, 2.0, ["text", "audio"], sizes)
    assert said == "The two z of this utterance lie 0.5 apart, those of two different utterances 2"
    alone = codes_title(math.nan, math.nan, ["text"], sizes)
    assert alone == "Text becomes 8 numbers to share and 16 to keep"
    table = pd.DataFrame(
        [("text", "z", SHARED, 0.9), ("text", "s", SHARED, 0.1), ("text", "z", OWN, 0.05),
         ("text", "s", OWN, 0.8), ("audio", "z", SHARED, 0.7), ("audio", "s", SHARED, 0.0)],
        columns=["modality", "code", "target", "r2"],
    )  # fmt: skip
    lines = contents_table(table, ["text", "audio"]).splitlines()
    assert lines[2] == "| text | 90% | 10% | 5% | 80% |"
    assert lines[3] == "| audio | 70% | 0% | – | – |"
    assert LABEL not in lines[0]
    assert contents_table(table[:0], ["text"]) == ""
    assert "80% from *s* here and 5% from *z*" in codes_answer(table, "text")
    assert "only where such factors are known" in codes_answer(table, "audio")


def test_the_game_of_pairs_in_words() -> None:
    said = pull_title(("text", "audio"), 9, 12, 1.6, math.log(12))
    assert said.startswith("Text finds its own audio 9 times in 12: at least 1.60 nats")
    assert "nothing shared is shown" in pull_title(("a", "b"), 1, 2, -0.1, math.log(2))
    chances = np.array([[0.2, 0.8], [0.5, 0.5]])
    assert "say much the same" in own_words(chances, ["Sure.", "Fine."], ("text", "audio"))
    assert own_words(chances[:, ::-1], ["Sure.", "Fine."], ("text", "audio")).endswith("of 80%.")
    assert "well below it" in pull_answer(CURVE, None)
    assert "3.50 nats" in pull_answer(CURVE, 3.5)
    near = CURVE.assign(nats=CURVE["ceiling"])
    assert "far more" in pull_answer(near, None)


def test_prices_and_bounds_in_words() -> None:
    assert squeeze_title("text", 8.9, None, 1) == "z of text costs 8.9 nats here"
    assert squeeze_title("text", 8.9, 24.0, 2).endswith("without the squeeze it costs 24")
    assert "0.015 in label units" in price_words(0.01, SCORE, 1.5)
    assert "cross-entropy" in price_words(0.01, CLASSES, 0.0)
    found = UpperBounds(50, 10.0, 16.0, 129.0, 1.0, -128.0, 5.5)
    assert bounds_table(found).endswith("| 10 | 16 | 129 | 1 | −128 |")
    said = bounds_answer(found)
    assert "−128 nats" in said and "between 5.5 and 10 nats" in said


def test_identity_in_words() -> None:
    said = identity_title("Sure.", -0.1, 2.66, -0.26, changed=False)
    assert said == r"“Sure\.” is predicted −0.1 with identity and 2.66 without; the truth is −0.26"
    assert "as told now" in identity_title("", "no", "yes", "no", changed=True)
    assert "24 rows" in identity_answer(24)
    assert "nobody is named" in identity_answer(None)


def test_predictions_in_words() -> None:
    said = predict_title(-2.0, -1.5, "text", -1.4, 6.0)
    assert said == "Predicted −2, true −1.5: off by 0.5; text moves it most, by −1.4"
    assert predict_title(0.0, 0.1, "text", 0.1, 6.0).endswith("no part moves it far")
    said = predict_class_title("yes", 0.62, "no", "audio", 0.2)
    assert said == "Predicted yes with 62%, but it is no; audio moves that most, by +20 points"
    assert shapley_answer("text", -1.4, 1.8).startswith("No.")
    assert shapley_answer("text", 1.0, 1.01).startswith("Here nearly")


def test_training_in_words() -> None:
    assert train_title(0, "MAE", None, None, 0) == "Train a model of your own, here and now"
    assert train_title(0, "MAE", None, 0.2, 30) == "The shipped model reached MAE 0.2 in 30 epochs"
    both = train_title(4, "MAE", 0.6, 0.2, 30)
    assert both == "Your model reaches MAE 0.6 after 4 epochs, the shipped one 0.2 after 30"
    assert "84 nats with 0.2" in train_answer((31.0, 0.21), (84.0, 0.2))
    assert "they rise" in train_answer(None, (84.0, 0.2))


def test_the_truth_is_drawn_when_it_is_shown() -> None:
    everyone, same = np.linspace(-3, 3, 50), np.array([-1.0, 1.0])
    hidden = labels_figure("sentiment", (-3, 3), everyone, same, 0.5, None)
    assert [t.name for t in hidden.data if t.name] == [
        "all of the split", "the same words", "your guess",
    ]  # fmt: skip
    shown = labels_figure("sentiment", (-3, 3), everyone, same, 0.5, -2.0)
    assert shown.data[-1].x == (-2.0,)
    named = class_labels_figure(
        ["no", "yes"], np.array([0, 1, 1, 1]), same[:0].astype(int), "no", "yes"
    )
    assert named.layout.yaxis.ticktext == ("no ← your guess", "yes ← label")
    assert named.data[0].x.tolist() == [0.25, 0.75]


def test_bars_of_ratings_stand_over_their_numbers() -> None:
    figure = labels_figure("help", (1, 5), np.array([1, 3, 3, 5]), np.array([]), 2.0, None)
    assert figure.data[0].x.tolist() == [1, 2, 3, 4, 5]
    assert figure.data[0].customdata.tolist() == [1, 0, 2, 0, 1]


@pytest.mark.parametrize("weights", [[0.2, 0.3, 0.5], None])
def test_an_encoding_shows_its_steps_and_what_changed(weights: list[float] | None) -> None:
    found = encoding(weights)
    names = [str(i) for i in range(len(found.features))]
    plain = encoding_figure(found, None, ["pitch_hz", "b<i>"], names, "frame", "#E69F00")
    changed = encoding_figure(found, found, ["pitch_hz", "b<i>"], names, "frame", "#E69F00")
    assert len(changed.data) == len(plain.data) + 1
    titles = [a.text for a in plain.layout.annotations]
    assert titles[-1] == "hidden state h, 4"
    assert len(titles) == (3 if weights else 2)
    held = plain.data[0].y if weights else plain.data[0].customdata
    assert list(held) == ["pitch (Hz)", "b&lt;i&gt;"]  # names stay text


def test_codes_are_filled_and_outlined_with_their_draws() -> None:
    bars = CodeBars(np.ones(3), np.full(3, 0.2), np.ones((5, 3)))
    still = CodeBars(np.ones(2), None, np.empty((0, 2)))
    figure = codes_figure({"text": {"z": bars, "s": still}})
    z, draws, s = figure.data
    assert z.marker.color == "#0072B2" and s.marker.color == "rgba(0,0,0,0)"
    assert len(draws.x) == 15
    assert s.error_y.array is None


def test_the_matrix_outlines_its_true_pairs() -> None:
    scores = np.array([[2.0, -90.0], [-5.0, 3.0]])
    figure = matrix_figure(scores, None, ["<b>so</b>", "x" * 40], ("text", "audio"), CURVE, 0.6)
    assert len(figure.layout.shapes) == 2
    assert figure.data[0].zmin == -20  # a hopeless pair does not swallow the colours
    assert figure.layout.yaxis.ticktext[0].startswith("&lt;b&gt;")
    chances = matrix_figure(scores, scores, ["a", "b"], ("text", "audio"), CURVE, 0.6)
    assert (chances.data[0].zmin, chances.data[0].zmax) == (0, 1)
    flat = matrix_figure(np.zeros((2, 2)), None, ["a", "b"], ("text", "audio"), CURVE, 0.0)
    assert flat.data[0].zmax - flat.data[0].zmin >= 1  # no colours made of noise


def test_costs_name_their_sums() -> None:
    costs = {"z": Costs(np.array([3.0, 1.0]), np.array([9.0])), "s": Costs(np.array([2.0]))}
    figure = costs_figure(costs, "#E69F00", "other")
    assert [a.text for a in figure.layout.annotations] == [
        "invariant code z: 4.0 nats (9.0 without)", "specific code s: 2.0 nats",
    ]  # fmt: skip
    assert [t.name for t in figure.data] == ["this checkpoint", "other", "this checkpoint"]
