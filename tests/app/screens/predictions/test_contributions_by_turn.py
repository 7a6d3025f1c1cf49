"""What modalities add, turn by turn."""

import numpy as np
import pandas as pd

from app.parts.style import modality_colour
from app.screens.predictions.contributions_by_turn import turns_figure, turns_finding

TURNS = pd.DataFrame({"id": ["a", "b", "c"], "position": [0, 1, 2]})
VALUES = np.array([[0.5, -0.2], [0.1, 0.9], [-0.3, -1.6]])


def test_bars_hold_the_values_and_the_turn_that_is_looked_at_is_marked():
    figure = turns_figure(TURNS, VALUES, ["text", "audio"], "b", "sentiment")
    assert [trace.name for trace in figure.data] == ["text", "audio"]
    for m, trace in enumerate(figure.data):
        assert np.allclose(trace.y, VALUES[:, m]) and list(trace.x) == [1, 2, 3]
        assert trace.marker.color == modality_colour(trace.name, ["text", "audio"])
        assert list(trace.customdata) == ["a", "b", "c"]
    assert figure.layout.barmode == "relative"
    (mark,) = figure.layout.shapes
    assert (mark.x0, mark.x1) == (1.5, 2.5)


def test_a_turn_alone_does_not_fill_the_page():
    turns = pd.DataFrame({"id": ["c_0"], "position": [0]})
    axis = turns_figure(turns, np.array([[0.5]]), ["text"], "c_0", "sentiment").layout.xaxis
    assert axis.range[0] < -1 and axis.range[1] > 3 and list(axis.tickvals) == [1]


def test_the_finding_names_the_modality_that_moves_most_and_its_turn():
    said = turns_finding(TURNS, VALUES, ["text", "audio"], "c7")
    assert said == "In conversation c7 audio moves predictions most: 0.9 a turn, −1.6 at turn 3"
