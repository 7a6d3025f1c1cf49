from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from app.screens.context_identity.effects_of_interventions import effect_figure


def changes() -> pd.DataFrame:
    rows = [
        ("all", "trained", 0.4, 0.0, 0.0, 0.0),
        ("all", "off", 0.9, 0.5, 0.3, 0.8),
        ("all", "no_role", 0.41, 0.01, -0.1, 0.12),
    ]
    columns = ["slice", "variant", "error", "change", "low", "high"]
    return pd.DataFrame(rows, columns=columns).assign(mean_abs_shift=0.1, n=10)


def test_the_interval_is_that_of_the_change_around_the_error() -> None:
    variants = {"trained": "as trained", "off": "no identity", "no_role": "no role"}
    figure = effect_figure(changes(), {"all": "all (n = 10)"}, variants, "error")
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
    (dots,) = effect_figure(changes(), {"all": "all"}, variants, "error").data
    assert list(dots.marker.opacity) == [1, 1, 0.4]


def test_no_interval_is_drawn_where_there_is_none() -> None:
    table = changes().assign(low=np.nan, high=np.nan)
    (dots,) = effect_figure(table, {"all": "all"}, {"off": "no identity"}, "error").data
    assert list(dots.error_x.array) == [0]
    assert np.isfinite(dots.error_x.arrayminus).all()
