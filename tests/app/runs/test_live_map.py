from __future__ import annotations

import numpy as np
import pandas as pd

from app.parts.colouring import colouring
from app.runs.live_map import hover_words, map_title, run_map
from mmmie.corpus import Label


def test_points_keep_their_axes_and_trail_to_where_they_were() -> None:
    now, before = np.array([[1.0, 2.0], [3.0, 4.0]]), np.zeros((2, 2))
    drawn = run_map(now, before, 5.0, None, ["a", "b"])
    assert tuple(drawn.layout.xaxis.range) == (-5, 5)
    assert list(drawn.data[1].x) == [1, 3]
    np.testing.assert_equal(np.array(drawn.data[0].y), [0, 2, np.nan, 0, 4, np.nan])
    assert not len(run_map(now, None, 5.0, None, ["a", "b"]).data[0].x)


def test_classes_are_named() -> None:
    sample = pd.DataFrame({"label": ["joy", "anger"]})
    colours = colouring(
        sample, "label", Label("emotion", "classification", classes=("joy", "anger"))
    )
    drawn = run_map(np.zeros((2, 2)), None, 1.0, colours, ["a", "b"])
    assert {t.name for t in drawn.data[2:]} == {"joy", "anger"}


def test_text_of_a_corpus_is_text() -> None:
    sample = pd.DataFrame({"label": [0.5], "transcript": ["<b>loud</b>"]})
    assert hover_words(["<i>"], sample) == ["<b>&lt;i&gt;</b>, 0.50<br>&lt;b&gt;loud&lt;/b&gt;"]
    assert hover_words(["a"], None) == ["<b>a</b>"]


def test_the_title_is_what_the_map_shows() -> None:
    title = map_title((1, 9), (0.123, 0.8))
    assert title == "The map explains 80% of the label after epoch 9, 12% after epoch 1"
    assert map_title((1, 1), (0.1, 0.1)) == "After epoch 1 the map explains 10% of the label"
    assert map_title((1, 3), (float("nan"), float("nan"))) == "The fused codes after epoch 3"
