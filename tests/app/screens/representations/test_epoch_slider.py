"""The maps that move."""

import numpy as np
import pandas as pd
import pytest

from app.parts.colouring import colouring
from app.parts.style import FADED, modality_colour
from app.screens.representations.epoch_slider import Sample, Trail, epoch_maps
from mmmie.corpus import Label

EPOCHS = [1, 2, 5]
N = 8


@pytest.fixture
def invariant():
    random = np.random.default_rng(0)
    return {m: random.normal(size=(3, N, 2)) for m in ("text", "audio")}


def sample(**more):
    return Sample([f"u{i}" for i in range(N)], np.ones(N, bool), **more)


def trail(ring=False):
    points = np.random.default_rng(1).normal(size=(3, N, 2)) + 4
    return Trail("s text" if ring else "fused", points, "#123456", ring)


def by_label():
    frame = pd.DataFrame({"label": np.linspace(-3, 3, N)})
    return colouring(frame, "label", Label("s", "regression", range=(-3.0, 3.0)))


def test_a_frame_an_epoch_moves_every_trace(invariant):
    fused = trail()
    figure = epoch_maps(EPOCHS, invariant, fused, by_label(), sample())
    assert [f.name for f in figure.frames] == ["1", "2", "5"]
    assert [s.label for s in figure.layout.sliders[0].steps] == ["1", "2", "5"]
    assert figure.layout.sliders[0].active == 2
    for e, animated in enumerate(figure.frames):
        assert tuple(animated.traces) == (0, 1, 2)
        expected = [invariant["text"][e], invariant["audio"][e], fused.points[e]]
        for trace, points in zip(animated.data, expected, strict=True):
            assert np.allclose(np.stack([trace.x, trace.y], 1), points)
    assert figure.data[1].marker.color == modality_colour("audio", ["text", "audio"])
    assert np.allclose(figure.data[2].x, fused.points[-1, :, 0])
    low, high = figure.layout.xaxis2.range
    assert low <= fused.points[..., 0].min() and high >= fused.points[..., 0].max()


def test_primary_and_pinned_move_along_as_ring_and_square(invariant):
    fused = trail()
    figure = epoch_maps(EPOCHS, invariant, fused, by_label(), sample(primary=3, pinned=5))
    marks = [(i, t) for i, t in enumerate(figure.data) if t.hoverinfo == "skip"]
    assert {t.marker.symbol for _, t in marks} == {"square-open", "circle-open"}
    ring_on_fused = next(
        i for i, t in marks if t.marker.symbol == "circle-open" and t.xaxis == "x2"
    )
    assert np.allclose(figure.frames[0].data[ring_on_fused].x, fused.points[0, 3, 0])
    square_on_z = next(i for i, t in marks if t.marker.symbol == "square-open" and t.xaxis == "x")
    expected = [invariant[m][1, 5, 1] for m in ("text", "audio")]
    assert np.allclose(figure.frames[1].data[square_on_z].y, expected)


def test_the_slice_fades_the_rest_and_a_specific_code_is_rings_of_its_hue(invariant):
    who = sample()
    who.within[2] = False
    figure = epoch_maps(EPOCHS, invariant, trail(ring=True), None, who)
    opacity = figure.data[2].marker.opacity
    assert opacity[2] == FADED and opacity[1] > 0.5
    assert (figure.data[2].marker.color, figure.data[2].marker.symbol) == ("#123456", "circle-open")
