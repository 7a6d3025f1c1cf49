"""Predictions as a table: the columns of ``mmmie predict`` and of experiments."""

from __future__ import annotations

import numpy as np
import pandas as pd

from mmmie.corpus import Label

_COLUMNS = ("id", "conversation", "position", "speaker", "split", "label")


def prediction_table(utterances: pd.DataFrame, label: Label, output: np.ndarray) -> pd.DataFrame:
    """What a model says of every utterance, one row each.

    Args:
        utterances: (n) rows with the columns of ``utterances.csv``, of which some may be missing.
        label: what is predicted.
        output: (n,) numbers, or (n, classes) scores whose softmax are the probabilities.

    Returns:
        `id`, `conversation`, `position`, `speaker`, `split`, `label` and `prediction`; of classes
        also ``p_<class>`` each, which sum to 1.

    Example:
        >>> label = Label("mood", "classification", classes=("calm", "fear"))
        >>> table = prediction_table(pd.DataFrame({"id": ["a"]}), label, np.zeros((1, 2)))
        >>> table[["prediction", "p_calm", "p_fear"]].to_dict("records")
        [{'prediction': 'calm', 'p_calm': 0.5, 'p_fear': 0.5}]
    """
    from scipy.special import softmax

    table = utterances.reindex(columns=list(_COLUMNS))
    output = output.astype(float)
    if label.classes is None:
        return table.assign(prediction=output)
    table["prediction"] = [label.classes[i] for i in output.argmax(1)]
    for name, shares in zip(label.classes, softmax(output, axis=1).T, strict=True):
        table[f"p_{name}"] = shares
    return table
