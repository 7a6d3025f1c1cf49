"""A figure with its caption, explanation and data, and what is read from a selection."""

import pytest
from streamlit.testing.v1 import AppTest

from app.parts.figures import selected_ids


def script():
    import pandas as pd
    import plotly.graph_objects as go

    from app.parts.figures import figure

    figure(
        go.Figure(go.Scatter(x=[1], y=[2])),
        key="one",
        caption="12 utterances.",
        explanation="Every dot is **one**.",
        data=pd.DataFrame({"x": [1]}),
        alt="A dot.",
    )


def test_a_figure_has_all_that_belongs_to_it():
    app = AppTest.from_function(script).run(timeout=60)
    assert not app.exception
    assert [c.value for c in app.caption] == ["12 utterances."]
    assert [m.value for m in app.markdown] == ["Every dot is **one**."]
    assert len(app.get("download_button")) == 1 and len(app.get("plotly_chart")) == 1


@pytest.mark.parametrize(
    ("event", "ids"),
    [
        ({"selection": {"points": [{"customdata": "a"}, {"customdata": ["b", 1]}]}}, ["a", "b"]),
        ({"selection": {"points": [{"customdata": {"0": "c"}}, {"x": 1}]}}, ["c"]),
        ({"selection": {"points": [{"customdata": ["a"]}, {"customdata": ["a"]}]}}, ["a"]),
        ({"selection": {"points": []}}, []),
        (None, []),
    ],
)
def test_ids_come_from_customdata(monkeypatch, event, ids):
    import streamlit as st

    monkeypatch.setattr(st, "session_state", {"map": event})
    assert selected_ids("map") == ids
