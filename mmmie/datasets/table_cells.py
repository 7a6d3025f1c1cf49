"""Numbers, times and texts from the cells of a table."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from mmmie.datasets.loose_values import LONGEST_TEXT, Unusable


def times_of(columns: Mapping[str, pd.Series]) -> dict[str, np.ndarray]:
    """``start`` and ``end`` in seconds (N,), NaN where a cell is empty; those that are there.

    Raises:
        Unusable: a cell holds words.
    """
    times = ("start", "end")
    return {name: number_cells(columns[name], name, True) for name in times if name in columns}


def number_cells(column: pd.Series, name: str, gaps: bool = False) -> np.ndarray:
    """Numbers (N,); with `gaps` empty cells are NaN, else a fault as all that is not a number."""
    numbers = pd.to_numeric(column, errors="coerce").to_numpy(np.float64)
    wrong = ~np.isfinite(numbers)
    if gaps:
        wrong &= (text_cells(column) != "").to_numpy()
    if wrong.any():
        bad = int(wrong.argmax())
        raise Unusable(
            f"`{name}` of row {bad + 1} is {str(column.iloc[bad])[:40]!r}; use a finite number"
        )
    return numbers


def text_cells(column: pd.Series) -> pd.Series:
    """Texts (N), empty where a cell is missing."""
    missing = column.isna()
    text = column.astype(object).where(~missing, "").astype(str)
    if (text.str.len() > LONGEST_TEXT).any():
        raise Unusable(f"`{column.name}` holds a text of more than {LONGEST_TEXT:,} characters")
    return text


def number_or_text_cells(column: pd.Series) -> pd.Series:
    """Numbers where all cells are numbers, else text."""
    if pd.api.types.is_numeric_dtype(column):
        return column
    numbers = pd.to_numeric(column.replace("", None), errors="coerce")
    text = text_cells(column)
    return text if (numbers.isna() & (text != "")).any() or (text == "").all() else numbers
