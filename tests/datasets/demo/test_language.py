"""Words of the demo corpus and their features."""

from __future__ import annotations

import re

import numpy as np
import pytest

from mmmie.datasets.demo.language import (
    EXPRESSED,
    GRADED,
    REPLIES,
    TEMPLATES,
    TEXT_CHANNELS,
    encode_text,
    graded_words,
    split_words,
    write,
)
from mmmie.datasets.demo.latents import LEVEL_EDGES, LEVEL_MEANS, LEVELS, level_of


def test_levels_cut_a_standard_normal() -> None:
    x = np.random.default_rng(0).standard_normal(200_000)
    level = level_of(x)
    assert set(level) == set(range(LEVELS))
    assert ((LEVEL_EDGES[level] <= x) & (x <= LEVEL_EDGES[level + 1])).all()
    means = np.array([x[level == k].mean() for k in range(LEVELS)])
    np.testing.assert_allclose(LEVEL_MEANS, means, atol=0.03)


def test_every_graded_word_stands_for_one_level_of_one_factor() -> None:
    assert set(GRADED) == set(EXPRESSED)
    words = [
        (split_words(phrase)[-1][0], name, level)
        for name, phrases in [*GRADED.items(), ("formality", REPLIES)]
        for level, alternatives in enumerate(phrases)
        for phrase in alternatives.split("|")
    ]
    assert all(len(phrases) == LEVELS for phrases in (*GRADED.values(), REPLIES))
    meanings: dict[str, set[tuple[str, int]]] = {}
    for word, name, level in words:
        meanings.setdefault(word, set()).add((name, level))
    assert {word for word, meant in meanings.items() if len(meant) > 1} == set()
    assert graded_words() == {word: meant.pop() for word, meant in meanings.items()}


def test_other_words_have_no_grade() -> None:
    for template in TEMPLATES:
        assert sorted(re.findall(r"{(\w+)}", template)) == sorted(EXPRESSED)
        fixed = {word for word, _ in split_words(re.sub(r"{\w+}", "", template))}
        assert not fixed & set(graded_words())
    phrases = [p for levels in (*GRADED.values(), REPLIES) for p in "|".join(levels).split("|")]
    for phrase in phrases:
        assert not {word for word, _ in split_words(phrase)[:-1]} & set(graded_words()), phrase


def test_written_sentences_tell_the_levels() -> None:
    rng = np.random.default_rng(1)
    latents = 1.3 * rng.standard_normal((400, 8))
    ambiguous = rng.random(400) < 0.2
    for row, transcript in enumerate(write(rng, latents, ambiguous)):
        words = [word for word, _ in split_words(transcript)]
        told = {graded_words()[word] for word in words if word in graded_words()}
        meant = set(zip(EXPRESSED, level_of(latents[row]).tolist(), strict=True))
        assert told == ({m for m in meant if m[0] == "formality"} if ambiguous[row] else meant)
        assert (len(words) <= 3) if ambiguous[row] else (8 <= len(words) <= 16)
        assert transcript[0].isupper() and transcript[-1] in ".!?"


def test_features_of_any_text() -> None:
    assert len(TEXT_CHANNELS) == len(set(TEXT_CHANNELS)) == 32
    features = encode_text("A zebra, truly wonderful?!")
    assert features.shape == (4, 32) and features.dtype == np.float32
    assert features[:, 0].tolist() == [1, 5, 5, 9]
    assert features[:, 1:3].tolist() == [[0, 0], [0, 0], [0, 0], [1, 1]]
    assert np.isfinite(features).all() and features[1, 3:].any()


@pytest.mark.parametrize("text", ["", "  ", "…", "?!"])
def test_no_words_are_one_row_of_zeros(text: str) -> None:
    features = encode_text(text)
    assert features.shape == (1, 32) and features.dtype == np.float32 and not features.any()


def test_a_word_is_itself_wherever_it_stands() -> None:
    alone, within = encode_text("lovely"), encode_text('He said: "LOVELY", twice.')
    np.testing.assert_array_equal(alone[0], within[2])
    marked = encode_text("lovely!")
    np.testing.assert_array_equal(alone[0, 2:], marked[0, 2:])
    assert not np.array_equal(encode_text("zebra"), encode_text("tiger"))


def test_features_do_not_depend_on_the_process() -> None:
    # Pinned, so that shipped checkpoints go on meaning what they meant.
    np.testing.assert_allclose(
        encode_text("zebra")[0, 3:6], [-0.059219, 0.145208, -0.045053], atol=1e-6
    )


@pytest.mark.parametrize("factor", EXPRESSED)
def test_words_of_a_factor_lie_in_order_along_its_direction(factor: str) -> None:
    # No other direction is known to the test: the difference of the extremes gives it.
    vectors = [encode_text(level.split("|")[0])[-1, 3:] for level in GRADED[factor]]
    direction = vectors[-1] - vectors[0]
    along = [float(vector @ direction / (direction @ direction)) for vector in vectors]
    assert np.corrcoef(along, LEVEL_MEANS)[0, 1] > 0.97
