"""How good predictions are: the metrics of multimodal sentiment analysis.

The figures agree with those of MMSA 2.2.1 and MMIM on labels in [-3, 3]; other ranges follow the
same definitions around their own neutral point. Labels in [-1, 1] also have the figures of CH-SIMS
(Yu et al., ACL 2020), as MMSA computes them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from mmmie.errors import InputError

if TYPE_CHECKING:
    from mmmie.corpus import Kind, Label


@dataclass(frozen=True)
class MetricFacts:
    """What a metric is called, one line of help, and which way is better.

    Attributes:
        share: whether it is a share, written as a percentage.
    """

    name: str
    help: str
    share: bool = False
    higher_is_better: bool = True


METRICS = {
    "mae": MetricFacts("MAE", "Mean absolute error, in label units.", higher_is_better=False),
    "corr": MetricFacts("Corr", "Pearson correlation of prediction and label."),
    "acc7": MetricFacts("Acc-7", "Share that rounds to the same of seven whole numbers.", True),
    "acc5": MetricFacts("Acc-5", "Share that rounds to the same of five whole numbers.", True),
    "acc2_nonzero": MetricFacts(
        "Acc-2", "Share on the right side of the range's middle, neutral labels excluded.", True
    ),
    "f1_nonzero": MetricFacts(
        "F1", "Weighted F1 of the two sides of the range's middle, neutral labels excluded."
    ),
    "acc2_nonneg": MetricFacts(
        "Acc-2 (≥ 0)", "Share on the right side of the range's middle; neutral counts as above.",
        True,
    ),
    "f1_nonneg": MetricFacts(
        "F1 (≥ 0)", "Weighted F1 of the two sides of the range's middle; neutral counts as above."
    ),
    "acc2_sims": MetricFacts(
        "Acc-2 (> 0)", "Share on the right side of 0, as in papers on SIMS; neutral counts as "
        "negative.", True,
    ),
    "f1_sims": MetricFacts(
        "F1 (> 0)", "Weighted F1 of the two sides of 0, as in papers on SIMS; neutral counts as "
        "negative."
    ),
    "acc3_sims": MetricFacts(
        "Acc-3", "Share in the same of three parts of the scale, which meet at −0.1 and 0.1, as in "
        "papers on SIMS.", True,
    ),
    "acc5_sims": MetricFacts(
        "Acc-5", "Share in the same of five parts of the scale, which meet at −0.7, −0.1, 0.1 and "
        "0.7, as in papers on SIMS.", True,
    ),
    "accuracy": MetricFacts("Accuracy", "Share of utterances with the right class.", True),
    "f1_weighted": MetricFacts("Weighted F1", "F1 of the classes, weighted by their size."),
    "f1_macro": MetricFacts("Macro F1", "F1 of the classes, each class counting the same."),
}  # fmt: skip
"""Every metric by its key."""

HISTORY = {
    "epoch": "Which epoch, from 1.",
    "seconds": "Of the clock, without pauses.",
    "train/loss": "The loss, mean over the steps of the epoch: the sum of the terms below.",
    "train/task": "Absolute error in deviations of the label, or cross-entropy in nats.",
    "train/maximise": "Minus α times the lower bounds on I(z; z), summed over pairs.",
    "train/minimise_invariant": "β times the upper bounds on I(x; z), summed over modalities.",
    "train/minimise_specific": "β times the upper bounds on I(x; s), summed over modalities.",
    "train/centring": "Keeps the shared codes of every modality around the common prior.",
    "train/separation": "γ times what the means of z and s share as Gaussians.",
    "train/reconstruction": "δ times the mean squared error of the features from the codes.",
    "valid/n": "Labelled utterances of the valid split.",
    "valid/<metric>": "A metric of the valid split, as defined in metrics.",
    "mi/max/<pair>": "Lower bound on I(z; z) of a pair of modalities, in nats, on valid.",
    "mi/ceiling": "The most that `mi/max` can say, ln n, where its estimator has such a limit.",
    "mi/min/<modality>": "Upper bound on I(x; z), in nats, on valid.",
    "mi/min_specific/<modality>": "Upper bound on I(x; s), in nats, on valid.",
    "mi/lower/<modality>": "I(x; z) is at least this, where encoders are stochastic.",
    "mi/upper/<modality>": "I(x; z) is at most this, where encoders are stochastic.",
    "mi/lower_specific/<modality>": "I(x; s) is at least this.",
    "mi/upper_specific/<modality>": "I(x; s) is at most this.",
    "mi/separation/<modality>": "What the means of z and s would share as Gaussians, in nats.",
    "mi/std/<key>": "The standard error of `mi/<key>`.",
    "mi/check/<pair>": "Lower bound on I(z; z) by a fresh critic that took no part in training; "
    "every `training.mi_check_every` epochs.",
    "mi/check_std/<pair>": "Its standard error, over conversations.",
    "mi/check_ceiling": "The most that `mi/check` can say.",
    "device_memory": "The most bytes of all tensors, on a CUDA device.",
}
"""What a line of ``metrics.jsonl`` may hold: key → meaning; what is not defined is left out."""

_REACH = {"acc7": 3, "acc5": 2}  # how far the range must reach on either side of its middle
_SIMS_RANGE = (-1.0, 1.0)
_SIMS = {
    "acc2_sims": (0.0,),
    "f1_sims": (0.0,),
    "acc3_sims": (-0.1, 0.1),
    "acc5_sims": (-0.7, -0.1, 0.1, 0.7),
}
"""Where the classes of SIMS' own metrics meet; a limit belongs to the class below it."""

