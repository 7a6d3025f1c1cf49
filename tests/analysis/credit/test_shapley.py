"""Shapley values against the definition by orders, and against what they must satisfy."""

from itertools import permutations

import numpy as np
import pytest

from mmmie.analysis.credit.contributions import MOST_PLAYERS, coalitions, shapley_values
from mmmie.errors import InputError


def by_orders(values, players):
    """The mean gain of every player over all orders in which players can join."""
    total = np.zeros(players)
    orders = list(permutations(range(players)))
    for order in orders:
        coalition = 0
        for player in order:
            total[player] += values[coalition | 1 << player] - values[coalition]
            coalition |= 1 << player
    return total / len(orders)


@pytest.mark.parametrize("players", [1, 2, 3, 5])
def test_they_are_the_mean_gain_over_all_orders(players):
    values = np.random.default_rng(players).normal(size=2**players)
    found = shapley_values(values)
    assert found == pytest.approx(by_orders(values, players), abs=1e-12)
    assert found.sum() == pytest.approx(values[-1] - values[0], abs=1e-12)


def test_equal_players_get_the_same_and_one_without_effect_nothing():
    members = coalitions(4)
    # Players 0 and 1 count alike, 2 doubles what is there, 3 does nothing.
    values = (members[:, 0] + members[:, 1] + 1.0) * (1 + members[:, 2])
    found = shapley_values(values)
    assert found[0] == pytest.approx(found[1], abs=1e-12)
    assert found[3] == 0
    assert found[2] > found[0]


def test_further_axes_are_games_of_their_own():
    values = np.random.default_rng(0).normal(size=(8, 4, 2))
    found = shapley_values(values)
    assert found.shape == (3, 4, 2)
    assert found[:, 2, 1] == pytest.approx(shapley_values(values[:, 2, 1]))


def test_coalitions_are_in_the_order_of_bits():
    members = coalitions(3)
    assert not members[0].any() and members[-1].all()
    assert (members @ [1, 2, 4] == np.arange(8)).all()
    assert coalitions(0).shape == (1, 0)
    assert shapley_values(np.array([2.0])).shape == (0,)


def test_too_many_players_and_a_missing_coalition_are_refused():
    with pytest.raises(InputError, match=f"at most {MOST_PLAYERS}"):
        coalitions(MOST_PLAYERS + 1)
    with pytest.raises(ValueError, match="7 values"):
        shapley_values(np.zeros(7))
