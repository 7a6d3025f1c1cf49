from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from app.parts.style import modality_colour
from app.screens.representations.claims import (
    claim_words,
    claimed,
    claims_figure,
    claims_finding,
    claims_table,
    verdict_words,
)
from mmmie.analysis.codes.claims import LABEL, MODALITY, OWN, SHARED


def entry(code: str, target: str, wanted: str, limit: float, value: float, verdict: str, **more):  # type: ignore[no-untyped-def]
    letter, _, modality = code.partition(" ")
    return {
        "code": code, "kind": {"z": "invariant", "s": "specific"}[letter],
        "modality": modality or None, "target": target, "wanted": wanted, "limit": limit,
        "value": value, "low": value - 0.05, "high": value + 0.05, "verdict": verdict,
        "worst": None, "worst_value": np.nan, "reading": "means", "probe": "linear",
    } | more  # fmt: skip


ROWS = [
    entry("z text", SHARED, "present", 0.85, 0.95, "holds"),
    entry("z text", SHARED, "present", 0.85, 0.97, "holds", probe="nonlinear"),
    entry("z text", OWN, "absent", 0.15, 0.3, "fails", worst="latent_text_topic", worst_value=0.4),
    entry("z text", OWN, "absent", 0.15, 0.4, "fails", probe="nonlinear"),
    entry("z", MODALITY, "absent", 0.45, 0.44, "undecided"),
    entry("z text", SHARED, "present", 0.85, 0.5, "fails", reading="samples"),
    entry("s text", LABEL, "either", np.nan, 0.5, "no claim"),
]


def test_only_claims_of_the_reading_are_counted() -> None:
    claims = claimed(pd.DataFrame(ROWS), "means")
    assert len(claims) == 5
    assert claims_finding(claims) == (
        "1 of 3 claims about the codes hold, 1 fails and 1 is undecided"
    )
    assert claims_finding(claims, "nonlinear") == "1 of 2 claims about the codes hold, 1 fails"
    assert claims_finding(claims[:1]) == "All 1 claims about the codes hold"
    assert claims_finding(claims[:0]) == "Nothing can be claimed of these codes"


def test_a_claim_is_drawn_on_the_range_that_is_wanted() -> None:
    figure = claims_figure(claimed(pd.DataFrame(ROWS), "means"), "invariant", ["text", "audio"])
    wanted, linear, nonlinear = figure.data
    ends = np.add(wanted.base, wanted.x)
    assert (wanted.base[0], ends[1]) == pytest.approx((0.85, 0.15))
    assert ends[0] > 1 and wanted.base[1] < 0
    assert list(linear.x) == [0.95, 0.3, 0.44]
    assert list(nonlinear.y) == ["z text: shared", "z text: its own private"]
    assert linear.marker.color[0] == modality_colour("text", ["text", "audio"])
    assert list(figure.layout.yaxis.categoryarray)[-1] == "z text: shared"  # on top


@pytest.mark.parametrize(
    "kept, title", [(slice(0, 3), "R²"), (slice(4, 5), "accuracy"), (slice(0, 5), "R², for the ")]
)
def test_the_axis_names_what_its_rows_are_read_by(kept: slice, title: str) -> None:
    claims = claimed(pd.DataFrame(ROWS[kept]), "means")
    said = claims_figure(claims, "invariant", ["text", "audio"]).layout.xaxis.title.text
    assert said == title or (title.endswith(" ") and said.startswith(title))


def test_the_table_says_verdicts_in_words_failures_first() -> None:
    table = claims_table(claimed(pd.DataFrame(ROWS), "means"))
    assert table["code"].tolist() == ["z text", "z", "z text"]
    assert table["linear probe"].tolist() == [
        "fails, most for topic (0.40)",
        "undecided: the limit lies in the interval",
        "holds",
    ]
    assert table["linear probe reads"].iloc[0] == "0.30 [0.25, 0.35]"
    assert table["non-linear probe"].iloc[2] == "holds"


def test_words_of_claims_and_verdicts() -> None:
    assert claim_words(ROWS[4]) == "does not hold which modality it is from (accuracy at most 0.45)"
    assert verdict_words(ROWS[4] | {"low": np.nan}) == (
        "undecided: too few conversations for an interval"
    )
    inside = {"worst": "latent_text_topic", "worst_value": 0.1}
    assert verdict_words(ROWS[2] | {"verdict": "holds"} | inside) == "holds"
