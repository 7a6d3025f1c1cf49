from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from app.parts.slice_names import slice_contents, slice_titles
from app.screens.context_identity.attention import attended_figure, attended_finding
from app.screens.context_identity.effects_of_interventions import (
    effect_figure,
    null_sentence,
    slice_change_figure,
    slice_changes,
    slices_finding,
)


def changes(**more: float) -> pd.DataFrame:
    rows = [
        ("all", 0.9, 0.5, 0.3, 0.8),
        ("turn=first", 0.41, 0.01, -0.1, 0.12),
        ("ambiguous=1", 1.4, 0.9, 0.7, 1.1),
        ("words=1-3", 0.3, -0.1, -0.2, -0.05),
    ]
    table = pd.DataFrame(rows, columns=["slice", "error", "change", "low", "high"])
    return table.assign(variant="off", n=10, mean_abs_shift=0.1, **more)


def test_slices_stand_in_the_order_of_their_change_with_null_ones_pale() -> None:
    rows = slice_changes(changes(), "off")
    assert rows["slice"].tolist() == ["all", "ambiguous=1", "turn=first", "words=1-3"]
    titles = slice_titles(rows["slice"])
    (dots,) = slice_change_figure(rows, titles, "change").data
    assert list(dots.marker.opacity) == [1, 1, 0.4, 1]
    assert dots.y[2] == "first turns (n = 10)"
    assert dots.error_x.array[1] == np.float64(1.1) - 0.9
    assert "no clear difference" in dots.text[2]
    assert "no clear difference" not in dots.text[1]


def test_findings_name_null_results() -> None:
    rows = slice_changes(changes(), "off")
    assert "first turns" in null_sentence(rows) and "ambiguous" not in null_sentence(rows)
    assert null_sentence(slice_changes(changes().assign(low=0.1), "off")[:1]) == ""
    assert "No part" in slices_finding(rows[:1])


def test_no_interval_is_null_and_draws_none() -> None:
    rows = slice_changes(changes().assign(low=np.nan, high=np.nan), "off")
    assert not rows["sure"].any()
    (dots,) = slice_change_figure(rows, slice_titles(rows["slice"]), "change").data
    assert list(dots.error_x.array) == [0, 0, 0, 0]


def test_attention_is_stacked_and_unknown_speakers_left_out_where_there_are_none() -> None:
    table = pd.DataFrame(
        {
            "variant": ["trained", "off"], "target": [0.6, 0.2], "same_speaker": [0.3, 0.2],
            "other_speakers": [0.1, 0.6], "unknown_speakers": 0.0, "total_variation": [0, 0.5],
        }
    )  # fmt: skip
    names = {"trained": "as trained", "off": "no identity"}
    bars = attended_figure(table, names).data
    assert [bar.name for bar in bars] == ["the target", "same speaker", "other speakers"]
    assert list(bars[2].x) == [0.1, 0.6]
    assert all(word in attended_finding(table, names) for word in ("no identity", "50%"))
    still = table.assign(total_variation=0.0)
    assert "no identity" not in attended_finding(still, names)


def test_slices_in_words_fall_back_to_their_columns() -> None:
    names = ["turn=reply", "ambiguous=0", "ambiguous=1"]
    assert slice_titles(names)["turn=reply"] == "replies to another speaker"
    assert slice_contents(names)["ambiguous=0"] == "utterances that are not ambiguous"


def changed() -> pd.DataFrame:
    rows = [
        ("all", "trained", 0.4, 0.0, 0.0, 0.0),
        ("all", "off", 0.9, 0.5, 0.3, 0.8),
        ("all", "no_role", 0.41, 0.01, -0.1, 0.12),
    ]
    columns = ["slice", "variant", "error", "change", "low", "high"]
    return pd.DataFrame(rows, columns=columns).assign(mean_abs_shift=0.1, n=10)


def test_the_interval_is_that_of_the_change_around_the_error() -> None:
    variants = {"trained": "as trained", "off": "no identity", "no_role": "no role"}
    figure = effect_figure(changed(), {"all": "all (n = 10)"}, variants, "error")
    (dots,) = figure.data
    assert list(dots.x) == [0.4, 0.9, 0.41]
    assert dots.error_x.array[1] == pytest.approx(0.3)
    assert dots.error_x.arrayminus[1] == pytest.approx(0.2)
    assert figure.layout.shapes[0].x0 == pytest.approx(0.4)  # the model as trained
    low, high = figure.layout.xaxis.range
    assert 0 <= low < 0.3  # 0.4 - 0.1, where the lowest interval begins
    assert 1.2 < high < 1.4


def test_what_may_be_chance_is_pale() -> None:
    variants = {"trained": "as trained", "off": "no identity", "no_role": "no role"}
    (dots,) = effect_figure(changed(), {"all": "all"}, variants, "error").data
    assert list(dots.marker.opacity) == [1, 1, 0.4]


def test_no_interval_is_drawn_where_there_is_none() -> None:
    table = changed().assign(low=np.nan, high=np.nan)
    (dots,) = effect_figure(table, {"all": "all"}, {"off": "no identity"}, "error").data
    assert list(dots.error_x.array) == [0]
    assert np.isfinite(dots.error_x.arrayminus).all()
