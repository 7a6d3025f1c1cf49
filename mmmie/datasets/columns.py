"""Tables as people write them: columns found under their usual names."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from mmmie.corpus import NO_LABEL, Label
from mmmie.datasets.reading import Reading, Stream
from mmmie.datasets.source import Source
from mmmie.datasets.tables import (
    SPLIT_NAMES,
    place_of,
    regression_label,
    split_by_name,
    utterance_table,
)
from mmmie.datasets.values import LONGEST_TEXT, Unusable

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

MOST_CLASSES = 100
_TIMES = ("start", "end")


def reading_of_table(
    source: Source, table: pd.DataFrame, streams: dict[str, Stream], *, mend: bool
) -> Reading:
    """A reading from a table whose columns may have any of the usual names.

    Args:
        source: what is read.
        table: one row an utterance, in the order of `streams`.
        streams: modality → features.
        mend: whether features that are not finite become 0.

    Raises:
        Unusable: there is no way to tell utterances apart, or a label makes no sense.
    """
    if not len(table):
        raise Unusable("holds no utterance; add at least one row")
    table = table.copy()
    names = usual_names(table)
    columns = {name: table[original] for name, original in names.items()}
    rest = [name for name in table.columns if name not in names.values()]
    label, labels = _label(columns.get("label", pd.Series([""] * len(table))))
    conversations, ids = _names(columns, len(table))
    splits, note = _splits(columns.get("split"), conversations, label)
    order = _numbers(columns["position"], "position") if "position" in columns else None
    times = {name: _numbers(columns[name], name, True) for name in _TIMES if name in columns}
    if order is None and "start" in times and np.isfinite(times["start"]).all():
        order = times["start"]
    if order is None and not any(place_of(name)[1] is not None for name in ids):
        order = np.arange(len(table), dtype=float)
    further: dict[str, Any] = {
        name: _text(columns[name]) for name in ("speaker", "transcript") if name in columns
    }
    further |= {name: held for name, held in times.items() if np.isfinite(held).any()}
    if "speaker" in further:
        further["speaker"] = further["speaker"].where(further["speaker"] != "", None)
    for name in rest:
        if not isinstance(table[name].iloc[0], (list, tuple, dict, np.ndarray, bytes)):
            further.setdefault(name, _loose(table[name]))
    made = utterance_table(
        ids, splits, labels, conversations=conversations, order=order, columns=further
    )
    streams = {name: replace(stream, mend=mend) for name, stream in streams.items()}
    return Reading(source.path.stem, source.path, label, made, streams, note, maps=source.maps)


def usual_names(table: pd.DataFrame) -> dict[str, str]:
    """Column of a corpus → what it is called in a table; only those that are there."""
    by_small = {str(name).lower().replace(" ", "_"): str(name) for name in reversed(table.columns)}
    found: dict[str, str] = {}
    for name, aliases in ALIASES.items():
        for alias in aliases:
            if alias in by_small and by_small[alias] not in found.values():
                found[name] = by_small[alias]
                break
    return found


def _names(columns: dict[str, pd.Series], n: int) -> tuple[list[str], list[str]]:
    if "conversation" in columns:
        conversations = list(_text(columns["conversation"]))
        if "" in conversations:
            raise Unusable(f"`conversation` of row {conversations.index('') + 1} is empty; name it")
        if "id" in columns:
            return conversations, list(_text(columns["id"]))
        numbers = _text(columns["position"]) if "position" in columns else map(str, range(n))
        return conversations, [f"{c}_{k}" for c, k in zip(conversations, numbers, strict=True)]
    if "id" not in columns:
        raise Unusable("has neither `id` nor `conversation`; add one of them")
    ids = list(_text(columns["id"]))
    return [place_of(name)[0] for name in ids], ids


def _label(column: pd.Series) -> tuple[Label, list[str | None] | np.ndarray]:
    numbers = pd.to_numeric(column, errors="coerce").to_numpy(np.float64)
    text = _text(column)
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


def _splits(
    column: pd.Series | None, conversations: list[str], label: Label
) -> tuple[list[str], str]:
    if label == NO_LABEL and column is None:
        return [""] * len(conversations), ""
    if column is None:
        note = "Splits are by conversation name, 70 % train, 15 % valid, 15 % test."
        return split_by_name(conversations, (0.7, 0.15)), note
    found = _text(column).str.lower()
    for row, name in enumerate(found):
        if name and name not in SPLIT_NAMES:
            raise Unusable(f"`split` of row {row + 1} is {name[:40]!r}; use train, valid or test")
    return [SPLIT_NAMES.get(name, "") for name in found], ""


def _numbers(column: pd.Series, name: str, gaps: bool = False) -> np.ndarray:
    """Numbers (N,); with `gaps` empty cells are NaN, else a fault as all that is no number."""
    numbers = pd.to_numeric(column, errors="coerce").to_numpy(np.float64)
    wrong = ~np.isfinite(numbers)
    if gaps:
        wrong &= (_text(column) != "").to_numpy()
    if wrong.any():
        bad = int(wrong.argmax())
        raise Unusable(
            f"`{name}` of row {bad + 1} is {str(column.iloc[bad])[:40]!r}; use a finite number"
        )
    return numbers


def _text(column: pd.Series) -> pd.Series:
    missing = column.isna()
    text = column.astype(object).where(~missing, "").astype(str)
    if (text.str.len() > LONGEST_TEXT).any():
        raise Unusable(f"`{column.name}` holds a text of more than {LONGEST_TEXT:,} characters")
    return text


def _loose(column: pd.Series) -> pd.Series:
    """Numbers where all cells are numbers, else text."""
    if pd.api.types.is_numeric_dtype(column):
        return column
    numbers = pd.to_numeric(column.replace("", None), errors="coerce")
    text = _text(column)
    return text if (numbers.isna() & (text != "")).any() or (text == "").all() else numbers
