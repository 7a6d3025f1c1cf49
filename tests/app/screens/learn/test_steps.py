from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from app.screens.learn import (
    codes,
    encode,
    identity,
    predict,
    pull,
    squeeze,
    train,
    utterance,
    who_knows,
)
from app.screens.learn.codes import (
    CodeBars,
    codes_answer,
    codes_figure,
    codes_title,
    contents_table,
)
from app.screens.learn.encode import change_words, encode_title, encoding_figure
from app.screens.learn.frame import STEPS, Formula
from app.screens.learn.identity import identity_answer, identity_title
from app.screens.learn.predict import predict_class_title, predict_title, shapley_answer
from app.screens.learn.pull import matrix_figure, own_words, pull_answer, pull_title
from app.screens.learn.squeeze import (
    Costs,
    bounds_answer,
    bounds_table,
    costs_figure,
    price_words,
    squeeze_title,
)
from app.screens.learn.train import train_answer, train_title
from app.screens.learn.utterance import (
    class_labels_figure,
    label_words,
    labels_figure,
    utterance_title,
    wordless_answer,
    words_answer,
)
from mmmie.analysis.codes.claims import LABEL, OWN, SHARED
from mmmie.analysis.lesson.squeeze import UpperBounds
from mmmie.analysis.lesson.subject import Encoding
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
    steps = (utterance, encode, codes, pull, squeeze, identity, predict, who_knows, train)
    assert len(steps) == len(STEPS)
    for step in steps:
        assert isinstance(step.FORMULA, Formula)
        assert step.FORMULA.lines and step.FORMULA.symbols


def test_the_first_title_says_what_the_same_words_are_labelled() -> None:
    same = np.array([-1.5, 2.0])
    said = utterance_title("So *what*.", "u1", same, SCORE, "valid")
    for part in (r"“So \*what\*\.”", " 2 ", "valid", "−1.5", " 2"):
        assert part in said
    one = utterance_title("So.", "u1", same[:1], SCORE, "valid")
    assert "−1.5" in one and one.count("1.5") == 1
    unknown = utterance_title("So.", "u1", same[:0], SCORE, "valid")
    assert unknown.endswith("?") and SCORE.name in unknown
    assert "u1" in utterance_title("", "u1", same[:0], SCORE, "valid")
    named = utterance_title("So.", "u1", np.array([0, 1, 1]), CLASSES, "valid")
    assert "no and yes" in named and " 3 " in named


def test_what_is_predicted_in_words() -> None:
    assert "−3" in label_words(SCORE) and " 3" in label_words(SCORE)
    assert not any(c.isdigit() for c in label_words(Label("x", "regression")))
    assert "no and yes" in label_words(CLASSES)


def test_whether_the_words_alone_settle_it() -> None:
    labels, outputs = np.array([-2.0, 0.0, 2.0]), np.array([-1.5, 0.5, 1.5])
    said = words_answer(SCORE, labels, outputs, ["text"])
    assert "1.33" in said and "0.5" in said and "3 utterances" in said and "text" in said
    rare = words_answer(SCORE, labels[:2], outputs[:2], ["text"])
    assert "text" in rare and not any(c.isdigit() for c in rare)
    chances = np.array([[0.9, 0.1], [0.2, 0.8], [0.6, 0.4], [0.7, 0.3]])
    said = words_answer(CLASSES, np.array([0, 1, 0, 1]), chances, ["text"])
    assert "50%" in said and "75%" in said


def test_what_a_guess_without_words_can_do() -> None:
    said = wordless_answer(SCORE, np.array([-2.0, 0.0, 1.0]))
    assert " 0," in said and " 1 " in said
    said = wordless_answer(CLASSES, np.array([0, 1, 1]))
    assert "yes" in said and "67%" in said


def test_the_encoder_names_the_step_that_counts_most() -> None:
    steps = ["oh", "no", "you"]
    said = encode_title("text", encoding([0.2, 0.2, 0.6]), steps, "word")
    for part in ("3 words", "2 channels", "text", "4 numbers", "“you”", "60%"):
        assert part in said
    even = encode_title("audio", encoding([0.33, 0.33, 0.34]), ["1", "2", "3"], "frame")
    assert "%" not in even and "3 frames" in even
    vector = encode_title("text", encoding(None), ["1"], "word")
    assert "2 features of text" in vector and "4 numbers" in vector


def test_a_changed_channel_is_told_in_shares_of_the_lengths() -> None:
    said = change_words(encoding(None), encoding(None, 1.5), "pitch (Hz)", -2.0)
    assert "2 standard deviations lower" in said and r"pitch \(Hz\)" in said
    assert said.count("50%") == 2 and said.index("50%") < said.index("*z*") < said.index("0%.")


