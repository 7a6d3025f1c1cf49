from __future__ import annotations

import numpy as np
import pandas as pd

from app.screens.context_identity.window_edit_answer import (
    attention_finding,
    class_finding,
    edit_sentence,
    number_finding,
)
from mmmie.analysis.ask.question import Question

NAMES = {-2: "-2  Ann", -1: "-1  Bo", 0: "target  Ann"}


def test_a_sentence_names_everything_that_is_changed() -> None:
    edit = Question(
        relabel=((-2, 1), (5, 0)), terms_off=("role", "modality"), hidden=(-1,), shuffle=3
    )
    assert edit_sentence(edit, NAMES) == (
        "Told: -2 Ann is another speaker; -1 Bo is hidden; no role and modality term; roles of "
        "the neighbours are shuffled."
    )
    assert edit_sentence(Question(), NAMES) == "Told the truth about everything."


def test_numbers_say_which_way_they_go() -> None:
    assert number_finding(1.0, 1.0, 2.0, edited=False) == "It predicts 1 where the truth is 2"
    assert number_finding(1.0, 1.0, 2.0, edited=True) == "This leaves the prediction at 1"
    assert "1.5 instead of 1: nearer to the truth, 2" in number_finding(1.0, 1.5, 2.0, edited=True)
    assert "further from the truth" in number_finding(1.0, -0.5, 2.0, edited=True)
    assert "as far from the truth" in number_finding(1.0, 3.0, 2.0, edited=True)


def test_classes_say_whether_the_answer_changes() -> None:
    was, now = np.array([0.7, 0.3]), np.array([0.4, 0.6])
    names = ["no", "yes"]
    assert class_finding(was, was, "no", names, edited=False) == (
        "It says no with probability 0.70, which is true"
    )
    assert class_finding(was, now, "no", names, edited=True) == (
        "Told this, it says yes (0.60) instead of no (0.70); the truth is no"
    )
    assert "still says no: probability 0.70 → 0.60" in class_finding(
        was, np.array([0.6, 0.4]), "yes", names, edited=True
    )
    assert class_finding(was, was, "yes", names, edited=True).startswith("This leaves it at no")


def test_attention_says_where_it_goes() -> None:
    before = pd.DataFrame({"offset": [-2, -1, 0], "share": [0.6, 0.1, 0.3]})
    assert attention_finding(before, before, NAMES, edited=False) == (
        "70% of the attention goes to neighbours, most of it to -2 Ann"
    )
    own = before.assign(share=[0.1, 0.2, 0.7])  # the target is no neighbour of itself
    assert attention_finding(own, own, NAMES, edited=False) == (
        "30% of the attention goes to neighbours, most of it to -1 Bo"
    )
    alone = own[own["offset"] == 0]
    assert "no neighbours" in attention_finding(alone, alone, NAMES, edited=False)
    assert attention_finding(before, before, NAMES, edited=True) == "This moves no attention"
    own = before.assign(share=[0.1, 0.1, 0.8])
    assert attention_finding(own, own, NAMES, edited=False).startswith("20% of the attention goes")
    assert "to -2 Ann" in attention_finding(own, own, NAMES, edited=False)
    assert "no neighbours" in attention_finding(own[2:], own[2:], NAMES, edited=False)
    now = before.assign(share=[0.2, 0.5, 0.3])
    assert attention_finding(before, now, NAMES, edited=True) == (
        "40% of the attention moves, most of it to -1 Bo"
    )
