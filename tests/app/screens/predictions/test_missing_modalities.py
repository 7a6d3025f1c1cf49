"""What is said of missing modalities holds within the intervals."""

from __future__ import annotations

from typing import Any

import pytest

from app.parts.numbers import metric
from app.screens.predictions.missing_modalities import missing_title, rates_figure, subset_rows


def line(subset: str, change: float, ends: float, name: str = "mae") -> dict[str, Any]:
    interval = {"value": change, "low": change - ends, "high": change + ends}
    value = 0.5 + change
    return {"subset": subset, "metric": name, name: value, "low": value - ends,
            "high": value + ends, "change": interval, "n": 9}  # fmt: skip


@pytest.mark.parametrize(
    ("text", "audio", "ends", "named"),
    [(0.2, 0.1, 0.04, "audio"), (0.1, 0.2, 0.04, "text"), (0.1, 0.2, 0.15, "text"),
     (0.1, 0.2, 0.25, None), (-0.2, 0.01, 0.05, "better without audio")],
)  # fmt: skip
def test_the_title_names_what_is_clearly_missed(
    text: float, audio: float, ends: float, named: str | None
) -> None:
    """A subset is called by what is there: text alone is the model without audio."""
    rows = subset_rows(
        [line("text+audio", 0, 0), line("text", text, ends), line("audio", audio, ends)]
    )
    said = missing_title(rows, metric("mae")).lower()
    assert ("no single" in said) if named is None else named in said
    if named in ("text", "audio"):
        assert f"{max(text, audio):.3g}" in said and "rises" in said


def test_of_shares_a_fall_is_a_loss() -> None:
    rows = subset_rows(
        [line("a+b", 0, 0, "f1_weighted"), line("a", -0.3, 0.1, "f1_weighted"),
         line("b", 0.2, 0.1, "f1_weighted")]
    )  # fmt: skip
    said = missing_title(rows, metric("f1_weighted"))
    assert said.startswith("B is missed: ") and "falls" in said and "0.3" in said


def test_the_curve_holds_every_rate() -> None:
    import pandas as pd

    rates = pd.DataFrame(
        {"rate": [0.0, 0.5], "mae": [0.2, 0.4], "low": [0.1, 0.3], "high": [0.3, 0.5]}
    )
    drawn = rates_figure(rates, "mae", metric("mae"))
    assert list(drawn.data[-1].y) == [0.2, 0.4] and list(drawn.data[1].y) == [0.3, 0.5]
