"""A question comes back from its address, and an address that asks something else says so."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mmmie.analysis.ask.preset_questions import INTERVENTIONS, PRESETS, TRAINED
from mmmie.analysis.ask.question import (
    FEATURES_FIELD,
    TERMS,
    WINDOW_FIELDS,
    ChannelEdit,
    Question,
    question_of,
)
from mmmie.errors import InputError

OFFSETS = st.integers(-99, 99).filter(bool)
NAMES = st.text(min_size=1, max_size=9)
UNHURRIED = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
NUMBERS = st.floats(allow_nan=False, allow_infinity=False)


@st.composite
def questions(draw: st.DrawFn) -> Question:
    relations = draw(st.dictionaries(OFFSETS, st.integers(0, 2), max_size=4))
    off = draw(st.sets(st.sampled_from(TERMS)))
    question = Question(
        terms_off=tuple(term for term in TERMS if term in off),
        relabel=tuple(sorted(relations.items())),
        swap=draw(st.booleans()),
        hidden=tuple(sorted(draw(st.sets(OFFSETS, max_size=4)))),
        alone=draw(st.booleans()),
        shuffle=draw(st.none() | st.integers(0, 10**9)),
        missing=tuple(draw(st.lists(NAMES, max_size=2))),
        missing_rate=draw(st.just(0.0) | st.floats(0, 1)),
        noise=tuple(draw(st.lists(st.tuples(NAMES, NUMBERS), max_size=2))),
        channels=tuple(
            draw(
                st.lists(
                    st.builds(ChannelEdit, NAMES, st.integers(0, 999), NUMBERS, NUMBERS), max_size=2
                )
            )
        ),
        transcript=draw(st.none() | st.text(max_size=30)),
    )
    if not (question.missing or question.missing_rate or question.edits_features):
        return question  # there is no noise to have a seed, and nothing missing anywhere
    everywhere, seed = draw(st.booleans()), draw(st.integers(0, 9999))
    return Question(**{**vars(question), "everywhere": everywhere, "seed": seed})


@UNHURRIED
@given(questions())
def test_a_question_comes_back_from_its_address(question: Question) -> None:
    assert question_of(question.address) == question
    assert set(question.address) <= {*WINDOW_FIELDS, FEATURES_FIELD}
    assert all(question.address.values()) and bool(question) == bool(question.address)


@UNHURRIED
@given(questions(), st.dictionaries(st.text(max_size=9), st.text(max_size=9), max_size=4))
def test_other_words_of_an_address_change_nothing(
    question: Question, other: dict[str, str]
) -> None:
    words = {key: text for key, text in other.items() if key not in question.address}
    for key in (*WINDOW_FIELDS, FEATURES_FIELD):
        words.pop(key, None)
    assert question_of({**words, **question.address}) == question
    assert not question_of(words)


def test_addresses_of_before_ask_what_they_asked() -> None:
    assert question_of({"hidden": "3,-1,3", "terms_off": "modality,role"}) == Question(
        hidden=(-1, 3), terms_off=("role", "modality")
    )
    assert question_of({"relabel": "-2:other,1:same", "shuffle": "7"}) == Question(
        relabel=((-2, 1), (1, 0)), shuffle=7
    )
    text = "hide=a+b&noise=1.25+text&channel=-0.5+2+3+my+face&say=Yes+%26+no&everywhere=1&seed=7"
    assert question_of({"what_if": text}) == Question(
        missing=("a b",),
        noise=(("text", 1.25),),
        channels=(ChannelEdit("my face", 3, -0.5, 2.0),),
        transcript="Yes & no",
        everywhere=True,
        seed=7,
    )
    assert question_of({"what_if": text}).address == {"what_if": text}


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"relabel": "2:mine"}, "'2:mine'"),
        ({"relabel": "x:same"}, "'x'"),
        ({"relabel": "0:other"}, "the target"),
        ({"terms_off": "tone"}, "'tone'"),
        ({"hidden": "one"}, "'one'"),
        ({"shuffle": "1,2"}, "one whole number"),
        ({"what_if": "hid=text"}, "remove it"),
        ({"what_if": "noise=much+text"}, "remove it"),
        ({"what_if": "noise=1"}, "remove it"),
        ({"what_if": "channel=1+1+x+a"}, "remove it"),
        ({"what_if": "a=1"}, "remove it"),
    ],
)
def test_an_address_that_asks_something_else_is_refused(fields: dict[str, str], said: str) -> None:
    with pytest.raises(InputError, match=said):
        question_of(fields)


def test_parts_are_single_changes_that_make_up_the_whole() -> None:
    whole = Question(
        missing=("text", "a b"),
        noise=(("audio", 1.25),),
        channels=(ChannelEdit("face", 3, -0.5, 2.0), ChannelEdit("text", 0, 30.0)),
        transcript="Yes",
        everywhere=True,
        seed=7,
    )
    assert len(whole.parts) == 6
    assert all(len(part.parts) == 1 for part in whole.parts)
    assert all((part.seed, part.everywhere) == (7, True) for part in whole.parts)
    assert not ChannelEdit("text", 0) and ChannelEdit("text", 0, stretch=0.0)
    assert not Question(seed=3, everywhere=True) and not Question().parts


def test_presets_are_questions_of_their_own() -> None:
    assert not PRESETS[TRAINED].question and all(PRESETS[n].question for n in INTERVENTIONS)
    assert len({preset.question for preset in PRESETS.values()}) == len(PRESETS) == 8
    assert len({preset.short for preset in PRESETS.values()}) == len(PRESETS)
