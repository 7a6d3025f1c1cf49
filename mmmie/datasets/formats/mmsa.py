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
from mmmie.datasets.formats.mmsa_export import MODALITIES
from mmmie.datasets.formats.mmsa_round_trip import EXTRA, read_extra
from mmmie.datasets.label_guess import LabelFound
from mmmie.datasets.loose_values import Unusable, numbers_of, texts_of
from mmmie.datasets.padding import Padded, joined, lengths_of, padded
from mmmie.datasets.splits import split_parts
from mmmie.datasets.streamed_corpus import Reading, Stream

_LABELS = ("regression_labels", "classification_labels")
_EACH = {"T": "text", "A": "audio", "V": "vision"}


def is_mmsa(source: Source) -> bool:
    """Whether it is a dictionary of splits with labels as MMSA calls them."""
    content = source.pickle
    if not isinstance(content, dict):
        return False
    held = [part for part in split_parts(content).values() if isinstance(part, dict)]
    return bool(held) and any(name in part for part in held for name in _LABELS)


def read_mmsa(source: Source) -> Reading:
    """The corpus in an MMSA pickle; one that `save_mmsa` wrote comes back as it was."""
    content = source.pickle
    parts = {split: part for split, part in split_parts(content).items() if _count(part, split)}
    if not parts:
        raise Unusable("has no utterances in any split; get the file again")
    if all(EXTRA in part for part in parts.values()):
        return read_extra(source, parts)
    table, label, notes = _table(source, parts)
    streams: dict[str, Stream] = {}
    for name in MODALITIES:
        if any(name in part for part in parts.values()):
            streams[name] = joined(
                [_padded(part, name, split, source) for split, part in parts.items()], f"`{name}`"
            )
    return source.reading(
        label, table, streams, description="Read from an MMSA pickle.", notes=notes
    )


def _count(part: Any, split: str) -> int:
    if not isinstance(part, dict):
        raise Unusable(f"`{split}` is not a dictionary; get the file again")
    for name in _LABELS:
        values = part.get(name)
        if isinstance(values, (list, tuple)) or (isinstance(values, np.ndarray) and values.ndim):
            return len(values)
    raise Unusable(f"`{split}` has no `regression_labels`; add one per utterance")


def _table(
    source: Source, parts: dict[str, dict[str, Any]]
) -> tuple[pd.DataFrame, Label, list[str]]:
    ids: list[str] = []
    splits: list[str] = []
    columns: dict[str, list[Any]] = {}
    counts = {split: _count(part, split) for split, part in parts.items()}
    for split, part in parts.items():
        n = counts[split]
        if "id" not in part:
            raise Unusable(f"`{split}` has no `id`; add `video$_$clip` of every utterance")
        ids += texts_of(part["id"], n, f"`{split}` `id`")
        splits += [split] * n
    for key, column in (("raw_text", "transcript"), ("annotations", "annotation")):
        if all(key in part for part in parts.values()):
            columns[column] = [
                text
                for split, part in parts.items()
                for text in texts_of(part[key], counts[split], f"`{split}` `{key}`")
            ]
    for short, name in _EACH.items():
        key = f"regression_labels_{short}"
        if all(key in part for part in parts.values()):
            columns[f"label_{name}"] = list(_labels(parts, counts, key))
    if all("regression_labels" in part for part in parts.values()):
        numbers = _labels(parts, counts, "regression_labels")
        label, targets, notes = source.label_of(numbers, "regression_labels", name="sentiment")
    else:
        label, targets, notes = _classes(source, parts, counts, columns.get("annotation"))
    return utterance_table(ids, splits, targets, columns=columns), label, notes


def _labels(parts: dict[str, dict[str, Any]], counts: dict[str, int], key: str) -> np.ndarray:
    found = []
    for split, part in parts.items():
        values = numbers_of(part[key], counts[split], f"`{split}` `{key}`")
        if values.size != counts[split]:
            raise Unusable(f"`{split}` `{key}` has shape {values.shape}; store one per utterance")
        found.append(values.reshape(-1).astype(np.float64))
    return np.concatenate(found)


def _classes(
    source: Source,
    parts: dict[str, dict[str, Any]],
    counts: dict[str, int],
    words: list[str] | None,
) -> LabelFound:
    """Class names: the annotations where they go one to one with the numbers, else numbers."""
    numbers = _labels(parts, counts, "classification_labels")
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


def _padded(part: dict[str, Any], name: str, split: str, source: Source) -> Padded:
    n = _count(part, split)
    what = f"`{split}` `{name}`"
    if name not in part:
        raise Unusable(f"{what} is missing; add it, or leave `{name}` out of all splits")
    values = numbers_of(part[name], n, what)
    lengths = None
    if f"{name}_lengths" in part:
        lengths = lengths_of(part[f"{name}_lengths"], n, f"`{split}` `{name}_lengths`")
    elif "text_bert" in part and values.ndim == 3:
        tokens = numbers_of(part["text_bert"], n, f"`{split}` `text_bert`")
        if tokens.ndim == 3 and tokens.shape[1] == 3 and tokens.shape[2] == values.shape[1]:
            lengths = (tokens[:, 1] > 0).sum(axis=1)
    return padded(values, n, what, lengths, source.let_go)


FORMAT = Format("MMSA pickle", is_mmsa, read_mmsa)