_AROUND_NEUTRAL = (*_REACH, "acc2_nonneg", "f1_nonneg", "acc2_nonzero", "f1_nonzero")
_PRIMARY: dict[Kind, tuple[str, bool]] = {
    "regression": ("mae", False),
    "classification": ("f1_weighted", True),
}


def regression_metrics(
    predictions: Any, labels: Any, label_range: tuple[float, float] | None
) -> dict[str, float | None]:
    """Metrics of predicted sentiment scores.

    `mae` and `corr` (Pearson) are over all utterances and unclipped; `corr` is NaN where the
    predictions or the labels are constant. The others centre both on the middle of the range,
    the neutral point: `acc7` and `acc5` compare them rounded (half to even) after clipping to
    ±3 and ±2, and are None where the range does not reach that far. `acc2_nonneg` and `f1_nonneg`
    take "at least neutral" as the class of all utterances; `acc2_nonzero` and `f1_nonzero` leave
    out those labelled exactly neutral and take "above neutral" as the class. Those that end in
    `_sims` are for labels in [-1, 1] alone: classes that meet at 0 (`acc2_sims`, `f1_sims`), at
    ±0.1 (`acc3_sims`) and at ±0.1 and ±0.7 (`acc5_sims`), each limit in the class below. F1 is
    weighted by the labels' classes.

    Args:
        predictions: N numbers of any shape.
        labels: N numbers of any shape.
        label_range: lowest and highest possible label; without it only `n`, `mae` and `corr` are
            defined and the rest is None.

    Returns:
        `n`, `mae`, `corr`, `acc7`, `acc5`, `acc2_nonneg`, `f1_nonneg`, `acc2_nonzero`,
        `f1_nonzero`; of labels in [-1, 1] also `acc2_sims`, `f1_sims`, `acc3_sims`, `acc5_sims`.

    Raises:
        InputError: no labels, another number of predictions, values that are not finite, or an
            empty range.

    Example:
        >>> found = regression_metrics([0.8, -2.6, 0.1], [1.0, -3.0, -0.2], (-3, 3))
        >>> round(found["mae"], 3), found["acc7"], round(found["acc2_nonzero"], 3)
        (0.3, 1.0, 0.667)
    """
    p, y = _numbers(predictions, "predictions"), _numbers(labels, "labels")
    _check_lengths(len(p), len(y))
    metrics: dict[str, float | None] = {
        "n": len(y),
        "mae": float(np.abs(p - y).mean(dtype=np.float64)),
        "corr": _pearson(p, y),
        **dict.fromkeys(_AROUND_NEUTRAL),
    }
    if label_range is None:
        return metrics
    low, high = label_range
    if not low < high:
        raise InputError(
            f"range [{low:g}, {high:g}] is empty; give the lowest label, then the highest"
        )
    for name in _around_neutral(label_range):
        truth, guess, counts, classes = around_neutral(name, p, y, (low + high) / 2)
        if not counts.any():
            continue
        if name.startswith("acc"):
            metrics[name] = float((truth == guess)[counts].mean())
        else:
            table = _confusion(truth[counts], guess[counts], classes)
            metrics[name] = float(np.average(_f1(table), weights=table.sum(1)))
    return metrics


