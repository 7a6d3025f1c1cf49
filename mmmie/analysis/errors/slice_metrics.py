"""Metrics in every part of a split, and the parts where the error is largest."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from mmmie.analysis.codes.probes import conversation_codes
from mmmie.analysis.errors.intervals import metric_interval
from mmmie.analysis.errors.slices import every_slice
from mmmie.corpus import Corpus, Label
from mmmie.metrics import metrics_for


def main_metric(label: Label) -> str:
    """The metric that means something for a slice with a single label too."""
    return "mae" if label.classes is None else "accuracy"


def slice_metrics(
    corpus: Corpus, rows: np.ndarray, output: np.ndarray, seed: int = 0
) -> pd.DataFrame:
    """Metrics of all utterances and of every slice.

    Args:
        corpus: the corpus.
        rows: (n,) utterances.
        output: (n,) predictions, or (n, classes) scores.
        seed: of the bootstrap.

    Returns:
        One row per slice, ``all`` first: `slice`, `n`, `low` and `high`, the 95 % interval of
        `main_metric` by drawing conversations, and the metrics.
    """
    targets, groups = corpus.targets[rows], conversation_codes(corpus, rows)
    name_of_main = main_metric(corpus.label)
    entries: list[dict[str, Any]] = []
    for name, mask in [("all", np.ones(len(rows), bool)), *every_slice(corpus, rows)]:
        found = metric_interval(
            name_of_main, corpus.label, output, targets, groups, mask, seed=seed
        )
        metrics = metrics_for(corpus.label, output[mask], targets[mask])
        plain = {k: v for k, v in metrics.items() if not isinstance(v, dict)}
        entries.append({"slice": name, "low": found.low, "high": found.high, **plain})
    return pd.DataFrame(entries)


def worst_slices(
    corpus: Corpus, rows: np.ndarray, output: np.ndarray, seed: int = 0
) -> pd.DataFrame:
    """How large the error is in every slice, largest first, with 95 % intervals.

    The measure is the mean absolute error, or the share of wrong classes: both have a meaning
    for a slice with a single label too, unlike correlation or F1. Arguments as for
    `slice_metrics`.

    Returns:
        `slice`, `n`, `value`, `low`, `high`; the row ``all`` stands first.
    """
    name, table = main_metric(corpus.label), slice_metrics(corpus, rows, output, seed)
    table = table[["slice", "n", name, "low", "high"]].rename(columns={name: "value"})
    if name == "accuracy":
        table = table.assign(value=1 - table["value"], low=1 - table["high"], high=1 - table["low"])
    worst = table[1:].sort_values("value", ascending=False, kind="stable")
    return pd.concat([table[:1], worst], ignore_index=True)
