"""Metrics as functions of sums over utterances.

From the sums of each conversation a metric can be computed for any choice of conversations, as
resampling needs. The values are those of `mmmie.metrics`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from mmmie.corpus import Label
from mmmie.metrics import around_neutral


@dataclass(frozen=True)
class MetricSums:
    """What to sum over utterances, and how the sums make the metric.

    Attributes:
        terms: (n, k), one row per utterance.
        combine: sums (…, k) → metric (…), NaN where it is not defined.
    """

    terms: np.ndarray
    combine: Callable[[np.ndarray], np.ndarray]


def metric_sums(metric: str, label: Label, output: np.ndarray, targets: np.ndarray) -> MetricSums:
    """Write a metric as a function of sums.

    Args:
        metric: one of `mmmie.metrics.metric_names`; a `ValueError` if unknown.
        label: what is predicted.
        output: (n,) predictions, or (n, classes) scores.
        targets: (n,) labels, or class indices.

    Example:
        >>> label = Label("sentiment", "regression", range=(-3.0, 3.0))
        >>> sums = metric_sums("mae", label, np.array([1.0, 2.0]), np.array([0.0, 0.0]))
        >>> float(sums.combine(sums.terms.sum(0)))
        1.5
    """
    if metric == "mae":
        error = np.abs(output.astype(float) - targets)
        return MetricSums(np.stack([error, np.ones(len(error))], 1), _ratio)
    if metric == "corr":
        # centred first: sums of squares of far-off numbers would lose their digits
        p, y = output.astype(float) - output.mean(), targets.astype(float) - targets.mean()
        terms = np.stack([np.ones(len(p)), p, y, p * p, y * y, p * y], 1)
        constant = output.min() == output.max() or targets.min() == targets.max()
        return MetricSums(terms, _undefined if constant else _correlation)
    if metric in ("accuracy", "f1_weighted", "f1_macro"):
        truth, guess, classes = targets, output.argmax(1), output.shape[1]
        counts = np.ones(len(targets), bool)
    else:
        truth, guess, counts, classes = around_neutral(metric, output, targets, label.centre)
    if metric.startswith("acc"):
        right = (truth == guess) & counts
        return MetricSums(np.stack([right, counts], 1).astype(float), _ratio)
    table = np.zeros((len(truth), classes * classes))
    table[np.arange(len(truth)), truth * classes + guess] = counts
    weighted = metric != "f1_macro"
    return MetricSums(table, lambda sums: _f1(sums, classes, weighted))


def conversation_sums(
    terms: np.ndarray, groups: np.ndarray, mask: np.ndarray | None = None
) -> np.ndarray:
    """Sums of `terms` (n, k) per conversation, (conversations, k).

    `groups` (n,) has the conversation of every utterance, `mask` (n,) bool those that count.
    """
    codes = np.unique(groups, return_inverse=True)[1]
    sums = np.zeros((codes.max() + 1, terms.shape[1]))
    kept = slice(None) if mask is None else mask
    np.add.at(sums, codes[kept], terms[kept])
    return sums


def _ratio(sums: np.ndarray) -> np.ndarray:
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(sums[..., 0] / sums[..., 1])


def _undefined(sums: np.ndarray) -> np.ndarray:
    return np.full(sums.shape[:-1], np.nan)


def _correlation(sums: np.ndarray) -> np.ndarray:
    n, p, y, pp, yy, py = np.moveaxis(sums, -1, 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        spread = (pp - p * p / n) * (yy - y * y / n)
        return np.where(spread > 1e-12, (py - p * y / n) / np.sqrt(np.abs(spread)), np.nan)


def _f1(sums: np.ndarray, classes: int, weighted: bool) -> np.ndarray:
    """F1 weighted by the labels' classes, or its mean over the classes that occur."""
    table = sums.reshape(*sums.shape[:-1], classes, classes)  # truth, prediction
    right = np.diagonal(table, axis1=-2, axis2=-1)
    support, guessed = table.sum(-1), table.sum(-2)
    weight = support if weighted else ((support + guessed) > 0).astype(float)
    with np.errstate(divide="ignore", invalid="ignore"):
        f1 = np.where(support + guessed > 0, 2 * right / (support + guessed), 0.0)
        return np.asarray((f1 * weight).sum(-1) / weight.sum(-1))