def around_neutral(
    metric: str, predictions: np.ndarray, labels: np.ndarray, centre: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray, int]:
    """Numbers (N,) as classes around the neutral point, for every metric but `mae` and `corr`.

    Returns:
        Class of the label (N,), class of the prediction (N,), which utterances count (N,) bool,
        and the number of classes.

    Raises:
        ValueError: the metric is unknown.
    """
    p, y = (v.astype(np.float32) - np.float32(centre) for v in (predictions, labels))
    everyone = np.ones(len(y), bool)
    if metric in ("acc2_nonzero", "f1_nonzero"):
        return (y > 0).astype(int), (p > 0).astype(int), y != 0, 2
    if metric in ("acc2_nonneg", "f1_nonneg"):
        return (y >= 0).astype(int), (p >= 0).astype(int), everyone, 2
    if metric in _REACH:
        limit = _REACH[metric]
        truth, guess = (np.rint(np.clip(v, -limit, limit)).astype(int) + limit for v in (y, p))
        return truth, guess, everyone, 2 * limit + 1
    if metric in _SIMS:
        limits = np.array(_SIMS[metric], np.float32)
        return np.searchsorted(limits, y), np.searchsorted(limits, p), everyone, len(limits) + 1
    raise ValueError(f"metric {metric!r} is unknown")


def metric_names(label: Label) -> list[str]:
    """The metrics that a label defines, the most telling first.

    Example:
        >>> from mmmie.corpus import Label
        >>> metric_names(Label("sentiment", "regression", range=(-1.5, 1.5)))
        ['mae', 'corr', 'acc2_nonzero', 'f1_nonzero', 'acc2_nonneg', 'f1_nonneg']
    """
    if label.kind == "classification":
        return ["f1_weighted", "accuracy", "f1_macro"]
    return ["mae", "corr", *(_around_neutral(label.range) if label.range else ())]


def _around_neutral(label_range: tuple[float, float]) -> list[str]:
    reach = (label_range[1] - label_range[0]) / 2
    rounded = [name for name, least in _REACH.items() if reach >= least]
    own = _SIMS if label_range == _SIMS_RANGE else ()
    return ["acc2_nonzero", "f1_nonzero", "acc2_nonneg", "f1_nonneg", *rounded, *own]


