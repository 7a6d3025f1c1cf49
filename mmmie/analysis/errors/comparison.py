"""Two checkpoints on the same utterances."""

from __future__ import annotations

from itertools import chain

import numpy as np
import pandas as pd

from mmmie.analysis.codes.probes import conversation_codes
from mmmie.analysis.errors.intervals import (
    difference_interval,
    metric_interval,
    metrics_with_intervals,
)
from mmmie.analysis.errors.resampling import mean_intervals
from mmmie.analysis.errors.slices import label_slices, slices, turn_slices
from mmmie.analysis.outputs import TRAINED, SplitOutputs
from mmmie.corpus import Corpus


def metric_differences(
    corpus: Corpus,
    first: SplitOutputs,
    second: SplitOutputs,
    seed: int = 0,
    mask: np.ndarray | None = None,
) -> pd.DataFrame:
    """Metrics of both and their paired difference with 95 % intervals by conversation.

    Args:
        corpus: the corpus.
        first: of a split of it.
        second: of the same split.
        seed: of the bootstrap.
        mask: (n,) bool, the utterances that count; all if left out.

    Returns:
        one row a metric: `metric`, `first`, `second`, `difference` (second minus first), `low`,
        `high`.
    """
    targets = corpus.targets[first.rows]
    groups = conversation_codes(corpus, first.rows)
    a, b = first.output[TRAINED], second.output[TRAINED]
    entries = []
    for metric in metrics_with_intervals(corpus.label):
        difference = difference_interval(
            metric, corpus.label, a, b, targets, groups, mask, seed=seed
        )
        values = [
            metric_interval(metric, corpus.label, x, targets, groups, mask, repeats=1).value
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


def slice_gains(
    corpus: Corpus, first: SplitOutputs, second: SplitOutputs, seed: int = 0
) -> pd.DataFrame:
    """How much smaller the error of the second is in every slice, with paired 95 % intervals.

    The error is the absolute error, or 1 where the class is wrong and 0 where it is right: both
    have a meaning for a slice with a single label too, unlike correlation or F1.

    Returns:
        `slice`, `n`, `first`, `second` (mean errors), `gain` (first minus second: above 0 the
        second is better), `low`, `high`; the row ``all`` first, then by falling gain. Slices of
        the same utterances are named once.
    """
    targets = corpus.targets[first.rows]
    groups = conversation_codes(corpus, first.rows)
    errors = np.stack([_errors(o.output[TRAINED], targets) for o in (first, second)], 1)
    gain = errors[:, :1] - errors[:, 1:]
    everything = [("all", np.ones(len(targets), bool))]
    parts = [f(corpus, first.rows) for f in (slices, label_slices, turn_slices)]
    entries: list[dict[str, object]] = []
    seen: set[bytes] = set()
    for name, mask in [*everything, *chain.from_iterable(parts)]:
        if mask.tobytes() in seen:
            continue
        seen.add(mask.tobytes())
        (found,) = mean_intervals(gain, groups, mask, seed=seed)
        before, after = errors[mask].mean(0)
        entries.append(
            {
                "slice": name,
                "n": int(mask.sum()),
                "first": float(before),
                "second": float(after),
                "gain": found.value,
                "low": found.low,
                "high": found.high,
            }
        )
    table = pd.DataFrame(entries)
    ordered = table[1:].sort_values("gain", ascending=False, kind="stable")
    return pd.concat([table[:1], ordered], ignore_index=True)


def _errors(output: np.ndarray, targets: np.ndarray) -> np.ndarray:
    if output.ndim == 1:
        return np.abs(output.astype(float) - targets)
    return (output.argmax(1) != targets).astype(float)
