"""One row of a Markdown table a model: metrics over seeds with 95 % t intervals of the mean."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from typing import Any

from mmmie.corpus import Label

_TITLES = {
    "regression": {
        "mae": "MAE",
        "corr": "Corr",
        "acc2_nonzero": "Acc-2 non-zero",
        "acc7": "Acc-7",
    },
    "classification": {
        "f1_weighted": "weighted F1",
        "accuracy": "accuracy",
        "f1_macro": "macro F1",
    },
}


def head(label: Label) -> str:
    """The two lines that a table starts with."""
    cells = ["model", *_TITLES[label.kind].values(), "seeds", "CPU seconds a seed"]
    return f"| {' | '.join(cells)} |\n{'|---' * len(cells)}|"


def row(label: Label, name: str, results: Sequence[dict[str, Any]], seconds: float) -> str:
    """One line of the table.

    Args:
        label: what is predicted.
        name: of the model.
        results: what `mmmie.metrics.metrics_for` returned for every seed.
        seconds: processor time of one seed.
    """
    cells = [_cell([result[key] for result in results]) for key in _TITLES[label.kind]]
    return f"| {name} | {' | '.join(cells)} | {len(results)} | {seconds:.1f} |"


def _cell(values: list[float | None]) -> str:
    known = [value for value in values if value is not None and math.isfinite(value)]
    if len(known) < len(values):
        return "–"
    mean = statistics.fmean(known)
    if len(known) == 1:
        return f"{mean:.3f}"
    from scipy.stats import t

    error = statistics.stdev(known) / math.sqrt(len(known))
    half = float(t.ppf(0.975, len(known) - 1)) * error
    return f"{mean:.3f} [{mean - half:.3f}, {mean + half:.3f}]"
