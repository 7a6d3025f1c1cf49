"""The title of the ablations is a finding, and true for any set of checkpoints."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from app.parts.numbers import metric
from app.screens.overview.ablations import ablation_finding

Row = tuple[str, float, bool]


def finding(*rows: Row, of: str = "mae", mine: float = 0.2) -> tuple[str, str]:
    """Title and numbers for others, each (label, value, told apart from this one)."""
    table = pd.DataFrame([("mine", mine, False), *rows], columns=["label", "value", "told_apart"])
    by = table["value"] - mine
    half = np.where(table["told_apart"], 1e-6, by.abs() + 1)
    table = table.assign(difference=by, difference_low=by - half, difference_high=by + half)
    return ablation_finding(table, metric(of), "mine")


def test_what_nearly_doubles_the_error_is_named_with_its_numbers():
    title, numbers = finding(
        ("without identity", 0.38, True), ("without context", 0.37, True),
        ("without MI maximisation", 0.21, True), ("without MI minimisation", 0.19, False),
        ("dim 32, 3 epochs", 0.45, True),
    )  # fmt: skip
    assert all(part in title for part in ("identity", "context", "error grows by 8"))
    assert "MI" not in title and "32" not in title
    found, level = numbers.split("No clear difference:")
    assert all(part in found for part in ("MAE 0.2", "identity 0.38", "context 0.37"))
    assert "MI minimisation" in level and "MI maximisation" not in numbers


@pytest.mark.parametrize(
    ("value", "said"),
    [(0.21, "by 5%"), (0.3, "by 50%"), (0.39, "by 95%"), (0.41, "at least doubles")],
)
def test_how_much_the_error_grows(value: float, said: str):
    title, numbers = finding(("without context", value, True))
    assert "context" in title and said in title
    assert f"{value:g}" in numbers


def test_two_removals_that_differ_are_given_as_a_range():
    title, _ = finding(("without context", 0.26, True), ("without identity", 0.3, True))
    assert "30% or more" in title


def test_metrics_where_more_is_better_fall():
    title, numbers = finding(("without context", 0.55, True), of="f1_weighted", mine=0.6)
    assert "Weighted F1 falls by 0.05" in title and "0.55" in numbers
    title, numbers = finding(("without context", 0.55, True), of="accuracy", mine=0.6)
    assert "Accuracy falls by 5 points" in title and "55.0%" in numbers


@pytest.mark.parametrize(
    ("rows", "named", "unnamed"),
    [
        ([("with identity", 0.1, True), ("without context", 0.5, True)], "identity", "context"),
        ([("with identity", 0.1, False), ("dim 8", 0.3, True)], "with dim 8", "identity"),
    ],
)
def test_the_best_other_or_the_worst_is_named(rows: list[Row], named: str, unnamed: str):
    title, numbers = finding(*rows)
    assert named in title and unnamed not in title
    assert "etter" in title
    value = next(value for label, value, _ in rows if label in named or named in label)
    assert f"{value:g}" in numbers


def test_a_difference_within_chance_is_no_finding():
    title, numbers = finding(("without MI", 0.19, False), ("without identity", 0.5, False))
    assert "No clear difference" in title and " 2 " in title and not numbers


def test_without_others_or_intervals_nothing_is_claimed():
    table = pd.DataFrame({"label": ["mine", "without context"], "value": [0.2, 0.9]})
    table = table.assign(difference=[0, 0.7], difference_low=np.nan, difference_high=np.nan)
    title, numbers = ablation_finding(table, metric("mae"), "mine")
    assert "context" not in title and not numbers
    alone, numbers = ablation_finding(table[:1], metric("mae"), "mine")
    assert "MAE" in alone and alone.endswith("?") and not numbers


def test_an_error_of_zero_is_no_fault():
    assert "context" in finding(("without context", 0.1, True), mine=0.0)[0]
