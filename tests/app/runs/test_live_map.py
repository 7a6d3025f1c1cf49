from __future__ import annotations

import numpy as np
import pandas as pd

from app.runs.live_map import map_title, run_places, run_words


def test_points_keep_their_axes_and_lines_lead_from_where_they_were() -> None:
    now, before = np.array([[-5.0, 0.0], [5.0, 2.5]]), np.zeros((2, 2))
    places = run_places(now, before, 5.0)
    (panel,) = places.panels
    sent = np.frombuffer(places.buffers[panel.points], "<u2").reshape(2, 2) / 65535
    np.testing.assert_allclose(sent, [[0, 0.5], [1, 0.75]], atol=1e-4)
    then = np.frombuffer(places.buffers[panel.before], "<u2").reshape(2, 2) / 65535
    np.testing.assert_allclose(then, 0.5, atol=1e-4)
    assert places.square and not run_places(now, None, 5.0).panels[0].before


def test_what_is_said_of_an_utterance() -> None:
    sample = pd.DataFrame({"id": ["<i>"], "label": [0.5], "transcript": ["<b>loud</b>"]})
    assert run_words(["<i>"], sample).decode().split("\x1f") == [
        *("<i>", "", "<b>loud</b>", "label 0.50")
    ]
    assert run_words(["a"], None).decode().split("\x1f")[0] == "a"


def test_the_title_is_what_the_map_shows() -> None:
    title = map_title((1, 9), (0.123, 0.8))
    assert title == "The map explains 80% of the label after epoch 9, 12% after epoch 1"
    assert map_title((1, 1), (0.1, 0.1)) == "After epoch 1 the map explains 10% of the label"
    assert map_title((1, 3), (float("nan"), float("nan"))) == "The fused codes after epoch 3"
