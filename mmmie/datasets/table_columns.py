"""Tables as people write them: columns found under their usual names."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from mmmie.corpus import GIVEN_COLUMNS, NO_LABEL, TIME_COLUMNS
from mmmie.datasets.conversations import place_of, utterance_table
from mmmie.datasets.file_kind import Source
from mmmie.datasets.loose_values import Unusable
from mmmie.datasets.splits import splits_of_column
from mmmie.datasets.streamed_corpus import Reading, Stream
from mmmie.datasets.table_cells import number_cells, number_or_text_cells, text_cells, time_cells

ALIASES = {
    "id": ("id", "utt_id", "segment", "segment_id"),
    "conversation": (
        "conversation",
        "conversation_id",
        "dialogue_id",
        "dialogue_ids",
        "dialogue",
        "dialog_id",
        "dialog_ids",
        "video_id",
        "video",
        "scene_id",
    ),
    "position": (
        "position",
        "utterance_id",
        "uttr_id",
        "uttr_ids",
        "clip_id",
        "clip",
        "turn",
        "index",
    ),
    "split": ("split", "mode", "partition", "fold"),
    "label": ("label", "sentiment", "sentiment_label", "emotion", "target", "score"),
    "transcript": ("transcript", "text", "utterance", "utterances", "raw_text", "sentence"),
    "speaker": ("speaker", "speaker_id", "speaker_name"),
    "start": ("start", "start_time"),
    "end": ("end", "end_time"),
}
"""Column of a corpus → what it is called elsewhere, best first; letter case, blanks and signs
between words do not matter."""

_LEVELS = (
    ("tv_series", "series"),
    ("season", "season_id", "seas_num"),
    ("episode", "episode_id", "ep_num"),
)
"""What the numbers of dialogues begin anew in, such as episodes."""

_ONE_HOT = re.compile(r"\[?\s*[01](\.0*)?([,\s]+[01](\.0*)?)+\s*\]?")
_COUNTED = re.compile(r"[^\W\d]*[\s_-]*(\d{1,9})")


def reading_of_table(
    source: Source,
    table: pd.DataFrame,
    streams: dict[str, Stream],
    *,
    zero_non_finite: bool,
    notes: Iterable[str] = (),
) -> Reading:
    """A reading from a table whose columns may have any of the usual names.

    Args:
        table: one row per utterance, in the order of `streams`.
        streams: modality → features.
        notes: what was noted of the table so far.

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
    label, labels, more = source.label_of(held, names.get("label", "label"))
    said = [*notes, *more, *_other_labels(names, rest, source.said.name)]
    order, more = _order(columns, len(table))
    said += more
    conversations, ids, more = _names(table, columns)
    said += more
    splits, more = splits_of_column(columns.get("split"), conversations, label != NO_LABEL)
    said += more
    times = {n: time_cells(columns[n], names[n]) for n in TIME_COLUMNS if n in columns}
    said += _backward(times, ids)
    starts = times.get("start")
    if order is not None or (starts is not None and not np.isfinite(starts).all()):
        starts = None
    further: dict[str, Any] = {
        name: text_cells(columns[name]) for name in ("speaker", "transcript") if name in columns
    }
    further |= {name: held for name, held in times.items() if np.isfinite(held).any()}
    if "speaker" in further:
        further["speaker"] = _speakers(further["speaker"])
    for name in rest:
        if not isinstance(table[name].iloc[0], (list, tuple, dict, np.ndarray, bytes)):
            kept = f"{name}_in_file" if name == "label" else name  # another is the label
            further.setdefault(kept, number_or_text_cells(table[name]))
    made = utterance_table(
        ids,
        splits,
        labels,
        conversations=conversations,
        order=order,
        starts=starts,
        columns=further,
    )
    _keep_given(made, columns, ids, conversations, order)
    streams = {
        name: replace(stream, zero_non_finite=zero_non_finite) for name, stream in streams.items()
    }
    return source.reading(label, made, streams, notes=said)


def _keep_given(
    made: pd.DataFrame,
    columns: dict[str, pd.Series],
    ids: list[str],
    conversations: list[str],
    order: np.ndarray | None,
) -> None:
    """Keep what the table gave and the corpus has otherwise, for who joins predictions to it."""
    given: dict[str, Any] = {"id": ids, "conversation": conversations, "position": order}
    if "speaker" in columns:
        given["speaker"] = _speakers(text_cells(columns["speaker"]))
    for name, column in GIVEN_COLUMNS.items():
        if name not in columns or given.get(name) is None:
            continue
        held = pd.Series(given[name]).reset_index(drop=True)
        if (held.fillna("") != made[name].fillna("")).any():
            whole = name == "position" and (held % 1 == 0).all()
            made[column] = held.astype(np.int64) if whole else held


def usual_names(table: pd.DataFrame, label: str | None = None) -> dict[str, str]:
    """Column of a corpus → what it is called in a table; only those that are there.

    Args:
        label: the column of the label, where the table has it.
    """
    by_letters = {_letters(name): str(name) for name in reversed(table.columns)}
    found: dict[str, str] = {}
    for name, aliases in ALIASES.items():
        for alias in aliases:
            held = by_letters.get(_letters(alias))
            if held is not None and held not in found.values():
                found[name] = held
                break
    if label is not None and label in table.columns:
        found = {name: held for name, held in found.items() if held != label} | {"label": label}
    return found


