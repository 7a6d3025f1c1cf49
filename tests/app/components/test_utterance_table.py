from __future__ import annotations

import re
from collections.abc import Callable

import pandas as pd
import pytest

from app.components.utterance_table import Filters, filtered, flag_columns
from mmmie.corpus import Corpus

FRAME = pd.DataFrame(
    {
        "id": ["a1", "a2", "b1", "b2"],
        "transcript": ["Yeah, right.", "Oh yeah", None, "fine (then)"],
        "speaker": ["Ann", None, "Bo", "Ann"],
        "label": [-2.0, 0.0, 1.0, 3.0],
        "absolute_error": [0.1, 0.5, 1.0, 2.0],
        "ambiguous": [1, 0, 0, 1],
    }
)


def found(**options: object) -> list[str]:
    return filtered(FRAME, Filters(**options))["id"].tolist()  # type: ignore[arg-type]


def test_without_filters_everything_passes() -> None:
    assert found() == ["a1", "a2", "b1", "b2"]


@pytest.mark.parametrize(
    ("pattern", "ids"),
    [
        ("yeah", ["a1", "a2"]),
        ("^yeah", ["a1"]),
        ("ann", ["a1", "b2"]),
        ("b[12]", ["b1", "b2"]),
        (r"\(then\)", ["b2"]),
        ("nan|none", []),
    ],
)
def test_patterns_search_transcript_speaker_and_id(pattern: str, ids: list[str]) -> None:
    assert found(pattern=pattern) == ids


def test_a_broken_pattern_is_told() -> None:
    with pytest.raises(re.error):
        found(pattern="((")


def test_filters_join() -> None:
    assert found(labels=(-1, 3)) == ["a2", "b1", "b2"]
    assert found(errors=(0.5, 1.0)) == ["a2", "b1"]
    assert found(flags=("ambiguous",)) == ["a1", "b2"]
    assert found(ids=("b2", "a1", "gone")) == ["a1", "b2"]
    assert found(labels=(-1, 3), flags=("ambiguous",), pattern="ann") == ["b2"]
    assert found(classes=(1.0,)) == ["b1"]


def test_flags_are_columns_of_zero_and_one(make_corpus: Callable[..., Corpus]) -> None:
    corpus = make_corpus()
    n = len(corpus)
    corpus.utterances["ambiguous"] = [i % 2 for i in range(n)]
    corpus.utterances["season"] = [i % 3 for i in range(n)]
    corpus.utterances["always"] = 1
    assert flag_columns(corpus) == ["ambiguous"]
