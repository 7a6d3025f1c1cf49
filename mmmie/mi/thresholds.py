"""When a verdict on mutual information may be given: the numbers that all verdicts share."""

from __future__ import annotations

import math

SURE = 2
"""Standard errors beyond which a difference is taken for real."""

NOTHING = 0.05
"""Nats that count as none: what a few held-out batches cannot tell from 0 or apart."""

MATERIAL_SHARE = 0.1
"""The share of an estimate by which it may be wrong and still be of use."""

UNSEEN = 1.0
"""What a fit may miss besides what is seen of it, as a multiple; `benchmarks/mi_unseen.py`."""

UNSEEN_OF_A_COLUMN = 0.1
"""The same of a single column, whose shape is seen whole."""

MOST_REPEATED = 0.1
"""The share of repeated rows from which on y is taken to have no density."""

LEAST_SLACK = 0.1
"""Nats within which a bound of a run and a fresh critic agree, however small their errors."""

LEAST_GROUPS = 5
"""Held-out groups below which an error over groups is not believed."""

MOST_INFLATION = 1.25
"""Times by which a standard error may be too small because neighbouring rows resemble."""

NEAR_CEILING = 0.8
"""The share of its ceiling from which on a lower bound may be kept down by it."""

AT_CEILING = 0.9
"""The share from which on the ceiling is given as the reason why a bound stops."""


def near_ceiling(nats: float, ceiling: float | None) -> bool:
    """Whether its ceiling may be all that keeps a lower bound down; False without a ceiling."""
    return ceiling is not None and nats > NEAR_CEILING * ceiling


def material(nats: float, std: float) -> float:
    """Nats from which on a fault of an estimate matters.

    Example:
        >>> material(2.0, 0.01), material(0.1, 0.01), material(0.1, 0.2)
        (0.2, 0.05, 0.4)
    """
    return max(NOTHING, MATERIAL_SHARE * abs(nats), SURE * std)


def slack(*errors: float) -> float:
    """Nats by which two bounds may differ without contradiction.

    Args:
        errors: their standard errors; NaN where one is unknown.

    Example:
        >>> slack(0.3, 0.4), slack(0.01), slack(float("nan"))
        (1.0, 0.1, 0.1)
    """
    both = SURE * math.hypot(*errors)
    return both if both > LEAST_SLACK else LEAST_SLACK
