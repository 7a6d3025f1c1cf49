"""Colour-by: what a mark's colour says, the same on every map."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from app.parts.style import (
    CATEGORIES,
    ERROR_SCALE,
    NEUTRAL,
    SENTIMENT_SCALE,
    SEQUENTIAL_SCALE,
    class_colours,
)
from mmmie.corpus import Label

_MOST_CATEGORIES = 9
_FEWEST_VALUES = 12  # a numeric column with fewer counts as categories
_OTHERS = "others"


@dataclass(frozen=True)
class Colouring:
    """Colours of n marks.

    Attributes:
        values: (n,) numbers of a scale, or colours.
        scale: what plotly's ``coloraxis`` needs; None where `values` are colours.
        legend: name → colour, for categories.
    """

    values: np.ndarray
    scale: dict[str, Any] | None = None
    legend: dict[str, str] = field(default_factory=dict)


def colouring(frame: pd.DataFrame, by: str, label: Label) -> Colouring:
    """How utterances are coloured by a column of their frame.

    Labels and predictions are diverging with the corpus' own limits, errors and other numbers
    sequential, everything else categories: the nine most frequent and the rest.
    """
    column = frame[by]
    if by in ("label", "prediction"):
        if label.classes is not None:
            return _categories(column, class_colours(list(label.classes)))
        low, high = label.range or _symmetric(frame["label"])
        return Colouring(column.to_numpy(float), _scale(SENTIMENT_SCALE, low, high, by))
    if by == "absolute_error":
        values = column.to_numpy(float)
        top = 1.0 if label.classes is not None else float(np.quantile(values, 0.98))
        return Colouring(values, _scale(ERROR_SCALE, 0.0, max(top, 1e-6), "error"))
    if pd.api.types.is_numeric_dtype(column) and column.nunique() >= _FEWEST_VALUES:
        values = column.to_numpy(float)
        low, high = (float(v) for v in np.nanquantile(values, [0.02, 0.98]))
        return Colouring(values, _scale(SEQUENTIAL_SCALE, low, max(high, low + 1e-6), by))
    return _categories(column, {})


def _categories(column: pd.Series, known: dict[str, str]) -> Colouring:
    names = column.map(_name)
    if not known:
        frequent = list(names.value_counts().index[:_MOST_CATEGORIES])
        order = sorted(n for n in frequent if n != "unknown")
        known = {name: CATEGORIES[i % len(CATEGORIES)] for i, name in enumerate(order)}
    colours = names.map(known).fillna(NEUTRAL).to_numpy(object)
    legend = {name: colour for name, colour in known.items() if (names == name).any()}
    if (~names.isin(list(known))).any():
        legend[_OTHERS] = NEUTRAL
    return Colouring(colours, None, legend)


def _name(value: Any) -> str:
    if pd.isna(value):
        return "unknown"
    return f"{value:g}" if isinstance(value, (float, np.floating)) else str(value)


def _symmetric(labels: pd.Series) -> tuple[float, float]:
    """Limits around zero for a label without a range."""
    most = float(labels.abs().max()) or 1.0
    return -most, most


def _scale(colours: list[list[Any]], low: float, high: float, title: str) -> dict[str, Any]:
    bar = {"title": {"text": title.replace("_", " "), "side": "right"}, "thickness": 10, "len": 0.5}
    return {
        "colorscale": colours,
        "cmin": low,
        "cmax": high,
        "colorbar": {
            **bar,
            "orientation": "h",
            "x": 0,
            "xanchor": "left",
            "y": 1.05,
            "yanchor": "bottom",
        },
    }
