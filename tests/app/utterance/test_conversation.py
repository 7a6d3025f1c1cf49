from __future__ import annotations

import numpy as np

from app.utterance.conversation import hover_text, label_limits
from mmmie.corpus import Label
from tests.app.turns import CLASSES, NUMBER, turns


def test_hover_is_text_not_markup() -> None:
    frame = turns([0.0], [0.0], ["<b>Ann</b>"]).assign(transcript="<script>x</script>")
    (hover,) = hover_text(frame)
    assert "<script>" not in hover
    assert "&lt;b&gt;Ann&lt;/b&gt;" in hover


def test_a_missing_speaker_is_said_to_be_unknown() -> None:
    frame = turns([0.0, 0.0], [0.0, 0.0], ["Ann", None])
    assert "unknown speaker" in hover_text(frame)[1]
    assert "unknown speaker" in hover_text(frame.drop(columns="speaker"))[0]


def test_limits_come_from_the_corpus() -> None:
    assert label_limits(NUMBER, np.array([9.0])) == (-3, 3)
    assert label_limits(CLASSES, np.array(["a"])) == (0, 1)
    free = Label("score", "regression")
    assert label_limits(free, np.array([1.0, 4.0])) == (1, 4)
    assert label_limits(free, np.array([2.0])) == (1.5, 2.5)
