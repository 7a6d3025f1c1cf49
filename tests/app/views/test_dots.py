"""Dot plots."""

import numpy as np
import pandas as pd

from app.views.dots import dot_plot
from app.views.style import ACCENT, NEUTRAL


def rows():
    return pd.DataFrame(
        {
            "label": ["full", "without identity", "without context"],
            "value": [0.3, 0.5, 0.4],
            "low": [0.25, 0.45, np.nan],
            "high": [0.36, 0.56, np.nan],
            "n": [10, 1200, 3],
        }
    )


def test_rows_stand_in_order_with_their_intervals():
    figure = dot_plot(rows(), "MAE, in label units", highlight="full")
    axis = figure.layout.yaxis
    named = dict(zip(axis.tickvals, axis.ticktext, strict=True))
    assert [named[at] for at in sorted(named, reverse=True)] == rows()["label"].tolist()
    others, own = figure.data
    assert (others.marker.color, own.marker.color) == (NEUTRAL, ACCENT)
    assert [named[at] for at in own.y] == ["full"]
    assert np.allclose(own.error_x.array, 0.06) and np.allclose(own.error_x.arrayminus, 0.05)
    assert np.allclose(others.error_x.array, [0.06, 0])  # no interval, no bar
    assert "0.5 [0.45, 0.56]" in others.text[0] and "1,200 utterances" in others.text[0]
    assert others.text[1].splitlines() and "[" not in others.text[1]
    assert figure.layout.xaxis.title.text == "MAE, in label units"


def test_values_alone_and_a_reference_line():
    figure = dot_plot(rows()[["label", "value"]], "errors", reference=0.4, share=True)
    assert figure.layout.shapes[0].x0 == 0.4
    assert figure.layout.xaxis.tickformat == ".0%"
    assert "30.0%" in figure.data[0].text[0]
    assert not dot_plot(rows(), "errors", reference=float("nan")).layout.shapes


def test_names_that_are_alike_once_they_are_cut_have_rows_of_their_own():
    long = rows().assign(label=[f"{'a very long name ' * 9}{i}" for i in range(3)])
    figure = dot_plot(long, "errors")
    assert len(set(figure.layout.yaxis.ticktext)) == 1
    assert sorted(figure.data[0].y) == [0, 1, 2]
