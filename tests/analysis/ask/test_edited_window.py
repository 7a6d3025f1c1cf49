from __future__ import annotations

from dataclasses import replace

import numpy as np

from mmmie.analysis.ask.edited_window import (
    lost_at_random,
    neighbours,
    shown_places,
    spelled_out,
    told_relation,
    told_roles,
)
from mmmie.analysis.ask.question import Question

RELATION = np.array([0, 1, 0, 2])
THERE = np.ones(4, bool)
PAST = 2


def spelled(question: Question) -> Question:
    return spelled_out(question, RELATION, THERE, PAST)


def test_swapping_twice_is_as_before_and_spares_the_target() -> None:
    assert told_relation(Question(swap=True), RELATION[None], PAST).tolist() == [[1, 0, 0, 2]]
    once = spelled(Question(swap=True))
    assert once == Question(relabel=((-2, 1), (-1, 0)))
    assert told_relation(once, RELATION[None], PAST).tolist() == [[1, 0, 0, 2]]
    assert not spelled(replace(once, swap=True))


def test_a_turn_that_is_told_the_truth_is_not_relabelled() -> None:
    assert spelled(Question(relabel=((1, 0),))).relabel == ((1, 0),)
    assert not spelled(Question(relabel=((1, 2), (-1, 1))))
    assert not spelled(Question(relabel=((40, 1),)))  # outside the window


def test_alone_hides_every_neighbour_that_is_there() -> None:
    there = np.array([True, False, True, True])
    assert neighbours(there, PAST) == (-2, 1)
    alone = spelled_out(Question(alone=True), RELATION, there, PAST)
    assert alone == Question(hidden=(-2, 1))
    for question in (alone, Question(alone=True)):
        assert shown_places(question, there[None], PAST).tolist() == [[False, False, True, False]]
    some = Question(hidden=(-2, 9))
    assert shown_places(some, there[None], PAST).tolist() == [[False, False, True, True]]


def test_shuffled_roles_are_those_of_the_neighbours_that_are_there() -> None:
    there = np.tile([False, True, True, True, True], (5, 1))
    names = [f"u{i}" for i in range(5)]
    orders = set()
    for seed in range(5):
        roles = told_roles(Question(shuffle=seed), names, there, PAST)
        assert (roles[:, [0, 2]] == [0, 2]).all()
        assert (np.sort(roles, axis=1) == np.arange(5)).all()
        assert (roles != np.arange(5)).any(1).all()  # at least one is moved
        orders |= {tuple(row) for row in roles}
        for place, name in enumerate(names):  # whichever others are asked about
            alone = told_roles(Question(shuffle=seed), [name], there[:1], PAST)
            assert alone.tolist() == [roles[place].tolist()]
    assert len(orders) > 3
    assert (told_roles(Question(), names, there, PAST) == np.arange(5)).all()
    pair = np.array([[False, True, True, False, False]])
    assert told_roles(Question(shuffle=1), ["u"], pair, PAST).tolist() == [[0, 1, 2, 3, 4]]


def test_modalities_are_lost_at_the_rate_and_the_last_one_stays() -> None:
    present = np.ones((4000, 3), bool)
    present[:500, 2] = False
    present[500] = False
    names = [f"u{i}" for i in range(len(present))]
    before = np.zeros_like(present)
    for rate in (0.0, 0.2, 0.5, 1.0):
        lost = lost_at_random(Question(missing_rate=rate), names, present)
        assert not (lost & ~present).any() and (lost | ~before).all()  # the same and more
        left = present & ~lost
        assert (left.any(1) == present.any(1)).all()
        three = np.arange(len(present)) > 500
        assert abs(lost[three].mean() - (rate - rate**3 / 3)) < 0.015
        before = lost
    assert (left.sum(1)[three] == 1).all()
    half = lost_at_random(Question(missing_rate=0.5), names, present)
    other = lost_at_random(Question(missing_rate=0.5, seed=1), names, present)
    assert 0.3 < (half != other).mean() < 0.7
    some = lost_at_random(Question(missing_rate=0.5), names[7:9], present[7:9])
    assert some.tolist() == half[7:9].tolist()  # whichever others are asked about
