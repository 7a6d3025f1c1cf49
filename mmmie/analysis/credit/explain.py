"""The report of ``mmmie explain``: why a prediction is what it is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from mmmie.analysis.credit.channel_attributions import (
    captum_is_installed,
    channel_attributions,
    channel_steps,
)
from mmmie.analysis.credit.contributions import contributions, modality_summary, split_contributions
from mmmie.corpus import Corpus
from mmmie.errors import InputError

if TYPE_CHECKING:
    from mmmie.analysis.checkpoint import Checkpoint


def explain_report(
    checkpoint: Checkpoint,
    corpus: Corpus,
    utterance: str,
    split: str = "valid",
    class_name: str | None = None,
) -> dict[str, Any]:
    """Contributions to one prediction, and how much each modality moves those of a split.

    Args:
        class_name: the class to explain; the predicted one if left out.

    Returns:
        ``utterance``, ``label``, ``class`` (None for regression), ``prediction``;
        ``modalities``: ``start`` (the mean label) and ``values``, name → value;
        ``context``: ``start`` (the target alone) and ``values``, offset → ``id``, ``speaker``
        (None where unknown), ``count`` of turns and ``value``; of a long window the farthest
        are one, ``farther``;
        ``channels``: ``start`` (the utterance at the mean of the train split), ``gap`` of the
        integral and ``values``, modality → channel → value, or None where Captum is missing;
        ``split``: ``name``, ``n`` and ``mean_absolute``, modality → ``value``, ``low``, ``high``.
        The values of each of the first three add to its ``start`` to give the prediction.

    Raises:
        InputError: no such utterance, class or split, or nothing that the model reads.
    """
    row = row_of(corpus, utterance)
    found = contributions(checkpoint, corpus, row, class_name)
    rows, values = split_contributions(checkpoint, corpus, split)
    summary = modality_summary(corpus, rows, values, list(checkpoint.model.modalities))
    return {
        "utterance": found.utterance,
        "label": corpus.utterances["label"].iloc[row],
        "class": found.class_name,
        "prediction": found.prediction,
        "modalities": {
            "start": found.mean_label,
            "values": dict(found.modalities.itertuples(index=False, name=None)),
        },
        "context": {"start": found.alone, "values": _turns(found.turns)},
        "channels": _channels(checkpoint, corpus, row, found.class_name),
        "split": {
            "name": split,
            "n": len(rows),
            "mean_absolute": {entry.pop("modality"): entry for entry in summary.to_dict("records")},
        },
    }


def row_of(corpus: Corpus, utterance: str) -> int:
    """The row number of an utterance in its corpus.

    Raises:
        InputError: the corpus has no such utterance.
    """
    ids = corpus.utterances["id"]
    found = np.flatnonzero((ids == utterance).to_numpy())
    if not len(found):
        raise InputError(
            f"{corpus.where}: no utterance has `id` {utterance!r}; name one that it holds, such "
            f"as {ids.iloc[0]!r}"
        )
    return int(found[0])


def _channels(
    checkpoint: Checkpoint, corpus: Corpus, row: int, class_name: str | None
) -> dict[str, Any] | None:
    if not captum_is_installed():
        return None
    found = channel_attributions(checkpoint, corpus, row, class_name)
    return {
        "start": found.start,
        "gap": found.gap,
        "values": {
            name: channel_steps(corpus.modalities[name], values).sum().to_dict()
            for name, values in found.values.items()
        },
    }


def _turns(turns: pd.DataFrame) -> dict[str, dict[str, Any]]:
    return {
        str(turn["offset"]) if turn["count"] == 1 else "farther": {
            key: None if pd.isna(turn[key]) else turn[key]
            for key in ("id", "speaker", "count", "value")
        }
        for turn in turns.to_dict("records")
    }
