"""Numbers, times and texts from the cells of a table."""

from __future__ import annotations

import numpy as np
import pandas as pd

from mmmie.corpus.text_tables import LONGEST_TEXT
from mmmie.corpus.times import seconds_of
from mmmie.datasets.loose_values import Unusable


def time_cells(column: pd.Series, name: str) -> np.ndarray:
    """Times in seconds (N,), NaN where a cell holds none (see `seconds_of`).

    Raises:
        Unusable: a cell holds anything else.
    """
    seconds = [seconds_of(cell) for cell in text_cells(column)]
    if None in seconds:
        bad = seconds.index(None)
        raise Unusable(
            f"`{name}` of row {bad + 1} is {str(column.iloc[bad])[:40]!r}; give seconds, or a time "
            f"such as 0:12:43.012"
        )
    return np.array(seconds, np.float64)


def number_cells(column: pd.Series, name: str) -> np.ndarray:
    """Finite numbers (N,).

    Raises:
        Unusable: a cell is empty or holds anything else.
    """
    numbers = pd.to_numeric(column, errors="coerce").to_numpy(np.float64)
    wrong = ~np.isfinite(numbers)
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
