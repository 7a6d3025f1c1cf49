"""What several estimators say together, and how the menu names each."""

import math

import pandas as pd
import pytest

from app.screens.mutual_information.estimators_side_by_side import (
    bracket_reasons,
    bracket_title,
    estimates_table,
    fit_text,
)
from app.screens.mutual_information.lab_controls import estimator_label, estimators_explained
from app.screens.mutual_information.recorded_bounds import UNITS
from mmmie.analysis.bounds.side_by_side import bracket_of, quantities
from mmmie.mi.catalogue import CATALOGUE

NATS, BITS = UNITS["nats"], UNITS["bits"]
QUANTITY = quantities(["text", "audio"])["I(z text; z audio)"]


def estimate(title, nats, bound, std=0.1, ceiling=math.nan, assumes=None, doubt=None, fit=None):
    return {
        **{"title": title, "nats": nats, "bound": bound, "std": std, "ceiling": ceiling},
        **{"assumes": assumes, "doubt": doubt, "fit": fit or {}, "sentence": f"{title} says so."},
    }


def frame(*rows):
    return pd.DataFrame(rows)


LOWER, UPPER = estimate("NWJ", 1.5, "lower"), estimate("L1Out", 2.5, "upper", assumes="q fits")


def title(*rows, unit=NATS):
    return bracket_title(QUANTITY, bracket_of(frame(*rows)), unit)


def test_the_menu_takes_its_words_from_the_catalogue():
    for facts in CATALOGUE.values():
        assert f"**{facts.title}**: {facts.how}" in estimators_explained()
    assert [estimator_label(name) for name in ("nwj", "club", "ksg")] == [
        "NWJ ≥",
        "CLUB ≤",
        "KSG ≈",
    ]


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ((LOWER, UPPER), "z text and z audio share between 1.5 and 2.5 nats"),
        ((LOWER,), "z text and z audio share at least 1.5 nats; no upper bound can be believed"),
        ((UPPER,), "z text and z audio share at most 2.5 nats; no lower bound can be believed"),
        (
            (estimate("NWJ", 9.0, "lower"), UPPER),
            "They contradict each other: NWJ shows at least 9 nats, L1Out at most 2.5",
        ),
        (
            (estimate("NWJ", 2.6, "lower"), UPPER),
            "z text and z audio share about 2.6 nats: the bounds meet within their errors",
        ),
        (
            (estimate("NWJ", 1.5, "lower", doubt="it is broken"),),
            "No estimator can be believed on I(z text; z audio)",
        ),
        (
            (estimate("NWJ", -0.2, "lower"), UPPER),
            "z text and z audio share between 0 and 2.5 nats",
        ),
    ],
)
def test_the_title_reconciles_both_sides(rows, said):
    assert title(*rows) == said


def test_bits_are_more_than_nats():
    assert title(LOWER, UPPER, unit=BITS).endswith("between 2.16 and 3.61 bits")


def test_reasons_name_both_ends_what_they_rest_on_and_what_is_left_out():
    near = estimate("InfoNCE", 4.2, "lower", std=0.057, ceiling=4.8)
    rows = frame(near, estimate("CLUB", 30.0, "upper", doubt="q does not fit"), UPPER)
    said = bracket_reasons(rows, bracket_of(rows), NATS)
    assert "The largest lower bound is InfoNCE, 4.2 ± 0.057." in said
    assert "The smallest upper bound is L1Out, 2.5 ± 0.1, provided that q fits." in said
    assert "near its ceiling of 4.8" in said
    assert said.endswith("Not to be believed here: CLUB.")


def test_the_table_goes_from_lower_to_upper():
    shown = estimates_table(frame(UPPER, estimate("KSG", 1.0, "neither"), LOWER), NATS)
    assert shown["estimator"].tolist() == ["NWJ", "KSG", "L1Out"]
    assert shown["value, nats"].tolist() == ["≥ 1.5 ± 0.1", "≈ 1 ± 0.1", "≤ 2.5 ± 0.1"]
    assert shown["ceiling"].tolist() == ["–"] * 3
    assert shown["what may be concluded"].tolist()[0] == "NWJ says so."


def test_fit_is_said_in_few_words():
    assert fit_text({"tells_apart": 0.963, "effective_pairs": None}) == "tells 96% of pairs apart"
    assert fit_text({"a_new_one": 1.0}) == "–"
