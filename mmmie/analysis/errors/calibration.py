"""Whether a classifier is right as often as it is sure: reliability and calibration error."""

from __future__ import annotations

import numpy as np
import pandas as pd

BINS = 15


def reliability(probabilities: np.ndarray, targets: np.ndarray, bins: int = BINS) -> pd.DataFrame:
    """How often predictions are right, by how sure they are (Guo et al., ICML 2017).

    Args:
        probabilities: (N, C), rows that sum to 1; the largest is the confidence of its class.
        targets: (N,) class indices.
        bins: equal parts of the confidences from 0 to 1; a limit belongs to the part below it.

    Returns:
        One row per part that holds predictions: its limits `low` and `high`, `n`, the mean
        `confidence`, and the `accuracy`, the share that is right.

    Example:
        >>> found = reliability(np.array([[0.9, 0.1], [0.8, 0.2]]), np.array([0, 1]), bins=2)
        >>> found.to_dict("records")
        [{'low': 0.5, 'high': 1.0, 'n': 2, 'confidence': 0.85, 'accuracy': 0.5}]
    """
    confidence = probabilities.max(1).astype(np.float64)
    right = probabilities.argmax(1) == targets
    limits = np.linspace(0, 1, bins + 1)
    part = np.clip(np.searchsorted(limits, confidence, side="left") - 1, 0, bins - 1)
    found = pd.DataFrame({"part": part, "confidence": confidence, "right": right})
    table = found.groupby("part").agg(
        n=("right", "size"), confidence=("confidence", "mean"), accuracy=("right", "mean")
    )
    table.insert(0, "low", limits[table.index])
    table.insert(1, "high", limits[table.index + 1])
    return table.reset_index(drop=True)


def calibration_error(probabilities: np.ndarray, targets: np.ndarray, bins: int = BINS) -> float:
    """The expected calibration error: mean gap of confidence and accuracy over `reliability`.

    Example:
        >>> calibration_error(np.array([[0.75, 0.25]] * 4), np.array([0, 0, 0, 1]))
        0.0
    """
    table = reliability(probabilities, targets, bins)
    gap = (table["confidence"] - table["accuracy"]).abs()
    return float((gap * table["n"]).sum() / table["n"].sum())
