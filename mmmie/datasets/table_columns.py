"""Tables as people write them: columns found under their usual names."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from mmmie.corpus import NO_LABEL
from mmmie.datasets.conversations import place_of, utterance_table
from mmmie.datasets.file_kind import Source
from mmmie.datasets.loose_values import Unusable
from mmmie.datasets.splits import splits_of_column
from mmmie.datasets.streamed_corpus import Reading, Stream
from mmmie.datasets.table_cells import number_cells, number_or_text_cells, text_cells, times_of

ALIASES = {
    "id": ("id", "utt_id", "segment", "segment_id"),
    "conversation": (
        "conversation",
        "conversation_id",
        "dialogue_id",
        "dialogue",
        "video_id",
        "video",
    ),
    "position": ("position", "utterance_id", "clip_id", "clip", "turn", "index"),
    "split": ("split", "mode", "partition", "fold"),
    "label": ("label", "sentiment", "sentiment_label", "emotion", "target", "score"),
    "transcript": ("transcript", "text", "utterance", "raw_text", "sentence"),
    "speaker": ("speaker", "speaker_id", "speaker_name"),
    "start": ("start", "start_time", "starttime"),
    "end": ("end", "end_time", "endtime"),
}
"""Column of a corpus → what it is called elsewhere, small letters, best first."""


def reading_of_table(
    source: Source,
    table: pd.DataFrame,
    streams: dict[str, Stream],
    *,
    zero_non_finite: bool,
    notes: Sequence[str] = (),
) -> Reading:
    """A reading from a table whose columns may have any of the usual names.

    Args:
        table: one row per utterance, in the order of `streams`.
        streams: modality → features.
        notes: what was noted before.

    Raises:
        Unusable: there is no way to tell utterances apart, or a label makes no sense.
    """
    if not len(table):
        raise Unusable("has no utterances; add at least one row")
    table = table.copy()
    names = usual_names(table, source.said.name)
    columns = {name: table[original] for name, original in names.items()}
    rest = [name for name in table.columns if name not in names.values()]
    held = columns.get("label", pd.Series([""] * len(table)))
    label, labels, of_label = source.label_of(held, names.get("label", "label"))
    of_label += _other_labels(names.get("label"), rest, source.said.name)
    conversations, ids = _names(columns, len(table))
    splits, of_splits = splits_of_column(columns.get("split"), conversations, label != NO_LABEL)
    order = number_cells(columns["position"], "position") if "position" in columns else None
    times = times_of(columns)
    if order is None and "start" in times and np.isfinite(times["start"]).all():
        order = times["start"]
    if order is None and not any(place_of(name)[1] is not None for name in ids):
        order = np.arange(len(table), dtype=float)
    further: dict[str, Any] = {
        name: text_cells(columns[name]) for name in ("speaker", "transcript") if name in columns
    }
    further |= {name: held for name, held in times.items() if np.isfinite(held).any()}
    if "speaker" in further:
        further["speaker"] = further["speaker"].where(further["speaker"] != "", None)
    for name in rest:
        if not isinstance(table[name].iloc[0], (list, tuple, dict, np.ndarray, bytes)):
            kept = f"{name}_in_file" if name == "label" else name  # another is the label
            further.setdefault(kept, number_or_text_cells(table[name]))
    made = utterance_table(
        ids, splits, labels, conversations=conversations, order=order, columns=further
    )
    streams = {
        name: replace(stream, zero_non_finite=zero_non_finite) for name, stream in streams.items()
    }
    return source.reading(label, made, streams, notes=[*notes, *of_label, *of_splits])


def usual_names(table: pd.DataFrame, label: str | None = None) -> dict[str, str]:
    """Column of a corpus → what it is called in a table; only those that are there.

    Args:
        label: the column of the label, where the table has it.
    """
    by_small = {str(name).lower().replace(" ", "_"): str(name) for name in reversed(table.columns)}
    found: dict[str, str] = {}
    for name, aliases in ALIASES.items():
        for alias in aliases:
            if alias in by_small and by_small[alias] not in found.values():
                found[name] = by_small[alias]
                break
    if label is not None and label in table.columns:
        found = {name: held for name, held in found.items() if held != label} | {"label": label}
    return found


def _other_labels(label: str | None, rest: list[str], said: str | None) -> list[str]:
    """A note where several columns may be the label."""
    others = [name for name in rest if name.lower().replace(" ", "_") in ALIASES["label"]]
    if label is None or label == said or label.lower() == "label" or not others:
        return []
    return [
        f"`{label}` was taken as the label; for `{others[0]}` say so with `--label "
        f"name={others[0]}`."
    ]


def _names(columns: dict[str, pd.Series], n: int) -> tuple[list[str], list[str]]:
    if "conversation" in columns:
        conversations = list(text_cells(columns["conversation"]))
        if "" in conversations:
            raise Unusable(f"`conversation` of row {conversations.index('') + 1} is empty; name it")
        if "id" in columns:
            return conversations, list(text_cells(columns["id"]))
        numbers = text_cells(columns["position"]) if "position" in columns else map(str, range(n))
        return conversations, [f"{c}_{k}" for c, k in zip(conversations, numbers, strict=True)]
    if "id" not in columns:
        raise Unusable("has neither `id` nor `conversation`; add one of them")
    ids = list(text_cells(columns["id"]))
    return [place_of(name)[0] for name in ids], ids
