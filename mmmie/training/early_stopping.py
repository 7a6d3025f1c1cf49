"""Which epoch is the best, and when to stop waiting for a better one."""

from __future__ import annotations

import math


def patience_ran_out(epoch: int, best_epoch: int, patience: int) -> bool:
    """Whether the best of `epoch` epochs is at least `patience` epochs old.

    Example:
        >>> patience_ran_out(7, 5, 3), patience_ran_out(8, 5, 3)
        (False, True)
    """
    return epoch - best_epoch >= patience


def is_better(score: float, best: float | None, higher_is_better: bool) -> bool:
    """Whether a validation score beats the best so far; one that is not finite never does.

    Example:
        >>> is_better(0.5, None, True), is_better(0.4, 0.5, True), is_better(0.4, 0.5, False)
        (True, False, True)
    """
    if not math.isfinite(score):
        return False
    if best is None:
        return True
    return score > best if higher_is_better else score < best