def test_codes_and_what_they_hold() -> None:
    sizes = {"z": 8, "s": 16}
    said = codes_title(0.5, 2.0, ["text", "audio"], sizes)
    assert "shared" in said and said.index("0.5") < said.index("two different") < said.index(
        " 2", 9
    )
    alone = codes_title(math.nan, math.nan, ["text"], sizes)
    assert alone.startswith("Text") and " 8 " in alone and " 16 " in alone
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
    assert "80% from *s*" in codes_answer(table, "text")
    assert "5% from *z*" in codes_answer(table, "text")
    assert "%" not in codes_answer(table, "audio")


def test_the_game_of_pairs_in_words() -> None:
    said = pull_title(("text", "audio"), 9, 12, 1.6, 0.2)
    for part in ("Text", "audio", "9 times in 12", "1.60", "0.20", "2.48"):
        assert part in said
    unsure = pull_title(("a", "b"), 1, 2, 0.3, 0.2)
    assert "0.3" not in unsure and "no shared information could be shown" in unsure
    chances = np.array([[0.2, 0.8], [0.5, 0.5]])
    other = own_words(chances, ["Sure.", "Fine."], ("text", "audio"))
    assert all(part in other for part in ("20%", "80%", "row 2", "Fine"))
    right = own_words(chances[:, ::-1], ["Sure.", "Fine."], ("text", "audio"))
    assert "80%" in right and "Fine" not in right
    said = pull_answer(CURVE, None)
    assert all(part in said for part in ("64 utterances", "4.16", "2.00", "well below"))
    assert "3.50 nats" in pull_answer(CURVE, 3.5)
    assert "near the ceiling" in pull_answer(CURVE.assign(nats=CURVE["ceiling"]), None)


def test_prices_and_bounds_in_words() -> None:
    said = squeeze_title("text", 8.9, None, 1)
    assert "text" in said and "8.9 nats" in said and "squeeze" not in said
    both = squeeze_title("text", 8.9, 24.0, 2)
    assert both.endswith("without the squeeze it costs 24") and "2 times the noise" in both
    assert "0.015 label units" in price_words(0.01, SCORE, 1.5)
    assert "cross-entropy" in price_words(0.01, CLASSES, 0.0)
    found = UpperBounds(50, 10.0, 16.0, 129.0, 1.0, -128.0, 5.5)
    assert bounds_table(found).endswith("| 10 | 16 | 129 | 1 | −128 |")
    said = bounds_answer(found)
    assert "−128 nats" in said and "between 5.5 and 10 nats" in said


def test_identity_in_words() -> None:
    said = identity_title("Sure.", -0.1, 2.66, -0.26, changed=False)
    assert said.startswith(r"“Sure\.”")
    assert said.index("−0.1 with identity") < said.index("2.66 without") < said.index("−0.26")
    changed = identity_title("", "no", "yes", "no", changed=True)
    assert "no with your changes" in changed and "yes without identity" in changed
    assert " 24 " in identity_answer(24)
    assert "unknown" in identity_answer(None)


def test_predictions_in_words() -> None:
    said = predict_title(-2.0, -1.5, "text", -1.4, 6.0)
    for part in ("Predicted −2", "true −1.5", "off by 0.5", "text", "−1.4"):
        assert part in said
    assert "text" not in predict_title(0.0, 0.1, "text", 0.1, 6.0)
    said = predict_class_title("yes", 0.62, "no", "audio", 0.2)
    for part in ("yes with 62%", "it is no", "audio", "+20 points"):
        assert part in said
    assert shapley_answer("text", -1.4, 1.8).startswith("No.")
    assert shapley_answer("text", 1.0, 1.01).startswith("Here nearly")


def test_training_in_words() -> None:
    assert not any(c.isdigit() for c in train_title(0, "MAE", None, None, 0))
    shipped = train_title(0, "MAE", None, 0.2, 30)
    assert "MAE 0.2" in shipped and "30 epochs" in shipped
    both = train_title(4, "MAE", 0.6, 0.2, 30)
    assert both.index("MAE 0.6 after 4 epochs") < both.index("shipped") < both.index("0.2 after 30")
    said = train_answer((31.0, 0.21), (84.0, 0.2))
    assert all(part in said for part in ("31 nats", "0.21", "84 nats", "0.2."))
    assert "nats" not in train_answer(None, (84.0, 0.2))


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
        "shared code z: 4.0 nats (9.0 without)", "own code s: 2.0 nats",
    ]  # fmt: skip
    assert [t.name for t in figure.data] == ["this checkpoint", "other", "this checkpoint"]
