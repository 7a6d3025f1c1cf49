"""Pickles of MMSA, aligned or not, of MMSA-FET and of CH-SIMS (Mao et al., ACL 2022).

A dictionary split → arrays of n utterances; `mmsa_export` beside it has the layout. Traps that are
met here: labels and lengths are lists in some files and arrays in others, audio holds -inf, aligned
files tell the number of steps only in ``text_bert``, and CH-SIMS splits videos between splits.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from mmmie.corpus import Label
from mmmie.datasets.conversations import utterance_table
from mmmie.datasets.file_kind import Format, Source
from mmmie.datasets.formats.label_columns import sentiment_and_emotions
from mmmie.datasets.formats.mmsa_export import MODALITIES
from mmmie.datasets.formats.mmsa_extra_fields import EXTRA, read_extra
from mmmie.datasets.label_guess import LabelFound
from mmmie.datasets.loose_values import (
    Unusable,
    described,
    items_of,
    numbers_of,
    outlined,
    texts_of,
)
from mmmie.datasets.padding import Padded, cut_notes, joined, lengths_of, padded
from mmmie.datasets.splits import split_parts
from mmmie.datasets.streamed_corpus import Reading, Stream

_LABELS = ("regression_labels", "classification_labels")
_COLUMNS = {"raw_text": "transcript", "annotations": "annotation"}
_EACH = {"T": "text", "A": "audio", "V": "vision"}

_Parts = dict[str, dict[str, Any]]


def is_mmsa(source: Source) -> bool:
    """Whether it is a dictionary of splits with features and labels as MMSA calls them.

    One without any labels is taken as well, so that the message says what it lacks.
    """
    content = source.pickle
    if not isinstance(content, dict):
        return False
    held = [part for part in split_parts(content).values() if isinstance(part, dict)]
    labelled = any(name in part for part in held for name in (*_LABELS, "labels"))
    wanted = _LABELS if labelled else MODALITIES
    return any(name in part for part in held for name in wanted)


def read_mmsa(source: Source) -> Reading:
    """The corpus in an MMSA pickle; one that `save_mmsa` wrote comes back as it was."""
    content = source.pickle
    parts = {split: part for split, part in split_parts(content).items() if _count(part, split)}
    if not parts:
        raise Unusable("has no utterances in any split; get the file again")
    if all(EXTRA in part for part in parts.values()):
        return read_extra(source, parts)
    notes: list[str] = []
    table, label = _table(source, parts, notes)
    streams: dict[str, Stream] = {}
    for name in MODALITIES:
        if any(name in part for part in parts.values()):
            streams[name] = joined(
                [_padded(part, name, split, source, notes) for split, part in parts.items()],
                f"`{name}`",
            )
    return source.reading(
        label, table, streams, description="Read from an MMSA pickle.", notes=notes
    )


def _count(part: Any, split: str) -> int:
    if not isinstance(part, dict):
        raise Unusable(f"`{split}` is {described(part)}, not a dictionary; get the file again")
    for name in _LABELS:
        values = part.get(name)
        if isinstance(values, (list, tuple)) or (isinstance(values, np.ndarray) and values.ndim):
            return len(values)
    raise Unusable(
        f"`{split}`, {outlined(part)}, has no labels; add `regression_labels`, one number per "
        f"utterance, or `classification_labels`"
    )


def _table(source: Source, parts: _Parts, notes: list[str]) -> tuple[pd.DataFrame, Label]:
    ids: list[str] = []
    splits: list[str] = []
    columns: dict[str, Any] = {}
    counts = {split: _count(part, split) for split, part in parts.items()}
    for split, part in parts.items():
        if "id" not in part:
            raise Unusable(f"`{split}` has no `id`; add `video$_$clip` of every utterance")
        ids += texts_of(part["id"], counts[split], f"`{split}` `id`")
        splits += [split] * counts[split]
    for key, column in _COLUMNS.items():
        if _some(parts, counts, key, column, notes):
            columns[column] = [
                text
                for split, part in parts.items()
                for text in (
                    texts_of(part[key], counts[split], f"`{split}` `{key}`")
                    if key in part
                    else [""] * counts[split]
                )
            ]
    for short, name in _EACH.items():
        key = f"regression_labels_{short}"
        if _some(parts, counts, key, f"label_{name}", notes):
            columns[f"label_{name}"] = _labels(parts, counts, key)[:, 0]
    key = next(key for key in _LABELS if any(key in part for part in parts.values()))
    lacking = next((split for split, part in parts.items() if key not in part), None)
    if lacking:
        raise Unusable(f"`{lacking}` has no `{key}`, which other splits have; add it")
    if key == "regression_labels":
        labels, more, told = sentiment_and_emotions(_labels(parts, counts, key), f"`{key}`")
        notes += told
        columns |= more
        found = source.label_of(labels, key, name="sentiment")
    else:
        found = _classes(source, parts, counts, columns.get("annotation"))
    notes += found.notes
    return utterance_table(ids, splits, found.values, columns=columns), found.label


def _some(parts: _Parts, counts: dict[str, int], key: str, column: str, notes: list[str]) -> bool:
    """Whether any split has a key; it is noted where another has not."""
    without = [split for split, part in parts.items() if key not in part]
    if without and len(without) < len(parts):
        count = sum(counts[split] for split in without)
        notes.append(
            f"`{key}` is missing in {' and '.join(without)}: the {count:,} utterances there have "
            f"no {column}."
        )
    return len(without) < len(parts)


def _labels(parts: _Parts, counts: dict[str, int], key: str) -> np.ndarray:
    """(N, k), NaN in the splits that have none."""
    found = [
        numbers_of(part[key], counts[split], f"`{split}` `{key}`").reshape(counts[split], -1)
        for split, part in parts.items()
        if key in part
    ]
    if len({own.shape[1] for own in found}) > 1:
        raise Unusable(f"`{key}` has several numbers of columns; make its splits alike")
    width = found[0].shape[1]
    blocks = iter(found)
    return np.concatenate(
        [
            next(blocks) if key in part else np.full((counts[split], width), np.nan)
            for split, part in parts.items()
        ]
    ).astype(np.float64)


def _classes(
    source: Source, parts: _Parts, counts: dict[str, int], words: list[str] | None
) -> LabelFound:
    """Class names: the annotations where they go one to one with the numbers, else numbers."""
    held = _labels(parts, counts, "classification_labels")
    if held.shape[1] != 1:
        raise Unusable(
            f"`classification_labels` is {described(held)}; one per utterance is expected"
        )
    numbers = held[:, 0]
    if not np.isfinite(numbers).all():
        raise Unusable("a classification label is not finite; use whole numbers")
    if source.said.kind == "regression":
        words = None
    if words is not None and len({*zip(words, numbers, strict=True)}) == len({*words}) == len(
        {*numbers}
    ):
        order = sorted({*zip(numbers, words, strict=True)})
        classes = [word for _, word in order]
        return source.label_of(words, "annotations", name="sentiment", classes=classes)
    names = [f"{number:g}" for number in sorted({*numbers})]
    return source.label_of(numbers, "classification_labels", name="sentiment", classes=names)


def _padded(
    part: dict[str, Any], name: str, split: str, source: Source, notes: list[str]
) -> Padded:
    n = _count(part, split)
    what = f"`{split}` `{name}`"
    if name not in part:
        raise Unusable(f"{what} is missing; add it, or leave `{name}` out of all splits")
    lengths = None
    if f"{name}_lengths" in part:
        lengths = lengths_of(part[f"{name}_lengths"], n, f"`{split}` `{name}_lengths`")
    elif "text_bert" in part:
        tokens = numbers_of(part["text_bert"], n, f"`{split}` `text_bert`")
        steps = {len(item) for item in items_of(part[name], n, what) if _is_several(item)}
        if tokens.ndim == 3 and tokens.shape[1] == 3 and steps == {tokens.shape[2]}:
            lengths = (tokens[:, 1] > 0).sum(axis=1)
    found = padded(part[name], n, what, lengths, source.let_go)
    if lengths is not None:
        notes += cut_notes(found, lengths, what)
    return found


def _is_several(item: Any) -> bool:
    return isinstance(item, (list, tuple)) or (isinstance(item, np.ndarray) and item.ndim > 0)


FORMAT = Format("MMSA pickle", is_mmsa, read_mmsa)
