"""Metrics of the field, as MMSA and MMIM compute them, for any label range."""

from __future__ import annotations

from typing import Any

import numpy as np

from mmmie.corpus import Kind, Label
from mmmie.errors import InputError


def primary_metric(kind: Kind) -> tuple[str, bool]:
    """The metric that chooses the epoch, and whether higher is better."""
    return ("mae", False) if kind == "regression" else ("f1_weighted", True)


def metrics_for(label: Label, predictions: np.ndarray, targets: np.ndarray) -> dict[str, Any]:
    """`regression_metrics` of predictions (N,), or `classification_metrics` of scores (N, C).

    Args:
        label: what is predicted.
        predictions: numbers in label units, or scores whose largest is the predicted class.
        targets: labels (N,), or class indices (N,).
    """
    if label.kind == "regression":
        return regression_metrics(predictions, targets, label.range)
    return classification_metrics(predictions.argmax(-1), targets, label.classes or ())


def regression_metrics(
    predictions: np.ndarray, labels: np.ndarray, label_range: tuple[float, float] | None
) -> dict[str, Any]:
    """Metrics of predicted sentiment.

    Labels and predictions are centred on the middle of the range first. Then, with half-range
    r: `acc7` rounds both to whole numbers within ±3 (r ≥ 3), `acc5` within ±2 (r ≥ 2), half to
    even; `…_nonneg` compares value ≥ 0 on all N, `…_nonzero` value > 0 where the label is not
    exactly 0 (a prediction of 0 counts as negative). F1 is weighted by class size.

    Args:
        predictions: (N,).
        labels: (N,).
        label_range: lowest and highest label; without one only `n`, `mae`, `corr` are defined.

    Returns:
        n, mae, corr (NaN for constant predictions or labels), acc7, acc5, acc2_nonneg,
        f1_nonneg, acc2_nonzero, f1_nonzero; None where the range does not define a metric.

    Raises:
        InputError: nothing to measure, or the lengths differ.
    """
    p = np.asarray(predictions, np.float32).ravel()
    y = np.asarray(labels, np.float32).ravel()
    _check(len(p), len(y))
    metrics: dict[str, Any] = {
        "n": len(y),
        "mae": float(np.abs(p - y).mean(dtype=np.float64)),
        "corr": _correlation(p, y),
        **dict.fromkeys(
            ("acc7", "acc5", "acc2_nonneg", "f1_nonneg", "acc2_nonzero", "f1_nonzero")
        ),
    }
    if label_range is None:
        return metrics
    low, high = label_range
    centre, half = np.float32((low + high) / 2), (high - low) / 2
    p, y = p - centre, y - centre
    for name, limit in (("acc7", 3), ("acc5", 2)):
        if half >= limit:
            same = np.rint(p.clip(-limit, limit)) == np.rint(y.clip(-limit, limit))
            metrics[name] = float(same.mean())
    metrics["acc2_nonneg"], metrics["f1_nonneg"] = _two_classes(p >= 0, y >= 0)
    polar = y != 0
    if polar.any():
        two = _two_classes(p[polar] > 0, y[polar] > 0)
        metrics["acc2_nonzero"], metrics["f1_nonzero"] = two
    return metrics


def classification_metrics(
    predicted: np.ndarray, labels: np.ndarray, classes: tuple[str, ...] | list[str]
) -> dict[str, Any]:
    """Metrics of predicted classes.

    Args:
        predicted: (N,) class indices.
        labels: (N,) class indices.
        classes: the names of the classes.

    Returns:
        n, accuracy, f1_weighted, f1_macro (over all classes of the corpus) and per_class:
        name → precision, recall, f1, n.

    Raises:
        InputError: nothing to measure, or the lengths differ.
    """
    from sklearn.metrics import precision_recall_fscore_support

    predicted, labels = np.asarray(predicted).ravel(), np.asarray(labels).ravel()
    _check(len(predicted), len(labels))
    indices = list(range(len(classes)))
    precision, recall, f1, support = precision_recall_fscore_support(
        labels, predicted, labels=indices, zero_division=0
    )
    return {
        "n": len(labels),
        "accuracy": float((predicted == labels).mean()),
        "f1_weighted": float((f1 * support).sum() / support.sum()),
        "f1_macro": float(f1.mean()),
        "per_class": {
            name: {
                "precision": float(precision[i]),
                "recall": float(recall[i]),
                "f1": float(f1[i]),
                "n": int(support[i]),
            }
            for i, name in enumerate(classes)
        },
    }


def _two_classes(predicted: np.ndarray, truth: np.ndarray) -> tuple[float, float]:
    from sklearn.metrics import f1_score

    f1 = f1_score(truth, predicted, average="weighted", zero_division=0)
    return float((predicted == truth).mean()), float(f1)


def _correlation(p: np.ndarray, y: np.ndarray) -> float:
    p, y = p.astype(np.float64), y.astype(np.float64)
    p, y = p - p.mean(), y - y.mean()
    scale = np.sqrt((p**2).sum() * (y**2).sum())
    constant = np.allclose(p, 0, atol=1e-12) or np.allclose(y, 0, atol=1e-12)
    return float("nan") if constant else float((p * y).sum() / scale)


def _check(predictions: int, labels: int) -> None:
    if predictions != labels:
        raise InputError(f"metrics: {predictions} predictions for {labels} labels; give one each")
    if not labels:
        raise InputError("metrics: there is no utterance to measure; choose another split")
