"""How well each class is found: precision, recall and F1, and how often it is predicted."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from mmmie.analysis.errors.resampling import share_intervals


def class_table(
    classes: Sequence[str],
    output: np.ndarray,
    targets: np.ndarray,
    groups: np.ndarray,
    mask: np.ndarray | None = None,
) -> pd.DataFrame:
    """Precision, recall and F1 of every class, with 95 % intervals by drawing conversations.

    Args:
        classes: the C names.
        output: (n, C) probabilities or scores, of which the largest counts.
        targets: (n,) class indices.
        groups: (n,) integers, the conversation of every utterance.
        mask: (n,) bool, the utterances that count; all if left out.

    Returns:
        One row per class: `class`, `n` (its utterances), `predicted` (how often it is predicted),
        and `precision`, `recall`, `f1`, each with `…_low` and `…_high`. NaN is what is not
        defined: the precision of a class that is never predicted, the recall of one that does not
        occur, and intervals of what fewer than two conversations hold.

    Example:
        >>> scores = np.array([[0.9, 0.1], [0.6, 0.4], [0.2, 0.8]])
        >>> table = class_table(("calm", "fear"), scores, np.array([0, 1, 1]), np.arange(3))
        >>> table[["class", "n", "predicted", "precision", "recall"]].to_dict("records")[0]
        {'class': 'calm', 'n': 1, 'predicted': 2, 'precision': 0.5, 'recall': 1.0}
    """
    every = np.arange(len(classes))
    truth, guess = targets[:, None] == every, output.argmax(1)[:, None] == every
    right = (truth & guess).astype(float)
    labelled, named = truth.astype(float), guess.astype(float)
    found = share_intervals(
        np.concatenate([right, right, 2 * right], 1),
        np.concatenate([named, labelled, named + labelled], 1),
        groups,
        mask,
    )
    kept = slice(None) if mask is None else mask
    table = pd.DataFrame(
        {"class": classes, "n": truth[kept].sum(0), "predicted": guess[kept].sum(0)}
    )
    for place, name in enumerate(("precision", "recall", "f1")):
        own = found[place * len(classes) : (place + 1) * len(classes)]
        table[name] = [one.value for one in own]
        table[f"{name}_low"] = [one.low for one in own]
        table[f"{name}_high"] = [one.high for one in own]
    return table


def never_predicted(classes: Sequence[str], output: np.ndarray, targets: np.ndarray) -> list[str]:
    """The classes that occur among the labels and are never predicted; arguments as above."""
    count = len(classes)
    occurs = np.bincount(targets, minlength=count) > 0
    named = np.bincount(output.argmax(1), minlength=count) > 0
    return [name for name, missed in zip(classes, occurs & ~named, strict=True) if missed]
