"""What kind of label a corpus has, with its range or classes, guessed from the values."""

from __future__ import annotations

import numpy as np
import pandas as pd

from mmmie.corpus import NO_LABEL, Label
from mmmie.datasets.loose_values import Unusable
from mmmie.datasets.table_cells import text_cells

MOST_CLASSES = 100
_SCALES = ((-1.0, 1.0), (-3.0, 3.0), (1.0, 5.0))


def regression_label(values: np.ndarray) -> Label:
    """A label with the scale that holds all values: [-1, 1], [-3, 3], [1, 5], or the next wholes.

    Raises:
        Unusable: there is a value that is not finite.
    """
    if not len(values):
        raise Unusable("has no utterances; get the file again")
    if not np.isfinite(values).all():
        bad = int((~np.isfinite(values)).argmax())
        raise Unusable(f"the label of utterance {bad} is {values[bad]}; use a finite number")
    low, high = float(values.min()), float(values.max())
    for scale in _SCALES:
        if scale[0] <= low and high <= scale[1]:
            return Label("sentiment", "regression", scale)
    low, high = float(np.floor(low)), float(np.ceil(high))
    return Label("sentiment", "regression", (low, max(high, low + 1)))


def label_of_column(column: pd.Series) -> tuple[Label, list[str | None] | np.ndarray]:
    """Numbers or class names (N) of a column, and the label that they are values of.

    Raises:
        Unusable: it mixes numbers and names, or has too few or too many classes.
    """
    numbers = pd.to_numeric(column, errors="coerce").to_numpy(np.float64)
    text = text_cells(column)
    given = (text != "").to_numpy()
    if not given.any():
        return NO_LABEL, numbers
    if np.isfinite(numbers[given]).all():
        return regression_label(numbers[given]), numbers
    if np.isfinite(numbers[given]).any():
        bad = int((given & ~np.isfinite(numbers)).argmax())
        raise Unusable(
            f"the label of row {bad + 1} is {text.iloc[bad][:40]!r}; use a finite number in every "
            f"row, or a class name in every row"
        )
    classes = tuple(sorted(set(text[given])))
    if not 2 <= len(classes) <= MOST_CLASSES:
        raise Unusable(f"`label` has {len(classes):,} classes; use 2 to {MOST_CLASSES}, or numbers")
    return Label("sentiment", "classification", classes=classes), [name or None for name in text]
