"""The least that two variables can say together about a third, given what each says on its own."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

_ROUNDS = 4000
_INNER = 3
_LOOK = 10
_LEAST = 1e-300


@dataclass(frozen=True)
class UnionInformation:
    """The minimum of I(X1, X2; Y) over all joint distributions with given p(x1, y) and p(x2, y).

    Attributes:
        nats: the value reached, an upper bound of the minimum.
        gap: how far below it the minimum can be at most, in nats.
        of_first: (C1, K) what a row with x1 and y adds to the mean that `nats` is.
        of_second: (C2, K) the same for x2: ``nats`` is the mean over rows of
            ``of_first[x1, y] + of_second[x2, y]``, within `gap`.
    """

    nats: float
    gap: float
    of_first: np.ndarray
    of_second: np.ndarray


def union_information(
    first: np.ndarray, second: np.ndarray, tolerance: float = 2e-4
) -> UnionInformation:
    """Minimise I(X1, X2; Y), which defines unique information (Bertschinger, Rauh, Olbrich, Jost
    and Ay, 2014, Entropy 16(4), equation 4 for the set and section 3).

    Since I(X1, X2; Y) is the least of Σ p(y) D(q(x1, x2 | y) ‖ r(x1, x2)) over r, it is found by
    turns: for every y the coupling of p(x1 | y) and p(x2 | y) nearest to r (Sinkhorn), then r as
    the mixture of these. Both sets are convex, so the turns end at the minimum (Csiszár and
    Tusnády, 1984). The potentials of the couplings solve the dual, which gives the gap.

    Args:
        first: (C1, K) p(x1, y), of sum 1; no row and no column is 0.
        second: (C2, K) p(x2, y) with the same p(y).
        tolerance: the gap in nats at which to stop.

    Example:
        >>> copy = np.eye(2) / 2
        >>> round(union_information(copy, copy).nats, 3)  # both are y: together no more than ln 2
        0.693
    """
    of_y = first.sum(0)
    a, b = (first / of_y).T, (second / of_y).T  # (K, C) p(x | y)
    alone = max(_information(first), _information(second))  # together no less than one of them
    # q(x1, x2 | y) = u r v; r at first as if x1 and x2 were independent given y
    r = np.einsum("y,yi,yj->ij", of_y, a, b)
    v = b / (of_y @ b)
    for done in range(1, _ROUNDS + 1):
        for _ in range(_INNER):
            u = a / np.maximum(v @ r.T, _LEAST)
            v = b / np.maximum(u @ r, _LEAST)
        growth = (u * of_y[:, None]).T @ v  # new r over old r
        if done % _LOOK == 0:
            log_u, log_v = _log(u, a), _log(v, b)
            nats = float(of_y @ ((a * log_u).sum(1) + (b * log_v).sum(1)))
            gap = max(min(float(np.log(growth.max())), nats - alone), 0.0)
            if gap < tolerance:
                break
        r *= growth
        r /= r.sum()
    return UnionInformation(nats, gap, log_u.T, log_v.T)


def _information(joint: np.ndarray) -> float:
    apart = np.outer(joint.sum(1), joint.sum(0))
    here = joint > 0
    return float((joint[here] * np.log(joint[here] / apart[here])).sum())


def _log(values: np.ndarray, where: np.ndarray) -> np.ndarray:
    """ln of values, 0 where the probability is 0."""
    return np.log(np.where(where > 0, np.maximum(values, _LEAST), 1.0))
