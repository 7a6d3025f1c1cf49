"""A fresh critic beside the run's own bounds."""

import math

import pandas as pd
import pytest

from mmmie.analysis.bounds.fresh_critic import check_table, verdict


@pytest.mark.parametrize(
    ("in_training", "bound", "fresh", "said"),
    [
        (2.0, "lower", 2.1, "Confirmed"),
        (2.0, "lower", 1.95, "Confirmed"),
        (2.0, "lower", 1.0, "1.00 nats less"),
        (2.0, "lower", 4.6, "ceiling"),
        (9.0, "upper", 3.0, "between 3.00 and 9.00"),
        (9.0, "upper", -0.2, "between 0.00 and 9.00"),
        (2.0, "upper", 3.0, "Contradiction"),
        (0.5, "neither", 3.0, "At least 3.00"),
        (math.nan, "", 3.0, "At least 3.00"),
    ],
)
def test_verdicts(in_training, bound, fresh, said):
    assert said in verdict(in_training, bound, fresh, std=0.02, ceiling=4.8)


def test_rows_are_matched_by_family_and_name():
    bounds = pd.DataFrame(
        {
            "family": ["pair", "invariant", "specific"],
            "name": ["text-audio", "text", "text"],
            "nats": [2.0, 9.0, 7.0],
            "bound": ["lower", "upper", "upper"],
        }
    )
    check = pd.DataFrame(
        {
            "family": ["pair", "invariant", "invariant"],
            "name": ["text-audio", "text", "audio"],
            "nats": [2.2, 3.0, 1.0],
            "std": 0.1,
            "ceiling": 4.8,
            "n": 100,
        }
    )
    table = check_table(bounds, check)
    assert table["in_training"].tolist()[:2] == [2.0, 9.0]
    assert math.isnan(table["in_training"].iloc[2]) and table["bound"].iloc[2] == ""
    assert check_table(bounds[:0], check)["in_training"].isna().all()


def test_the_bracket_of_the_run_narrows_what_both_say():
    bounds = pd.DataFrame(
        {
            "family": ["invariant", "invariant"],
            "name": ["text", "audio"],
            "nats": [30.0, 9.0],
            "bound": ["upper", "upper"],
            "low": [3.5, math.nan],
            "high": [7.0, math.nan],
        }
    )
    check = pd.DataFrame(
        {
            "family": ["invariant", "invariant"],
            "name": ["text", "audio"],
            "nats": [2.0, 1.0],
            "std": 0.1,
            "ceiling": 4.8,
            "n": 100,
        }
    )
    table = check_table(bounds, check)
    assert table["in_training"].tolist() == [7.0, 9.0]
    assert "between 3.50 and 7.00" in table["verdict"][0]
    assert "between 1.00 and 9.00" in table["verdict"][1]
