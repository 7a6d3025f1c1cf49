"""Dot plots."""

from __future__ import annotations

from xml.etree import ElementTree

import numpy as np
import pandas as pd
import pytest

from app.parts.rows import dots_svg
from app.parts.style import ACCENT, NEUTRAL
from tests.app.drawn import hints, parsed, share, words


def rows() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "label": ["full", "without identity", "without context"],
            "value": [0.3, 0.5, 0.4],
            "low": [0.25, 0.45, np.nan],
            "high": [0.36, 0.56, np.nan],
            "n": [10, 1200, 3],
        }
    )


def bars(root: ElementTree.Element) -> list[ElementTree.Element]:
    return [line for line in root.iter("line") if line.get("y1") == line.get("y2")]


def test_rows_stand_in_order_with_their_intervals() -> None:
    root = parsed(dots_svg(rows(), "MAE, in label units", "errors", highlight="full"))
    dots = list(root.iter("circle"))
    assert [dot.get("stroke") for dot in dots] == [ACCENT, NEUTRAL, NEUTRAL]
    down = [float(dot.get("cy", "")) for dot in dots]
    assert down == sorted(down)
    places = [share(dot.get("cx")) for dot in dots]
    assert places[0] < places[2] < places[1]
    assert places[2] - places[0] == pytest.approx(places[1] - places[2])
    first, second = bars(root)  # no interval, no bar
    reach = share(second.get("x2")) - share(second.get("x1"))
    assert reach == pytest.approx((places[1] - places[0]) * 0.11 / 0.2, abs=1e-4)
    assert share(first.get("x1")) < places[0] < share(first.get("x2"))
    assert hints(root, "circle")[1] == "without identity\n0.5 [0.45, 0.56]\n1,200 utterances"
    said = words(root)
    assert "0.4" in said and "0.3 [0.25, 0.36]" in said and "MAE, in label units" in said
    assert root.get("aria-label") == "errors"


def test_values_alone_a_reference_and_shares() -> None:
    table = rows()[["label", "value"]]
    root = parsed(dots_svg(table, "x", "y", reference=0.4, reference_name="chance", share=True))
    lines = [found for found in root.iter("line") if found.get("stroke-dasharray")]
    assert {line.get("x1") for line in lines} == {list(root.iter("circle"))[2].get("cx")}
    said = words(root)
    assert "chance" in said and "30.0%" in said and "40%" in said
    bare = parsed(dots_svg(rows(), "x", "y", reference=float("nan")))
    assert not [found for found in bare.iter("line") if found.get("stroke-dasharray")]


def test_an_axis_may_begin_at_zero_and_everything_stays_inside() -> None:
    root = parsed(dots_svg(rows(), "x", "y", from_zero=True))
    assert "0" in words(root)
    for bar in bars(root):
        assert 0 < share(bar.get("x1")) < share(bar.get("x2")) < 1


def test_a_single_value_and_none_at_all() -> None:
    (dot,) = parsed(dots_svg(rows()[:1][["label", "value"]], "x", "y")).iter("circle")
    assert 0 < share(dot.get("cx")) < 1
    assert words(parsed(dots_svg(rows()[:0], "x", "y")))[-1] == "x"
