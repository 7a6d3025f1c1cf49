"""The words about the bounds."""

import math

import numpy as np
import pandas as pd
import pytest

from app.screens.mutual_information.bounds_over_training import bounds_headline, conclusions
from app.screens.mutual_information.modality_panels import modality_title
from app.screens.mutual_information.pair_panels import check_sentence, pair_title
from app.screens.mutual_information.recorded_bounds import UNITS, valued
from mmmie.training.config import ObjectiveSettings

NAMES = ["text", "audio", "vision"]
NATS, BITS = UNITS["nats"], UNITS["bits"]
VALUES = {
    ("pair", "text-audio"): 1.3,
    ("pair", "text-vision"): 2.3,
    ("invariant", "text"): 9.3,
    ("specific", "text"): 5.3,
    ("separation", "text"): 0.8,
}


def table(truth=math.nan, bound="upper", bracket=None, check=None):
    """As from `bounds_table`; the bracket is that of z and s, the check that of the pairs."""
    rows = pd.DataFrame(
        [{"family": f, "name": n, "nats": v} for (f, n), v in VALUES.items()],
    )
    pair = rows["family"] == "pair"
    of_input = rows["family"].isin(["invariant", "specific"])
    low, high = bracket or (math.nan, math.nan)
    return rows.assign(
        bound=np.where(pair, "lower", bound),
        truth=np.where(pair, truth, np.nan),
        ceiling=np.where(pair, 6.2, np.nan),
        std=0.03,
        low=np.where(of_input, low, np.nan),
        high=np.where(of_input, high, np.nan),
        check=[*(check or [math.nan] * 2), *[math.nan] * 3],
        check_std=np.where(pair & (check is not None), 0.04, np.nan),
        quantity="I",
        estimator="E",
        conclusion="C",
    )


def test_titles_are_findings():
    # two pairs, each by two critics: 2.3 less 2.55 standard errors
    assert bounds_headline(table(), NAMES, NATS) == (
        "Text and vision are shown to share 2.22 nats or more"
    )
    faint = table().assign(nats=0.01)
    assert bounds_headline(faint, NAMES, NATS).startswith("No pair")
    checked = faint.assign(check=np.where(faint["family"] == "pair", 0.24, np.nan), check_std=0.04)
    assert bounds_headline(checked, NAMES, NATS).endswith("are shown to share 0.138 nats or more")
    assert bounds_headline(table().assign(std=np.nan), NAMES, NATS).startswith("No pair")
    alone = table()[lambda t: t["family"] != "pair"]
    assert bounds_headline(alone, NAMES, NATS) == "The shared code keeps at most 9.36 nats of text"
    assert bounds_headline(alone[:0], NAMES, NATS).endswith("?")
    objective = ObjectiveSettings()
    assert pair_title(table(truth=4.6), objective, NATS) == (
        "The pairs share at least 1.23 to 2.23 nats, 38% or more of what their inputs share"
    )
    objective.maximise.enabled = False
    assert pair_title(table(), objective, NATS).startswith("Without MI maximisation")
    assert "at most 9.36 nats of its input, the own code at most 5.36" in modality_title(
        table(), True, NATS
    )
    assert "nothing bounds" in modality_title(table(), False, NATS)


def test_headlines_are_in_the_unit_that_is_shown():
    assert bounds_headline(table(), NAMES, BITS) == (
        "Text and vision are shown to share 3.21 bits or more"
    )
    assert "1.78 to 3.22 bits" in pair_title(table(), ObjectiveSettings(), BITS)


def test_with_a_bracket_the_title_says_both_ends():
    assert modality_title(table(bracket=(4.2, 8.7)), True, NATS) == (
        "The shared code keeps 4.2 to 8.7 nats of its input, the own code 4.2 to 8.7"
    )
    assert "0 to 8.7" in modality_title(table(bracket=(-0.1, 8.7)), True, NATS)
    without = modality_title(table()[:3], True, NATS)
    assert without == "The shared code keeps at most 9.36 nats of its input"


def test_without_a_check_nothing_is_said_about_it():
    assert check_sentence(table(), NAMES, NATS) == ""


@pytest.mark.parametrize(
    ("check", "said"),
    [
        ([1.32, 2.25], "finds the same within its error for every pair"),
        ([1.8, 2.7], "finds 0.4 to 0.5 nats more for every pair"),
        ([1.8, 2.3], "the same within its error for **text and vision**, and finds 0.5 nats more"),
        ([1.3, 1.3], "finds 1 nats less for **text and vision** (both are lower bounds"),
    ],
)
def test_per_pair_the_fresh_critic_agrees_or_not(check, said):
    assert said in check_sentence(table(check=check), NAMES, NATS)


def test_one_pair_alone_is_named():
    rows = table(check=[1.3, 2.3])[lambda t: t["name"] == "text-audio"]
    assert "**text and audio**" in check_sentence(rows, NAMES, NATS)


def test_the_final_table_writes_the_side_of_every_bound():
    shown = conclusions(table(bound="neither"), NATS)
    assert shown["objective, nats"].tolist()[:3] == [
        "≥ 1.30 ± 0.06",
        "≥ 2.30 ± 0.06",
        "≈ 9.30 ± 0.06",
    ]
    assert shown["ceiling"].tolist()[2] == "–"
    assert shown["estimator"].tolist()[2] == "E, neither"
    assert not {"true MI of the inputs", "independent, nats"} & set(shown)
    assert "true MI of the inputs" in conclusions(table(truth=4.0), NATS)


def test_the_final_table_holds_bracket_and_check_with_two_standard_errors():
    shown = conclusions(table(bracket=(4.2, 8.7), check=[1.4, 2.4]), NATS)
    assert shown["independent, nats"].tolist() == [
        "fresh critic ≥ 1.40 ± 0.08",
        "fresh critic ≥ 2.40 ± 0.08",
        "bracket 4.2 to 8.7",
        "bracket 4.2 to 8.7",
        "–",
    ]
    assert shown["objective, nats"].tolist()[0] == "≥ 1.30 ± 0.06"


def test_a_value_is_written_with_its_error_where_there_is_one():
    assert valued(-0.2, 0.011) == "−0.200 ± 0.011"
    assert valued(12.34, 0.5) == "12.3 ± 0.5"
    assert valued(1234.0, 30.0) == "1234 ± 30"
    assert valued(3.0, math.nan) == valued(3.0, 0.0) == "3"


def test_bounds_at_zero_are_said_to_be_so():
    assert pair_title(table().assign(nats=-0.2), ObjectiveSettings(), NATS).startswith("No pair")
    found = table()
    found["nats"] = np.linspace(-0.2, 1.5, len(found))
    assert pair_title(found, ObjectiveSettings(), NATS).startswith("1 of 2 pairs share at least")
    shown = conclusions(table().assign(nats=-0.2), NATS)
    assert shown["objective, nats"].tolist()[0] == "≥ −0.20 ± 0.06"


@pytest.mark.parametrize(("span", "step"), [(1, 1), (7, 1), (13, 2), (39, 10), (200, 50)])
def test_epochs_have_whole_ticks(span, step):
    from app.parts.style import epoch_ticks

    assert epoch_ticks(span) == step
