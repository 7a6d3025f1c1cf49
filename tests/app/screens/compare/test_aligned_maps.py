"""Aligned maps: what is drawn where, and what is said."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from app.screens.compare.aligned_maps import (
    aligned_caption,
    aligned_finding,
    aligned_frame,
    aligned_places,
    aligned_words,
    furthest_moved,
    own_colouring,
    space_name,
    utterance_sentence,
)
from mmmie.analysis.codes.alignment import AlignedCodes, align_codes

N = 60


@pytest.fixture
def aligned() -> AlignedCodes:
    codes = np.random.default_rng(0).normal(size=(N, 4))
    second = codes.copy()
    second[9] += 12
    return align_codes(codes, second)


def seen(**more: Any) -> Any:
    """What `furthest_moved` reads of a view."""
    options = {"selected": [], "primary": 3, "pinned": None, "within": np.ones(N, bool)}
    return SimpleNamespace(**{**options, **more})


def test_both_maps_have_the_same_axes_and_move_together(aligned: AlignedCodes) -> None:
    places = aligned_places(aligned, ("one", "two"), "#123456")
    first, second = places.panels
    assert (first.name, second.name) == ("one", "two") and first.projection == second.projection
    sent = np.stack([np.frombuffer(places.buffers[p.points], "<u2").reshape(N, 2) for p in
                     places.panels]).astype(float)  # fmt: skip
    for axis in range(2):
        line = np.polyfit(aligned.first[:, axis], sent[0, :, axis], 1)
        assert np.polyval(line, aligned.second[:, axis]) == pytest.approx(sent[1, :, axis], abs=1)


def test_lines_lead_from_first_to_second(aligned: AlignedCodes) -> None:
    first, second = aligned_places(aligned, ("one", "two"), "#123456").panels
    assert second.before == first.points and not first.before
    assert {3, 9} <= set(furthest_moved(aligned, seen())) and len(
        furthest_moved(aligned, seen())
    ) <= 41
    assert furthest_moved(aligned, seen(selected=[7, 8], pinned=5)) == [3, 5, 7, 8]
    part = seen(within=np.arange(N) < 20)
    assert max(furthest_moved(aligned, part)) < 20


def test_pointing_tells_what_alignment_found(aligned: AlignedCodes) -> None:
    frame = pd.DataFrame(
        {"id": [f"u{i}" for i in range(N)], "label": 0.5, "transcript": ["<i>x</i>"] * N}
    )
    name, _, said, told = aligned_words(aligned, frame).decode().split("\n")[9].split("\x1f")
    assert (name, said) == ("u9", "<i>x</i>")
    assert f"moved {aligned.moved[9]:.2f}" in told and "neighbours kept" in told


def test_colours_begin_at_zero() -> None:
    scale = own_colouring(np.array([0.2, 0.4, np.nan]), 1.0).scale
    assert scale is not None and (scale["cmin"], scale["cmax"]) == (0, 1.0)


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
