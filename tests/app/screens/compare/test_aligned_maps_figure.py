"""Aligned maps: what is drawn where, and what is said."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from app.parts.style import FADED
from app.screens.compare.aligned_maps_figure import (
    Drawn,
    aligned_caption,
    aligned_figure,
    aligned_finding,
    aligned_frame,
    furthest_moved,
    own_colouring,
    space_name,
    utterance_sentence,
)
from mmmie.analysis.codes.aligned_codes import AlignedCodes, align_codes

N = 60


@pytest.fixture
def aligned() -> AlignedCodes:
    codes = np.random.default_rng(0).normal(size=(N, 4))
    second = codes.copy()
    second[9] += 12
    return align_codes(codes, second)


@pytest.fixture
def drawn(aligned: AlignedCodes) -> Drawn:
    frame = pd.DataFrame(
        {"id": [f"u{i}" for i in range(N)], "label": 0.5, "transcript": ["<i>x</i>"] * N}
    )
    everything = np.ones(N, bool)
    colours = own_colouring(aligned.moved, "moved")
    return Drawn(frame, np.arange(N), everything, [], 3, None, colours)


def points_of(aligned: AlignedCodes, drawn: Drawn) -> list:
    figure = aligned_figure(aligned, drawn, ("one", "two"))
    return [t for t in figure.data if t.customdata is not None]


def test_both_maps_have_the_same_utterances_and_axes(aligned: AlignedCodes, drawn: Drawn) -> None:
    figure = aligned_figure(aligned, drawn, ("one", "<b>"))
    first, second = (t for t in figure.data if t.customdata is not None)
    assert list(first.customdata) == list(second.customdata) == drawn.frame["id"].tolist()
    assert (first.xaxis, second.xaxis) == ("x", "x2")
    assert (figure.layout.xaxis2.matches, figure.layout.yaxis2.matches) == ("x", "y")
    assert first.x == pytest.approx(aligned.first[:, 0])
    assert second.y == pytest.approx(aligned.second[:, 1])
    assert "&lt;i&gt;" in first.text[0]
    assert "&lt;b&gt;" in figure.layout.annotations[1].text


def test_primary_is_a_ring_and_pinned_a_square_on_both(aligned: AlignedCodes, drawn: Drawn) -> None:
    figure = aligned_figure(aligned, replace(drawn, pinned=5), ("one", "two"))
    marks = {
        (t.marker.symbol, t.xaxis): t.x[0]
        for t in figure.data
        if t.customdata is None and t.mode == "markers"
    }
    assert marks[("circle-open", "x")] == pytest.approx(aligned.first[3, 0])
    assert marks[("square-open", "x2")] == pytest.approx(aligned.second[5, 0])


def test_the_slice_and_the_selection_fade_the_others(aligned: AlignedCodes, drawn: Drawn) -> None:
    within = np.arange(N) < 20
    first = points_of(aligned, replace(drawn, within=within))[0]
    faded = first.marker.opacity
    assert list(first.customdata[18:22]) == ["u18", "u19", None, None]
    assert (faded[:20] > FADED).all() and (faded[20:] == FADED).all()
    both = points_of(aligned, replace(drawn, within=within, selected=[4, 30]))[1].marker.opacity
    assert np.flatnonzero(both > FADED).tolist() == [4]


def test_lines_lead_from_first_to_second(aligned: AlignedCodes, drawn: Drawn) -> None:
    assert 9 in furthest_moved(aligned, drawn) and 3 in furthest_moved(aligned, drawn)
    assert len(furthest_moved(aligned, drawn)) <= 41
    chosen = replace(drawn, selected=[7, 8], pinned=5)
    assert furthest_moved(aligned, chosen).tolist() == [3, 5, 7, 8]
    (line,) = (t for t in aligned_figure(aligned, chosen, ("a", "b")).data if t.mode == "lines")
    ends = [aligned.first[3, 0], aligned.second[3, 0], np.nan]
    assert list(line.x[:3]) == pytest.approx(ends, nan_ok=True) and line.xaxis == "x2"


def test_what_is_said(aligned: AlignedCodes) -> None:
    said = aligned_finding(aligned, "invariant.text", np.ones(N, bool))
    assert said.startswith("In z text they agree on ") and "10 nearest" in said
    assert aligned_finding(aligned, "fused", np.arange(N) == 9).startswith("In the fused code")
    caption = aligned_caption(aligned, "60 utterances")
    assert "4 principal components" in caption and "remains" in caption and "CKA" in caption
    assert "further than 98% of all" in utterance_sentence(aligned, 9)
    table = aligned_frame(aligned, pd.Series([f"u{i}" for i in range(N)]))
    assert table["moved"].idxmax() == 9


def test_constant_codes_and_single_utterances_are_said_so() -> None:
    constant = align_codes(np.ones((5, 3)), np.ones((5, 3)))
    assert "remains" not in aligned_caption(constant, "5 utterances")
    one = align_codes(np.ones((1, 3)), np.ones((1, 3)))
    assert "too few" in aligned_finding(one, "fused", np.ones(1, bool))
    assert utterance_sentence(one, 0) == "moved 0.00, further than 0% of all"


@pytest.mark.parametrize(
    ("space", "name"), [("invariant.text", "z text"), ("specific.a.b", "s a.b"), ("fused", "fused")]
)
def test_codes_have_short_names(space: str, name: str) -> None:
    assert space_name(space) == name
