"""What may be said, against the interval read independently."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm

from mmmie.mi.verdict import decide, decide_by_chance, decide_within, leader, widened

NUMBERS = st.floats(-3, 3)


@given(NUMBERS, st.floats(0, 2), st.floats(0, 2), NUMBERS, st.integers(1, 200))
def test_nothing_is_shown_that_the_interval_holds(value, below, above, limit, looks):
    found = decide(value, value - below, value + above, limit=limit, looks=looks)
    times = norm.ppf(1 - 0.025 / looks) / norm.ppf(0.975)
    low, high = value - times * below, value + times * above
    if min(abs(low - limit), abs(high - limit)) > 1e-9:
        assert found.above == (low > limit) and found.below == (high < limit)
        assert found.clear == (not low <= limit <= high)
    assert found.low == pytest.approx(low) and found.high == pytest.approx(high)


@pytest.mark.parametrize("place", [0, 1, 2])
@pytest.mark.parametrize("hole", [math.nan, math.inf])
def test_without_an_interval_nothing_is_known(place, hole):
    numbers = [0.5, 0.4, 0.6]
    numbers[place] = hole
    found = decide(*numbers, seeds=1)
    assert found.verdict == "not known" and not found.clear and not found.note


def test_a_limit_that_is_touched_is_not_passed():
    assert decide(0.1, 0.0, 0.2).verdict == decide(-0.1, -0.2, 0.0).verdict == "not shown"
    assert decide(0.0, 0.0, 0.0).verdict == "not shown"
    assert decide(0.1, 1e-9, 0.2).verdict == "shown"


def test_an_estimate_outside_of_its_interval_takes_nothing_away():
    found = decide(0.5, 0.1, 0.4, looks=10)
    assert found.low < 0.1 and found.high >= 0.4


def test_one_seed_is_said_of_comparisons_that_are_shown():
    assert decide(1, 0.5, 2, seeds=1).note and decide(-1, -2, -0.5, seeds=1).note
    assert not decide(1, 0.5, 2, seeds=3).note and not decide(1, 0.5, 2).note
    assert not decide(1, -0.5, 2, seeds=1).note


def test_errors_count_twice():
    assert decide_within(0.21, 0.1).above and not decide_within(0.19, 0.1).above
    assert decide_within(0.5, math.nan).verdict == "not known"


@given(NUMBERS, st.floats(0, 1))
def test_chance_decides_at_five_percent(value, chance):
    found = decide_by_chance(value, chance)
    assert found.clear == (chance < 0.05 and value != 0)
    assert found.above == (found.clear and value > 0)


@given(st.lists(st.tuples(NUMBERS, st.floats(0.01, 1)), min_size=1, max_size=6))
def test_a_leader_is_above_all_others(rows):
    values = [value for value, _ in rows]
    lows, highs = [v - e for v, e in rows], [v + e for v, e in rows]
    place = leader(values, lows, highs)
    if place is not None:
        others = [high for i, high in enumerate(highs) if i != place]
        assert all(lows[place] > high for high in others)


def test_widening_is_that_of_bonferroni():
    assert widened(0) == widened(1) == 1
    assert widened(7) == pytest.approx(norm.ppf(1 - 0.025 / 7) / norm.ppf(0.975))
