"""All metrics in every part of a split, the first of them with its interval."""

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
        One row a slice, ``all`` first: `slice`, `n`, `low` and `high`, the 95 % interval of
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
