"""Whether a classifier is right as often as it is sure: reliability and calibration error."""

from __future__ import annotations

import numpy as np
import pandas as pd

from mmmie.analysis.errors.metric_sums import conversation_sums
from mmmie.analysis.errors.resampling import LEVEL, Interval, drawn_sums, share_intervals

BINS = 15


def reliability(
    probabilities: np.ndarray,
    targets: np.ndarray,
    bins: int = BINS,
    *,
    groups: np.ndarray | None = None,
    mask: np.ndarray | None = None,
) -> pd.DataFrame:
    """How often predictions are right, by how sure they are (Guo et al., ICML 2017).

    Args:
        probabilities: (N, C), rows that sum to 1; the largest is the confidence of its class.
        targets: (N,) class indices.
        bins: equal parts of the confidences from 0 to 1; a limit belongs to the part below it.
        groups: (N,) integers, the conversation of every utterance, for intervals.
        mask: (N,) bool, the utterances that count; all if left out.

    Returns:
        One row per part that holds predictions: its limits `low` and `high`, `n`, the mean
        `confidence`, and the `accuracy`, the share that is right. With `groups` also
        `accuracy_low` and `accuracy_high`, its 95 % interval by drawing conversations.

    Example:
        >>> found = reliability(np.array([[0.875, 0.125], [0.625, 0.375]]), np.array([0, 1]), 2)
        >>> found.to_dict("records")
        [{'low': 0.5, 'high': 1.0, 'n': 2, 'confidence': 0.75, 'accuracy': 0.5}]
    """
    held, sure, right = _parts(probabilities, targets, bins)
    kept = np.ones(len(held), bool) if mask is None else mask
    n = held[kept].sum(0)
    at = np.flatnonzero(n)
    limits, n = np.linspace(0, 1, bins + 1), n[at]
    table = pd.DataFrame(
        {
            "low": limits[at],
            "high": limits[at + 1],
            "n": n.astype(int),
            "confidence": sure[kept].sum(0)[at] / n,
            "accuracy": right[kept].sum(0)[at] / n,
        }
    )
    if groups is not None:
        found = share_intervals(right[:, at], held[:, at], groups, kept)
        table["accuracy_low"] = [one.low for one in found]
        table["accuracy_high"] = [one.high for one in found]
    return table


def calibration_error(probabilities: np.ndarray, targets: np.ndarray, bins: int = BINS) -> float:
    """The expected calibration error: mean gap of confidence and accuracy over `reliability`.

    Example:
        >>> calibration_error(np.array([[0.75, 0.25]] * 4), np.array([0, 0, 0, 1]))
        0.0
    """
    table = reliability(probabilities, targets, bins)
    gap = (table["confidence"] - table["accuracy"]).abs()
    return float((gap * table["n"]).sum() / table["n"].sum())


def calibration_interval(
    probabilities: np.ndarray,
    targets: np.ndarray,
    groups: np.ndarray,
    mask: np.ndarray | None = None,
    bins: int = BINS,
) -> Interval:
    """The expected calibration error and its 95 % interval by drawing conversations.

    Noise makes gaps and none makes them smaller, so the error of few utterances is too large and
    that of a draw larger still: percentiles of draws would never hold the 0 of a calibrated model.
    They are mirrored at the error (the basic bootstrap), and the lower end is 0 where the gaps of
    draws around those found are as large as the error itself.

    Args:
        groups, mask: as for `reliability`.
    """
    held, sure, right = _parts(probabilities, targets, bins)
    sums = conversation_sums(np.concatenate([sure - right, held], 1), groups, mask)

    def gaps(sums: np.ndarray) -> np.ndarray:
        with np.errstate(invalid="ignore"):  # a draw may have none of the utterances
            return np.asarray(sums[..., :bins] / sums[..., bins:].sum(-1, keepdims=True))

    found, drawn = gaps(sums.sum(0)), gaps(drawn_sums(sums))
    drawn = drawn[np.isfinite(drawn).all(1)]
    error = float(np.abs(found).sum())
    if (sums[:, bins:].sum(1) > 0).sum() < 2:
        return Interval(error, float("nan"), float("nan"))
    tail = (1 - LEVEL) / 2
    low, high = np.quantile(np.abs(drawn).sum(1), [tail, 1 - tail])
    noise = np.quantile(np.abs(drawn - found).sum(1), 1 - tail)
    mirrored = max(0.0, 2 * error - float(high)) if error > noise else 0.0
    return Interval(error, mirrored, max(error, 2 * error - float(low)))


def _parts(
    probabilities: np.ndarray, targets: np.ndarray, bins: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(N, bins) each: in which part an utterance is, and there its confidence, and if it is right.

    All else is 0.
    """
    confidence = probabilities.max(1).astype(np.float64)
    right = probabilities.argmax(1) == targets
    limits = np.linspace(0, 1, bins + 1)
    part = np.clip(np.searchsorted(limits, confidence, side="left") - 1, 0, bins - 1)
    held = np.eye(bins)[part]
    return held, held * confidence[:, None], held * right[:, None]
