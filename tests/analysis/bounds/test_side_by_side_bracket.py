"""What several estimates say together."""

import math

import pandas as pd
import pytest

from mmmie.analysis.bounds.side_by_side import bracket_of


def estimates(*rows):
    columns = ["title", "nats", "std", "bound", "ceiling", "assumes", "doubt"]
    table = pd.DataFrame(
        [(*row, None, None)[:7] if len(row) == 5 else row for row in rows], columns=columns
    )
    return table.astype({"nats": float, "ceiling": float})


NONE = math.nan
LOW, LOWER = ("InfoNCE", 1.0, 0.1, "lower", 4.8), ("NWJ", 1.4, 0.1, "lower", NONE)
HIGH, HIGHER = ("L1Out", 2.0, 0.1, "upper", NONE), ("CLUB", 9.0, 0.1, "upper", NONE)


def test_the_closest_bounds_from_both_sides_are_taken():
    found = bracket_of(estimates(LOW, LOWER, HIGHER, HIGH, ("KSG", 1.5, 0.1, "neither", NONE)))
    assert found.verdict == "bracket"
    assert (found.lower["title"], found.upper["title"]) == ("NWJ", "L1Out")


def test_what_is_doubtful_does_not_count():
    doubted = ("NWJ", 1.4, 0.1, "lower", NONE, None, "it rests on 2 pairs")
    found = bracket_of(estimates(LOW, doubted, (*HIGH, None, "q does not fit"), HIGHER))
    assert (found.lower["title"], found.upper["title"]) == ("InfoNCE", "CLUB")


def test_a_bound_that_assumes_nothing_goes_first():
    assumed = ("BA", 3.0, 0.1, "lower", NONE, "y is Gaussian", None)
    assert bracket_of(estimates(LOW, assumed)).lower["title"] == "InfoNCE"
    assert bracket_of(estimates(assumed)).lower["title"] == "BA"


@pytest.mark.parametrize(
    ("lower", "verdict"), [(2.0, "bracket"), (2.2, "equal"), (2.5, "contradiction")]
)
def test_a_contradiction_is_more_than_both_errors(lower, verdict):
    assert bracket_of(estimates(("NWJ", lower, 0.1, "lower", NONE), HIGH)).verdict == verdict


def test_one_side_or_none():
    assert bracket_of(estimates(LOW)).verdict == "lower"
    assert bracket_of(estimates(HIGH)).verdict == "upper"
    nothing = bracket_of(estimates())
    assert (nothing.verdict, nothing.lower, nothing.upper) == ("nothing", None, None)
    broken = bracket_of(estimates(("NWJ", NONE, 0.1, "lower", NONE)))
    assert broken.verdict == "nothing"


def test_a_ceiling_that_is_near_is_noticed():
    assert bracket_of(estimates(("InfoNCE", 4.0, 0.1, "lower", 4.8))).near_ceiling
    assert not bracket_of(estimates(LOW)).near_ceiling
    assert not bracket_of(estimates(LOWER)).near_ceiling
    assert not bracket_of(estimates(HIGH)).near_ceiling
