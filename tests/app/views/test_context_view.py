from __future__ import annotations

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import pytest

from app.views.context import (
    attention_figure,
    class_prediction_figure,
    effect_figure,
    prediction_figure,
)
from app.views.style import modality_colour
from mmmie.corpus import Label


def shares(values: list[list[float]]) -> pd.DataFrame:
    return pd.DataFrame(
        [
            {"offset": place - 1, "modality": name, "share": share}
            for place, row in enumerate(values)
            for name, share in zip(["text", "audio"], row, strict=True)
        ]
    )


def test_attention_is_stacked_by_modality_in_its_hue() -> None:
    tables = {"as trained": shares([[0.1, 0.2], [0.3, 0.4]]), "off": shares([[0.5, 0], [0, 0.5]])}
    figure = attention_figure(tables, {-1: "-1  Ann", 0: "target  Bo"}, ["text", "audio"])
    bars = figure.data
    assert [b.name for b in bars] == ["text", "audio"] * 2
    assert list(bars[0].x) == [0.1, 0.3]
    assert list(bars[3].x) == [0, 0.5]
    assert bars[1].marker.color == modality_colour("audio", ["text", "audio"])
    assert [b.showlegend for b in bars] == [True, True, False, False]
    assert figure.layout.xaxis.range == figure.layout.xaxis2.range  # panels can be compared
    assert list(figure.layout.yaxis.categoryarray) == ["target  Bo", "-1  Ann"]  # past on top


def test_predictions_stand_against_one_truth() -> None:
    label = Label("sentiment", "regression", range=(-3.0, 3.0))
    figure = prediction_figure({"as trained": 1.0, "off": 4.0}, 0.5, label, (-3, 3))
    line, truth, prediction = figure.data
    assert list(truth.x) == [0.5, 0.5]
    assert list(prediction.x) == [1, 4]
    assert list(line.x) == [0.5, 1, None, 0.5, 4, None]
    assert figure.layout.xaxis.range[0] < -3
    assert figure.layout.xaxis.range[1] > 4  # a prediction outside the range is not cut off


def test_the_true_class_is_outlined() -> None:
    values = {"as trained": np.array([0.2, 0.8]), "off": np.array([0.6, 0.4])}
    figure = class_prediction_figure(values, "yes", ["no", "yes"])
    no, yes = figure.data
    assert (list(no.x), list(yes.x)) == ([0.2, 0.6], [0.8, 0.4])
    assert yes.marker.line.width > no.marker.line.width == 0
    assert yes.name == "yes (truth)"


def test_the_legend_of_many_classes_has_room_above_the_bars() -> None:
    def figure(count: int) -> go.Figure:
        classes = [f"class {i}" for i in range(count)]
        return class_prediction_figure({"as it is": np.ones(count) / count}, "class 0", classes)

    few, many = figure(3).layout, figure(6).layout
    assert many.margin.t - few.margin.t == many.height - few.height == 20


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
