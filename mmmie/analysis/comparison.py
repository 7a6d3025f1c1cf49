"""Two checkpoints on the same utterances."""

from __future__ import annotations

import numpy as np
import pandas as pd

from mmmie.analysis.intervals import difference_interval, metric_interval, metrics_with_intervals
from mmmie.analysis.outputs import TRAINED, SplitOutputs
from mmmie.analysis.probes import conversation_codes
from mmmie.corpus import Corpus


def metric_differences(
    corpus: Corpus, first: SplitOutputs, second: SplitOutputs, seed: int = 0
) -> pd.DataFrame:
    """Metrics of both and their paired difference with 95 % intervals by conversation.

    Both must be of the same split of `corpus`.

    Returns:
        one row a metric: `metric`, `first`, `second`, `difference` (second minus first), `low`,
        `high`.
    """
    targets = corpus.targets[first.rows]
    groups = conversation_codes(corpus, first.rows)
    a, b = first.output[TRAINED], second.output[TRAINED]
    entries = []
    for metric in metrics_with_intervals(corpus.label):
        difference = difference_interval(metric, corpus.label, a, b, targets, groups, seed=seed)
        values = [
            metric_interval(metric, corpus.label, x, targets, groups, repeats=1).value
            for x in (a, b)
        ]
        entries.append(
            {
                "metric": metric,
                "first": values[0],
                "second": values[1],
                "difference": difference.value,
                "low": difference.low,
                "high": difference.high,
            }
        )
    return pd.DataFrame(entries)


def disagreements(corpus: Corpus, first: SplitOutputs, second: SplitOutputs) -> pd.DataFrame:
    """The utterances with both predictions, those that disagree most first.

    Returns:
        `id`, `conversation`, `label`, `first`, `second` (predictions), `distance` between them:
        absolute for numbers, total variation between the class probabilities otherwise,
        `gain`: how much smaller the error of the second is; and `speaker` and `transcript`
        where the corpus has them.
    """
    a, b = first.frame(corpus), second.frame(corpus)
    x, y = first.output[TRAINED], second.output[TRAINED]
    distance = np.abs(x - y) if x.ndim == 1 else np.abs(x - y).sum(1) / 2
    held = [c for c in ("id", "conversation", "speaker", "label", "transcript") if c in a]
    table = a[held].assign(
        first=a["prediction"],
        second=b["prediction"],
        distance=distance.astype(float),
        gain=a["absolute_error"] - b["absolute_error"],
    )
    return table.sort_values("distance", ascending=False, kind="stable").reset_index(drop=True)
