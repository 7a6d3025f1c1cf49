"""Parts of a split worth looking at on their own, and the metrics there."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from mmmie.corpus import STANDARD_COLUMNS, Corpus
from mmmie.metrics import metrics_for

_MOST_VALUES = 10
_FEWEST_UTTERANCES = 10


def slices(corpus: Corpus, rows: np.ndarray) -> Iterator[tuple[str, np.ndarray]]:
    """Name and mask (n,) of every slice of the utterances `rows`.

    A slice is one value of a further column with at most ten values, ``ambiguous=1`` say;
    slices of fewer than ten utterances are left out.
    """
    table = corpus.utterances.iloc[rows]
    for column in table.columns:
        if column in STANDARD_COLUMNS or str(column).startswith("latent_"):
            continue
        values = pd.Series(table[column]).dropna()
        if not 2 <= values.nunique() <= _MOST_VALUES:
            continue
        for value in sorted(values.unique()):
            mask = (table[column] == value).to_numpy()
            if mask.sum() >= _FEWEST_UTTERANCES:
                yield f"{column}={_plain(value)}", mask


def slice_metrics(corpus: Corpus, rows: np.ndarray, output: np.ndarray) -> pd.DataFrame:
    """Metrics of every slice and of all, one row each with the columns `slice`, `n` and metrics.

    Args:
        corpus: the corpus.
        rows: (n,) utterances.
        output: (n,) predictions, or (n, classes) scores.
    """
    targets = corpus.targets[rows]
    entries: list[dict[str, Any]] = []
    for name, mask in [("all", np.ones(len(rows), bool)), *slices(corpus, rows)]:
        metrics = metrics_for(corpus.label, output[mask], targets[mask])
        plain = {k: v for k, v in metrics.items() if not isinstance(v, dict)}
        entries.append({"slice": name, **plain})
    return pd.DataFrame(entries)


def _plain(value: Any) -> str:
    return f"{value:g}" if isinstance(value, (float, np.floating)) else str(value)
