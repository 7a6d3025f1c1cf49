"""Where a model fails: the error in parts of a split, with intervals."""

from __future__ import annotations

import numpy as np
import pandas as pd

from mmmie.analysis.codes.probes import conversation_codes
from mmmie.analysis.errors.intervals import metric_interval
from mmmie.analysis.errors.slice_metrics import main_metric
from mmmie.analysis.errors.slices import every_slice
from mmmie.corpus import Corpus


def failures(corpus: Corpus, rows: np.ndarray, output: np.ndarray, seed: int = 0) -> pd.DataFrame:
    """How large the error is in every slice, largest first, with 95 % intervals.

    The measure is the mean absolute error, or the share of wrong classes: both have a meaning
    for a slice with a single label too, unlike correlation or F1.

    Args:
        corpus: the corpus.
        rows: (n,) utterances.
        output: (n,) predictions, or (n, classes) scores.
        seed: of the bootstrap.

    Returns:
        `slice`, `n`, `value`, `low`, `high`; the row ``all`` stands first.
    """
    targets = corpus.targets[rows]
    groups = conversation_codes(corpus, rows)
    metric = main_metric(corpus.label)
    everything = ("all", np.ones(len(rows), bool))
    entries: list[dict[str, object]] = []
    for name, mask in [everything, *every_slice(corpus, rows)]:
        found = metric_interval(metric, corpus.label, output, targets, groups, mask, seed=seed)
        value, low, high = found.value, found.low, found.high
        if metric == "accuracy":
            value, low, high = 1 - value, 1 - high, 1 - low
        entries.append(
            {"slice": name, "n": int(mask.sum()), "value": value, "low": low, "high": high}
        )
    table = pd.DataFrame(entries)
    worst = table[1:].sort_values("value", ascending=False, kind="stable")
    return pd.concat([table[:1], worst], ignore_index=True)