def classification_metrics(predictions: Any, labels: Any, classes: Sequence[str]) -> dict[str, Any]:
    """Metrics of predicted classes.

    Args:
        predictions: (N, C) scores or probabilities, of which the largest counts, or (N,) indices.
        labels: (N,) indices into `classes`.
        classes: the C names.

    Returns:
        `n`, `accuracy`, `f1_weighted`, `f1_macro` (over the classes that occur among labels or
        predictions, as in scikit-learn) and `per_class`: name → `precision`, `recall`, `f1`
        (0 where nothing was predicted or labelled), `n`, its labels, and `predicted`, how often
        it is predicted.

    Raises:
        InputError: no labels, another number of predictions, an index or a number of columns
            that does not fit `classes`, or scores that are not finite.

    Example:
        >>> found = classification_metrics([0, 1, 1], [0, 1, 0], ("negative", "positive"))
        >>> round(found["accuracy"], 3), found["per_class"]["negative"]["precision"]
        (0.667, 1.0)
    """
    truth = _indices(labels, "labels", classes)
    scores = np.asarray(predictions)
    if scores.ndim == 2:
        if scores.shape[1] != len(classes):
            raise InputError(
                f"predictions have {scores.shape[1]} columns for {len(classes)} classes; give one "
                f"score per class"
            )
        if not np.isfinite(scores).all():
            raise InputError("predictions contain nan or inf; give finite scores")
        scores = scores.argmax(1) if len(scores) else np.zeros(0, np.int64)
    predicted = _indices(scores, "predictions", classes)
    _check_lengths(len(predicted), len(truth))
    counts = _confusion(truth, predicted, len(classes))
    right, labelled, named = counts.diagonal(), counts.sum(1), counts.sum(0)
    precision, recall = _share(right, named), _share(right, labelled)
    f1 = _f1(counts)
    occurs = labelled + named > 0
    return {
        "n": len(truth),
        "accuracy": float((truth == predicted).mean()),
        "f1_weighted": float(np.average(f1, weights=labelled)),
        "f1_macro": float(f1[occurs].mean()),
        "per_class": {
            name: {"precision": p, "recall": r, "f1": f, "n": n, "predicted": k}
            for name, p, r, f, n, k in zip(
                classes,
                *(a.tolist() for a in (precision, recall, f1, labelled, named)),
                strict=True,
            )
        },
    }


def metrics_for(label: Label, predictions: Any, targets: Any) -> dict[str, Any]:
    """`regression_metrics` or `classification_metrics`, whichever fits the label of a corpus.

    Args:
        label: what is predicted.
        predictions: (N,) numbers for regression; (N, C) scores or (N,) indices for classes.
        targets: (N,) numbers or class indices, as `Corpus.targets` gives them.
    """
    if label.kind == "regression":
        return dict(regression_metrics(predictions, targets, label.range))
    return classification_metrics(predictions, targets, label.classes or ())


def primary_metric(kind: Kind) -> tuple[str, bool]:
    """The metric that selects a model, and whether a higher value is better."""
    return _PRIMARY[kind]


def _numbers(values: Any, name: str) -> np.ndarray:
    flat = np.asarray(values, np.float32).ravel()
    finite = np.isfinite(flat)
    if not finite.all():
        row = int((~finite).argmax())
        raise InputError(f"{name} have {flat[row]} in row {row}; give finite numbers")
    return flat


def _indices(values: Any, name: str, classes: Sequence[str]) -> np.ndarray:
    array = np.asarray(values)
    whole = array.ndim == 1 and (array.dtype.kind in "iu" or not len(array))
    if not whole:
        raise InputError(f"{name} are {array.dtype} {array.shape}; give N whole class indices")
    outside = (array < 0) | (array >= len(classes))
    if outside.any():
        row = int(outside.argmax())
        raise InputError(
            f"{name} have class {array[row]} in row {row}; use 0 to {len(classes) - 1}"
        )
    return array


def _check_lengths(predictions: int, labels: int) -> None:
    if not labels:
        raise InputError("labels are empty; give at least one utterance")
    if predictions != labels:
        raise InputError(f"there are {predictions} predictions for {labels} labels; give one each")


def _pearson(p: np.ndarray, y: np.ndarray) -> float:
    # a constant must not pass for one that varies by rounding errors
    if p.min() == p.max() or y.min() == y.max():
        return float("nan")
    return float(np.corrcoef(p, y, dtype=np.float64)[0, 1])


# Not scikit-learn's: importing it takes longer than all the rest of an evaluation.
def _confusion(truth: np.ndarray, predicted: np.ndarray, classes: int) -> np.ndarray:
    """(C, C) how often class i was taken for class j."""
    pairs = truth.astype(np.int64) * classes + predicted
    return np.bincount(pairs, minlength=classes**2).reshape(classes, classes)


def _f1(counts: np.ndarray) -> np.ndarray:
    """(C,) F1 of every class; 0 where nothing was predicted or labelled."""
    return _share(2 * counts.diagonal(), counts.sum(0) + counts.sum(1))


def _share(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    return np.divide(part, whole, out=np.zeros(len(whole)), where=whole > 0)
