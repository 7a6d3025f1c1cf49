"""The maps that move."""

import numpy as np
import pandas as pd

from app.views.colouring import colouring
from app.views.epochs import epoch_maps
from app.views.style import modality_colour
from mmmie.corpus import Label


def test_a_frame_an_epoch_moves_every_trace():
    random = np.random.default_rng(0)
    epochs = [1, 2, 5]
    invariant = {m: random.normal(size=(3, 8, 2)) for m in ("text", "audio")}
    fused = random.normal(size=(3, 8, 2)) + 4
    frame = pd.DataFrame({"label": np.linspace(-3, 3, 8)})
    colours = colouring(frame, "label", Label("s", "regression", range=(-3.0, 3.0)))
    figure = epoch_maps(epochs, invariant, fused, colours, [f"u{i}" for i in range(8)])
    assert [f.name for f in figure.frames] == ["1", "2", "5"]
    assert [s.label for s in figure.layout.sliders[0].steps] == ["1", "2", "5"]
    assert figure.layout.sliders[0].active == 2
    for e, animated in enumerate(figure.frames):
        assert tuple(animated.traces) == (0, 1, 2)
        expected = [invariant["text"][e], invariant["audio"][e], fused[e]]
        for trace, points in zip(animated.data, expected, strict=True):
            assert np.allclose(np.stack([trace.x, trace.y], 1), points)
    assert figure.data[1].marker.color == modality_colour("audio", ["text", "audio"])
    assert np.allclose(figure.data[2].x, fused[-1, :, 0])
    low, high = figure.layout.xaxis2.range
    assert low <= fused[..., 0].min() and high >= fused[..., 0].max()
