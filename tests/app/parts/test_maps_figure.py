"""The maps of a message as a figure of a report."""

import numpy as np
import pytest

from app.parts.maps import Axes, Marks, Panel, maps_message, plane, plane_ticks, utterance_words
from app.parts.maps_figure import maps_figure
from app.parts.style import FADED, modality_colour
from tests.app.parts.test_maps import N, frame, marks, places  # noqa: F401


def drawn(frame, dimensions=2, **more):  # noqa: F811
    words = utterance_words(frame)
    return maps_figure(maps_message(places(dimensions), words, marks(frame, **more), key=True))


def test_every_point_is_on_every_map_where_the_page_shows_it(frame):  # noqa: F811
    figure = drawn(frame)
    held = places()
    assert [len(trace.x) for trace in figure.data] == [N] * 4
    for trace, panel in zip(figure.data, held.panels, strict=True):
        points = np.frombuffer(held.buffers[panel.points], np.uint16).reshape(-1, 2)
        assert (np.column_stack([trace.x, trace.y]) == points).all()
        assert trace.marker.color == panel.hue
        assert (trace.marker.symbol == "circle-open") == panel.ring
    titles = [a.text for a in figure.layout.annotations]
    assert titles[0].startswith("<b>z text</b>") and "trust 0.91" in titles[0]
    assert figure.data[0].marker.color == modality_colour("text", ["text", "audio"])


def test_colours_and_the_selection_are_those_of_the_page(frame):  # noqa: F811
    scaled = drawn(frame, by="label", selected=[1, 2]).data[0].marker
    assert len(set(scaled.color)) > 10
    assert scaled.opacity[1] == 1 and scaled.opacity[3] == FADED
    named = drawn(frame, by="topic").data[0].marker
    assert named.color[0] == named.color[3] != named.color[1]


@pytest.mark.parametrize("by", ["modality", "label"])
def test_three_dimensions(frame, by):  # noqa: F811
    figure = drawn(frame, dimensions=3, by=by)
    assert {trace.type for trace in figure.data} == {"scatter3d"}
    assert len({trace.scene for trace in figure.data}) == 4


def test_axes_of_a_quantity_are_written_out():
    axes = Axes("<first>", "second", plane_ticks(-1, 1))
    panel = Panel("x", "", "#000000", "x", axes=axes)
    places = plane(np.array([-1.0, 0.0]), np.array([0.0, 1.0]), panel, -1, 1)
    words = b"a\x1f\x1f\x1f\nb\x1f\x1f\x1f"
    marks = Marks([], 0, None, np.ones(2, bool), [], "modality", None)
    figure = maps_figure(maps_message(places, words, marks, key=False))
    (trace,) = figure.data
    at = dict(zip(figure.layout.xaxis.ticktext, figure.layout.xaxis.tickvals, strict=True))
    assert list(trace.x) == pytest.approx([at["−1"], at["0"]], abs=1)
    assert list(trace.y) == pytest.approx([at["0"], at["1"]], abs=1)
    assert figure.layout.xaxis.title.text == "&lt;first&gt;"
    assert figure.layout.yaxis.showticklabels
