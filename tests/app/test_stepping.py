from __future__ import annotations

import numpy as np
import pandas as pd

from app.stepping import walk_of

IDS = pd.Series(["a", "b", "c", "d", "e"])
ALL = np.ones(5, bool)


def test_without_a_selection_the_slice_is_walked_in_order() -> None:
    walk = walk_of(IDS, np.array([True, False, True, False, True]), (), "c")
    assert (walk.before, walk.after, walk.place, walk.length) == ("a", "e", 2, 3)
    assert not walk.of_selection


def test_one_selected_utterance_does_not_bind_the_walk() -> None:
    walk = walk_of(IDS, ALL, ("b",), "b")
    assert (walk.before, walk.after, walk.of_selection) == ("a", "c", False)


def test_several_selected_are_walked_and_those_of_other_splits_left_out() -> None:
    walk = walk_of(IDS, ALL, ("e", "a", "c", "elsewhere"), "c")
    assert (walk.before, walk.after, walk.place, walk.length) == ("a", "e", 2, 3)
    assert walk.of_selection


def test_a_slice_that_leaves_one_of_the_selection_is_walked_itself() -> None:
    walk = walk_of(IDS, np.array([True, True, False, False, True]), ("a", "c"), "a")
    assert (walk.before, walk.after, walk.of_selection) == (None, "b", False)


def test_the_walk_goes_on_from_an_utterance_beside_it() -> None:
    walk = walk_of(IDS, np.array([True, False, False, True, False]), (), "b")
    assert (walk.before, walk.after, walk.place) == ("a", "d", None)
    last = walk_of(IDS, np.array([True, False, False, True, False]), (), "e")
    assert (last.before, last.after) == ("d", None)


def test_an_unknown_primary_is_the_first_of_the_slice_as_pages_show_it() -> None:
    walk = walk_of(IDS, np.array([False, True, True, False, False]), (), "elsewhere")
    assert (walk.shown, walk.before, walk.after, walk.place) == ("b", None, "c", 1)
