"""What stands over the table of classes."""

from __future__ import annotations

import numpy as np

from app.screens.predictions.class_table import classes_title
from mmmie.analysis.errors.classes import class_table


def table(targets: list[int], guesses: list[int]):
    names = ("calm", "fear_of_all", "joy")
    return class_table(names, np.eye(3)[guesses], np.array(targets), np.arange(len(targets)))


def test_classes_that_are_never_predicted_come_first_then_the_least_found() -> None:
    assert classes_title(table([0, 1, 2], [0, 0, 2])) == r"Fear\_of\_all is never predicted"
    assert classes_title(table([0, 1, 2], [0, 0, 0])).endswith("and joy are never predicted")
    few = table([0, 0, 1, 1, 2], [0, 1, 1, 1, 2])
    assert "calm" not in classes_title(few)  # two utterances show nothing
    few[["recall_low", "recall_high"]] = np.add(few[["recall"]].to_numpy(), [-0.05, 0.05])
    said = classes_title(few)
    assert "calm" in said.lower() and "50.0%" in said
    absent = classes_title(table([0, 0], [0, 0]))  # what does not occur needs no prediction
    assert "calm" in absent and "never" not in absent
