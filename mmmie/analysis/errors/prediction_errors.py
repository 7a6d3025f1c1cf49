"""Where predictions and truth differ: calibration for numbers, confusion for classes."""

from __future__ import annotations

import numpy as np
import pandas as pd

from mmmie.analysis.errors.resampling import Interval, sums_intervals


def calibration(truth: np.ndarray, prediction: np.ndarray, bins: int = 8) -> pd.DataFrame:
    """Mean truth where the model predicts about the same, in bins of about equal size.

    Args:
        truth: (n,) labels.
        prediction: (n,) predictions, in the same unit.
        bins: how many at most; equal predictions stay in one bin.

    Returns:
        One row per bin, by rising prediction: `n`, mean `prediction`, mean `truth` and the
        standard error of that mean, `truth_error` (NaN for a bin of one).

    Example:
        >>> calibration(np.array([0.0, 1.0]), np.array([0.2, 0.8]), bins=1)["truth"].tolist()
        [0.5]
    """
    edges = np.unique(np.quantile(prediction, np.linspace(0, 1, bins + 1)[1:-1]))
    place = np.searchsorted(edges, prediction, side="right")
    table = pd.DataFrame({"place": place, "prediction": prediction, "truth": truth})
    groups = table.groupby("place")
    means = groups[["prediction", "truth"]].mean()
    means.insert(0, "n", groups.size())
    means["truth_error"] = groups["truth"].sem()
    return means.reset_index(drop=True)


def confusion(truth: pd.Series, prediction: pd.Series, classes: list[str]) -> pd.DataFrame:
    """How often each class (rows) is predicted as each (columns), unseen classes included."""
    counts = pd.crosstab(truth, prediction)
    return counts.reindex(index=classes, columns=classes, fill_value=0)


def most_confused(counts: pd.DataFrame) -> tuple[str, str, float] | None:
    """The commonest mistake relative to its true class: truth, prediction and share, if any."""
    shares = counts.to_numpy(float) / np.maximum(counts.sum(axis=1).to_numpy(float), 1)[:, None]
    np.fill_diagonal(shares, 0)
    row, column = np.unravel_index(shares.argmax(), shares.shape)
    if shares[row, column] == 0:
        return None
    return str(counts.index[row]), str(counts.columns[column]), float(shares[row, column])


def calibration_slope(
    truth: np.ndarray, prediction: np.ndarray, groups: np.ndarray
) -> Interval | None:
    """How far the truth moves when the prediction moves by one (least squares).

    Below 1 predictions are too bold, above 1 too timid; None for constant predictions.

    Args:
        truth: (n,) labels.
        prediction: (n,) predictions, in the same unit.
        groups: (n,) integers, the conversation of every utterance.
    """
    x, y = prediction - prediction.mean(), truth - truth.mean()
    if float(x @ x) < 1e-12:
        return None

    def slope(sums: np.ndarray) -> np.ndarray:
        n, x, y, xx, xy = np.moveaxis(sums, -1, 0)
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.asarray((xy - x * y / n) / (xx - x * x / n))[..., None]

    terms = np.stack([np.ones(len(x)), x, y, x * x, x * y], 1)
    return sums_intervals(terms, slope, groups)[0]
