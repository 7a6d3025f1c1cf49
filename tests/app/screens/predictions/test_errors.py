"""Which of very many utterances a figure draws."""

from __future__ import annotations

import numpy as np

from app.screens.predictions.errors import thinned, thinned_words


def test_of_many_utterances_a_fixed_sample_is_drawn_and_what_must_be_there() -> None:
    assert thinned(500, [3]).tolist() == list(range(500))
    rows = thinned(50_000, [3, 49_999])
    assert 6000 <= len(rows) <= 6002 and {3, 49_999} <= set(rows.tolist())
    assert (np.diff(rows) > 0).all()
    assert (thinned(50_000, [3, 49_999]) == rows).all()


def test_the_caption_says_so() -> None:
    assert thinned_words(6001, 9723) == ", of which 6,001 are drawn, a fixed random sample"
    assert thinned_words(83, 83) == ""
