"""What a comparison says, in words."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from app.views.words import interval_text, metric
from mmmie.corpus import Label

DIFFERENCES_EXPLAINED = """
Every row is a metric; right of the line the second checkpoint is better, left of it the first.
Both predict the **same utterances**, so what makes an utterance hard for either cancels, and the
interval is narrower than those of the two metrics alone. Whole conversations are drawn, because
their utterances resemble each other. A filled dot: the interval leaves zero out.

An interval that leaves zero out says that these two *trained models* differ, not that the two
*configurations* do: another seed would give other models. Train a few seeds each before you say
so.
"""
PREDICTIONS_EXPLAINED = {
    "numbers": "Every dot is an utterance. On the dotted line both say the same; orange dots are "
    "those where the second is nearer to the truth, grey where the first is. Click a dot, or draw "
    "a box or a lasso: the selection holds on every page.",
    "classes": "How many utterances each pair of classes was predicted for. Where both agree "
    "there is no colour; the darker a cell, the more utterances the two see differently.",
}
CURVES_EXPLAINED = """
One line a checkpoint, one panel a quantity. The losses of the two are only comparable if their
objectives are: a term that one of them lacks is missing from its sum.
"""


def difference_title(differences: pd.DataFrame, primary: str) -> str:
    """Which of the two is better by the primary metric, and whether that is more than chance."""
    row = differences[differences["metric"] == primary].iloc[0]
    known = metric(primary)
    difference, low, high = (float(row[k]) for k in ("difference", "low", "high"))
    if not np.isfinite(difference) or difference == 0:
        return f"Both reach the same {known.name}"
    if not (low > 0 or high < 0):
        said = _signed(interval_text(difference, low, high))
        return f"No difference beyond chance: {said} {known.name}, second minus first"
    winner = "second" if (difference > 0) == known.higher_is_better else "first"
    if difference < 0:
        difference, low, high = -difference, -high, -low
    return f"The {winner} is better by {interval_text(difference, low, high)} {known.name}"


def values_table(differences: pd.DataFrame) -> pd.DataFrame:
    """Both values of every metric and their difference, as text."""
    rows = []
    for row in differences.to_dict("records"):
        known = metric(str(row["metric"]))
        rows.append(
            {
                "metric": known.name,
                "first": known.text(row["first"]),
                "second": known.text(row["second"]),
                "second minus first": _signed(
                    interval_text(row["difference"], row["low"], row["high"], share=known.share)
                ),
            }
        )
    return pd.DataFrame(rows)


def curve_titles(label: Label) -> dict[str, str]:
    """The keys of the metric history that are compared, with the titles of their panels."""
    if label.classes:
        return {"train/loss": "training loss", "valid/f1_weighted": "F1 weighted on valid"}
    return {
        "train/loss": "training loss",
        "valid/mae": "MAE on valid, label units",
        "valid/corr": "correlation on valid",
    }


def configuration_words(settings: pd.DataFrame) -> pd.DataFrame:
    """The configuration diff with values as a person writes them."""
    return settings.assign(
        first=settings["first"].map(_value), second=settings["second"].map(_value)
    )


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, float):
        return "–" if np.isnan(value) else f"{value:g}"
    if isinstance(value, (list, tuple)):
        return ", ".join(map(str, value))
    if isinstance(value, dict):
        return ", ".join(f"{key} {_value(v)}" for key, v in value.items())
    return "–" if value is None else str(value)


def _signed(text: str) -> str:
    return text.replace("-", "−")
