"""Labels of several columns, the same in every reader: seven of CMU-MOSEI, or one per emotion."""

from __future__ import annotations

import numpy as np

from mmmie.datasets.loose_values import Unusable, described

EMOTIONS = ("happiness", "sadness", "anger", "surprise", "disgust", "fear")
"""The emotions behind the sentiment in the labels of CMU-MOSEI, in their order."""

NO_CLASS = "none"


def sentiment_and_emotions(
    values: np.ndarray, what: str
) -> tuple[np.ndarray, dict[str, np.ndarray], list[str]]:
    """Labels of one column, or of seven, of which the first is sentiment.

    Args:
        values: (N, …) with one or seven numbers per utterance.

    Returns:
        Labels (N,); further columns ``emotion_…`` (N,); notes.

    Raises:
        Unusable: there is another number of columns.
    """
    rows = values.reshape(len(values), -1).astype(np.float64)
    if rows.shape[1] == 1:
        return rows[:, 0], {}, []
    if rows.shape[1] != 1 + len(EMOTIONS):
        raise Unusable(
            f"{what} is {described(values)}; one number per utterance, or sentiment and "
            f"{len(EMOTIONS)} emotions, is expected"
        )
    columns = {f"emotion_{name}": rows[:, i + 1] for i, name in enumerate(EMOTIONS)}
    note = (
        f"Of the seven columns of {what} the first, sentiment, is the label; the others became the "
        f"columns emotion_{EMOTIONS[0]} to emotion_{EMOTIONS[-1]}."
    )
    return rows[:, 0], columns, [note]


def one_of_several(
    yes: np.ndarray, classes: tuple[str, ...], ids: list[str]
) -> tuple[list[str], tuple[str, ...], dict[str, np.ndarray], list[str]]:
    """One class per utterance from yes or no for each of several.

    Of several the first is taken, in the order of `classes`; none of them is a class of its own.
    Where either occurs, each class becomes a column of 0 and 1, so that nothing is lost.

    Args:
        yes: (N, classes) bool.
        ids: names of the utterances (N).

    Returns:
        Class names (N); all classes; further columns (N,); notes.
    """
    count = yes.sum(axis=1)
    names = [classes[int(row.argmax())] if row.any() else NO_CLASS for row in yes]
    notes = []
    for what, bad, fate in (
        ("none", count == 0, f"they are the class `{NO_CLASS}`"),
        ("several", count > 1, f"the first of {', '.join(classes)} is the label"),
    ):
        if bad.any():
            notes.append(
                f"{int(bad.sum()):,} of {len(yes):,} utterances have {what} of the "
                f"{len(classes)} emotions, {ids[int(bad.argmax())]!r} first: {fate}."
            )
    columns = {f"emotion_{name}": yes[:, i].astype(int) for i, name in enumerate(classes)}
    every = classes if count.all() else (*classes, NO_CLASS)
    return names, every, columns if notes else {}, notes