def _letters(name: object) -> str:
    return re.sub(r"[\W_]+", "", str(name).lower())


def _other_labels(names: dict[str, str], rest: list[str], said: str | None) -> list[str]:
    """A note where several columns could be the label, none is called so and nobody said which."""
    label = names.get("label")
    if label is None or label == said or _letters(label) == "label":
        return []
    aliases = {_letters(alias) for alias in ALIASES["label"]}
    others = [name for name in rest if _letters(name) in aliases]
    if not others:
        return []
    stayed = "stayed a column" if len(others) == 1 else "stayed columns"
    listed = " and ".join(f"`{name}`" for name in others)
    return [
        f"The label is `{label}`; {listed} {stayed}: `--label name={others[0]}` takes it in place."
    ]


def _order(columns: dict[str, pd.Series], n: int) -> tuple[np.ndarray | None, list[str]]:
    """Places (N,) that a column tells, and notes; names in place of numbers are ids."""
    if "position" not in columns:
        return None, []
    column = columns["position"]
    text = text_cells(column).str.strip()
    counted = [_COUNTED.fullmatch(cell) for cell in text]
    if pd.to_numeric(text, errors="coerce").notna().any() or not (text != "").all():
        return number_cells(column, str(column.name)), []
    if all(counted):
        numbers = np.array([float(one[1]) for one in counted if one])
        note = f"Places are the numbers in `{column.name}`, as in {text.iloc[0]!r}."
        return numbers, [note]
    if "id" in columns:
        return number_cells(column, str(column.name)), []
    columns["id"] = columns.pop("position")
    return None, []


def _names(
    table: pd.DataFrame, columns: dict[str, pd.Series]
) -> tuple[list[str], list[str], list[str]]:
    """Conversations and ids (N), and notes."""
    n = len(table)
    if "conversation" in columns:
        conversations, notes = _in_levels(table, columns)
        if "id" in columns:
            return conversations, _ids(columns["id"]), notes
        numbers = text_cells(columns["position"]) if "position" in columns else map(str, range(n))
        return (
            conversations,
            [f"{c}_{k}" for c, k in zip(conversations, numbers, strict=True)],
            notes,
        )
    if "id" not in columns:
        held = ", ".join(f"`{name}`" for name in [*table][:8])
        raise Unusable(
            f"has neither `id` nor `conversation` among its columns {held[:200]}; add one of them"
        )
    ids = _ids(columns["id"])
    places = [place_of(name) for name in ids]
    conversations = [place[0] for place in places]
    if n > 2 and len({*conversations}) == 1:
        return (
            conversations,
            ids,
            [
                f"By their ids, such as {ids[0]!r}, all utterances are one conversation, "
                f"{conversations[0]!r}; add a column `conversation` if they are not."
            ],
        )
    return conversations, ids, []


def _in_levels(table: pd.DataFrame, columns: dict[str, pd.Series]) -> tuple[list[str], list[str]]:
    """Conversations (N), after their season and episode where their names begin anew in each."""
    column = columns["conversation"]
    names = _stripped(column)
    if "" in names:
        raise Unusable(f"`{column.name}` of row {names.index('') + 1} is empty; name it")
    by_letters = {_letters(name): name for name in table}
    levels = [
        str(by_letters[_letters(alias)])
        for aliases in _LEVELS
        for alias in aliases
        if _letters(alias) in by_letters
    ]
    if not levels:
        return names, []
    split = text_cells(columns["split"]) if "split" in columns else pd.Series([""] * len(names))
    frame = pd.DataFrame({"split": split.to_numpy(), "name": names})
    frame["place"] = table[levels].astype(str).agg("_".join, axis=1).to_numpy()
    if (frame.groupby(["split", "name"])["place"].nunique() < 2).all():
        return names, []
    told = " and ".join(f"`{level}`" for level in levels)
    whole = (frame["place"] + "_" + frame["name"]).tolist()
    return whole, [
        f"`{column.name}` begins anew in each {told}: conversations are named after all of them, "
        f"such as {whole[0]!r}."
    ]


def _ids(column: pd.Series) -> list[str]:
    ids = _stripped(column)
    if "" in ids:
        raise Unusable(f"`{column.name}` of row {ids.index('') + 1} is empty; give it a unique one")
    return ids


def _stripped(column: pd.Series) -> list[str]:
    return list(text_cells(column).str.strip())


def _speakers(names: pd.Series) -> pd.Series:
    """Names, or the place of the 1 where all are one-hot vectors; None where there is none."""
    names = names.str.strip()
    given = names[names != ""]
    if len(given) and given.map(lambda cell: bool(_ONE_HOT.fullmatch(cell))).all():
        flags = given.map(lambda cell: [float(x) for x in re.findall(r"[01](?:\.0*)?", cell)])
        if (flags.map(sum) == 1).all():
            names = flags.map(lambda row: str(row.index(1))).reindex(names.index, fill_value="")
    return names.where(names != "", None)


def _backward(times: dict[str, np.ndarray], ids: list[str]) -> list[str]:
    """A note where an utterance ends before it begins."""
    if len(times) < 2:
        return []
    back = times["end"] < times["start"]
    if not back.any():
        return []
    ends = "utterance ends" if back.sum() == 1 else "utterances end"
    return [
        f"{back.sum():,} {ends} before the start, {ids[int(back.argmax())]!r} first: the times "
        f"were kept as they are."
    ]
