from __future__ import annotations

import numpy as np
import pytest

from mmmie.analysis.ask.window_edit import (
    WindowEdit,
    intervention_edit,
    neighbours,
    read_edit,
    relabelled,
    shuffled_roles,
    swapped,
    toggled,
    told_relation,
    written,
)
from mmmie.errors import InputError

RELATION = np.array([0, 1, 0, 2])
PAST = 2


def test_an_edit_comes_back_from_its_address() -> None:
    edit = WindowEdit(((-2, 1), (1, 0)), ("role", "modality"), (-1, 1), 7)
    assert read_edit(written(edit)) == edit
    assert written(WindowEdit()) == {}
    assert not read_edit({})
    assert read_edit({"hidden": "3,-1,3", "terms_off": "modality,role"}) == WindowEdit(
        hidden=(-1, 3), terms_off=("role", "modality")
    )


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"relabel": "2:mine"}, "'2:mine'"),
        ({"relabel": "x:same"}, "'x'"),
        ({"relabel": "0:other"}, "the target"),
        ({"terms_off": "tone"}, "'tone'"),
        ({"hidden": "one"}, "'one'"),
        ({"shuffle": "1,2"}, "one whole number"),
    ],
)
def test_an_address_that_says_something_else_is_refused(fields: dict[str, str], said: str) -> None:
    with pytest.raises(InputError, match=said):
        read_edit(fields)


def test_swapping_twice_is_as_before_and_spares_the_target() -> None:
    once = swapped(WindowEdit(), RELATION, PAST)
    assert told_relation(once, RELATION, PAST).tolist() == [1, 0, 0, 2]
    assert once.relabel == ((-2, 1), (-1, 0))
    assert not swapped(once, RELATION, PAST)


def test_the_truth_takes_a_label_off() -> None:
    edit = relabelled(WindowEdit(), RELATION, PAST, 1, 0)
    assert edit.relabel == ((1, 0),)
    assert not relabelled(edit, RELATION, PAST, 1, 2)


def test_neighbours_are_hidden_and_shown_again() -> None:
    assert toggled(toggled(WindowEdit(), 1), -2).hidden == (-2, 1)
    assert not toggled(WindowEdit(hidden=(1,)), 1)
    assert neighbours(np.array([True, False, True, True]), PAST) == (-2, 1)


def test_shuffled_roles_are_those_of_the_neighbours_that_are_there() -> None:
    there = np.array([False, True, True, True, True])
    for seed in range(5):
        roles = shuffled_roles(WindowEdit(shuffle=seed), there, PAST)
        assert (roles[0], roles[2]) == (0, 2)
        assert sorted(roles) == [0, 1, 2, 3, 4]
        assert (roles != np.arange(5)).any()
    assert shuffled_roles(WindowEdit(), there, PAST).tolist() == [0, 1, 2, 3, 4]
    alone = np.array([False, True, True, False, False])
    assert shuffled_roles(WindowEdit(shuffle=1), alone, PAST).tolist() == [0, 1, 2, 3, 4]


def test_an_unknown_intervention_has_no_edit() -> None:
    with pytest.raises(ValueError, match="no_such"):
        intervention_edit("no_such", RELATION, RELATION >= 0, PAST)
