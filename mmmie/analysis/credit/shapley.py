"""Exact Shapley values of a small game, from the value of every coalition.

The only division of v(all) − v(none) among the players that gives equal players the same, a
player without effect nothing, and is additive over games (Shapley 1953, "A value for n-person
games").
"""

from __future__ import annotations

from math import factorial

import numpy as np

from mmmie.errors import InputError

MOST_PLAYERS = 12
"""4096 coalitions: about what a model evaluates while a reader waits."""


def coalitions(players: int) -> np.ndarray:
    """Every coalition of n players, (2ⁿ, n) bool.

    Row b holds the players whose bit is set in b, so row 0 is nobody and the last row everybody.

    Raises:
        InputError: there are more players than `MOST_PLAYERS`.

    Example:
        >>> coalitions(2).astype(int).tolist()
        [[0, 0], [1, 0], [0, 1], [1, 1]]
    """
    if players > MOST_PLAYERS:
        raise InputError(
            f"exact Shapley values of {players} players need 2^{players} predictions; give at "
            f"most {MOST_PLAYERS}, or merge some"
        )
    bits = np.arange(2**players)[:, None] >> np.arange(players)[None, :]
    return (bits & 1).astype(bool)


def shapley_values(values: np.ndarray) -> np.ndarray:
    """What every player adds, averaged over all orders in which they can join.

    Shapley 1953: φ_i = Σ_{S without i} |S|! (n − |S| − 1)! / n! · (v(S ∪ i) − v(S)).

    Args:
        values: (2ⁿ, …) value of every coalition in the order of `coalitions`; further axes are
            games of their own.

    Returns:
        (n, …) float64; the sum over players is ``values[-1] - values[0]``.

    Raises:
        ValueError: the number of values is no power of two.

    Example:
        A glove game: player 0 has a left glove, players 1 and 2 a right one each; a pair is
        worth 1.

        >>> pairs = [0, 0, 0, 1, 0, 1, 0, 1]
        >>> shapley_values(np.array(pairs)).round(3).tolist()
        [0.667, 0.167, 0.167]
    """
    values = np.asarray(values, np.float64)
    players = len(values).bit_length() - 1
    if len(values) != 2**players:
        raise ValueError(f"{len(values)} values; give one for each of 2^n coalitions")
    members = coalitions(players)
    orders = [
        factorial(size) * factorial(players - size - 1) / factorial(players)
        for size in range(players)
    ]
    found = np.zeros((players, *values.shape[1:]))
    for player in range(players):
        without = np.flatnonzero(~members[:, player])
        weights = np.array(orders)[members[without].sum(1)]
        gains = values[without + 2**player] - values[without]
        found[player] = np.tensordot(weights, gains, 1)
    return found
