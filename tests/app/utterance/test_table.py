from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
import re2

from app.utterance.table import Filters, filtered, flag_columns, largest_error
from mmmie.corpus import Corpus, Label

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
    ("search", "ids"),
    [
        ("yeah", ["a1", "a2"]),
        (" right. ", ["a1"]),
        ("^yeah", []),
        ("(then)", ["b2"]),
        ("((", []),
        ("ann", ["a1", "b2"]),
        ("/^yeah/", ["a1"]),
        ("/b[12]/", ["b1", "b2"]),
        (r"/\(then\)/", ["b2"]),
        ("/nan|none/", []),
        ("//", []),
    ],
)
def test_words_and_expressions_are_searched_in_transcript_speaker_and_id(
    search: str, ids: list[str]
) -> None:
    assert found(search=search) == ids


@pytest.mark.parametrize("search", ["/((/", "/a{5000}/", r"/(a)\1/"])
def test_a_broken_expression_is_told(search: str) -> None:
    with pytest.raises(re2.error):
        found(search=search)


@pytest.mark.parametrize("search", [r"/(\w+\s?)*!$/", "/(a+)+$/", "/(a|aa)*b/", "/(.*)*x{200}/"])
def test_no_expression_takes_long(search: str) -> None:
    frame = pd.DataFrame({"transcript": ["a" * 2000 + " " + "word " * 200] * 100})
    started = time.process_time()
    filtered(frame, Filters(search=search))
    assert time.process_time() - started < 2


def test_filters_join() -> None:
    assert found(labels=(-1, 3)) == ["a2", "b1", "b2"]
    assert found(errors=(0.5, 1.0)) == ["a2", "b1"]
    assert found(flags=("ambiguous",)) == ["a1", "b2"]
    assert found(ids=("b2", "a1", "gone")) == ["a1", "b2"]
    assert found(labels=(-1, 3), flags=("ambiguous",), search="ann") == ["b2"]
    assert found(classes=(1.0,)) == ["b1"]


def test_flags_are_columns_of_zero_and_one(make_corpus: Callable[..., Corpus]) -> None:
    corpus = make_corpus()
    n = len(corpus)
    corpus.utterances["ambiguous"] = [i % 2 for i in range(n)]
    corpus.utterances["season"] = [i % 3 for i in range(n)]
    corpus.utterances["always"] = 1
    assert flag_columns(corpus) == ["ambiguous"]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({}, ""),
        ({"labels": (-np.inf, 2.0)}, ", filtered: label up to 2"),
        ({"errors": (0.5, np.inf)}, ", filtered: error from 0.5"),
        ({"errors": (0.5, 1.0), "flags": ("very_hard",)},
         ", filtered: error from 0.5 to 1, very hard"),
        ({"classes": ("no", "yes"), "ids": ("a",)}, ", filtered: no or yes, selected"),
    ],
)  # fmt: skip
def test_filters_that_cannot_be_seen_are_named(options: dict[str, object], words: str) -> None:
    assert Filters(**options).words == words  # type: ignore[arg-type]


def test_the_scale_of_errors_holds_them_all() -> None:
    number, classes = Label("score", "regression"), Label("c", "classification", classes=("a", "b"))
    for errors in ([0.003, 0.011], [1.0], [4.9, 0.1], [51.0], [0.0]):
        most = largest_error(number, np.array(errors))
        assert max(errors) <= most <= max(2.5 * max(errors), 1e-8)
    assert largest_error(classes, np.array([0.2])) == 1
