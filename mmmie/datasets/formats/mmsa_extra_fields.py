"""What an MMSA pickle has no place for, kept beside what MMSA reads, so that nothing is lost."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from mmmie.corpus import Corpus, Level
from mmmie.corpus.folder import describe_corpus, described_corpus
from mmmie.datasets.file_kind import Source
from mmmie.datasets.label_guess import relabelled
from mmmie.datasets.loose_values import Unusable, items_of, numbers_of, text_of
from mmmie.datasets.padding import Padded, joined, lengths_of, padded
from mmmie.datasets.streamed_corpus import FLOAT16, FLOAT32, Reading, Stream

EXTRA = "mmmie"
"""The key of each split that holds it."""

_DTYPES = {"float16": FLOAT16, "float32": FLOAT32}


def extra_of(
    corpus: Corpus, rows: np.ndarray, others: Mapping[str, tuple[np.ndarray, list[int]]]
) -> dict[str, Any]:
    """What `read_extra` needs of the utterances of one split.

    Args:
        rows: rows of the split (n,).
        others: modalities that MMSA does not know: (n, L, d) and steps of each.
    """
    table = corpus.utterances.iloc[rows]
    numeric = pd.api.types.is_numeric_dtype
    columns = {
        str(name): table[name].to_numpy()
        if numeric(table[name])
        else [None if missing else str(value) for value, missing in _cells(table[name])]
        for name in table.columns
    }
    return {
        "description": describe_corpus(corpus),
        "dtypes": {name: str(f.values.dtype) for name, f in corpus.features.items()},
        "rows": rows.astype(np.int64),
        "columns": columns,
        "features": {name: values for name, (values, _) in others.items()},
        "lengths": {name: lengths for name, (_, lengths) in others.items()},
    }


def _cells(column: pd.Series) -> Any:
    return zip(column, column.isna(), strict=True)


def read_extra(source: Source, parts: dict[str, dict[str, Any]]) -> Reading:
    """The corpus exactly as it was written.

    Raises:
        Unusable: the parts do not fit together.
        InputError: the description is wrong.
    """
    extras = [_dictionary(part[EXTRA], EXTRA) for part in parts.values()]
    corpus = described_corpus(_dictionary(extras[0].get("description"), "description"), source.path)
    rows = [numbers_of(extra.get("rows"), None, "`rows`").reshape(-1) for extra in extras]
    order = np.concatenate(rows)
    if not np.array_equal(np.sort(order), np.arange(len(order))):
        raise Unusable(f"`{EXTRA}` `rows` do not number every utterance once; export it again")
    place = np.argsort(order)
    counts = [len(own) for own in rows]
    dtypes = _dictionary(extras[0].get("dtypes"), "dtypes")
    table = _columns(extras, counts).iloc[place].reset_index(drop=True)
    label, notes = corpus.label, corpus.notes
    if source.said and "label" in table:
        label, table["label"], more = relabelled(
            table["label"], label, str(source.path), said=source.said
        )
        notes += tuple(more)
    streams = {}
    for name, modality in corpus.modalities.items():
        own = [_padded(part, name, n) for part, n in zip(parts.values(), counts, strict=True)]
        streams[name] = replace(
            _placed(joined(own, f"`{name}`"), place, modality.level),
            dtype=_DTYPES.get(str(dtypes.get(name)), FLOAT32),
            source=modality.source,
            channels=modality.channels,
            zero_non_finite=False,
        )
    return Reading(
        corpus.name,
        source.path,
        label,
        table,
        streams,
        corpus.description,
        corpus.source,
        corpus.licence,
        notes=notes,
        maps=source.maps,
    )


def _dictionary(value: Any, what: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise Unusable(f"`{what}` is not a dictionary; export the corpus again")
    return value


def _padded(part: dict[str, Any], name: str, n: int) -> Padded:
    values, lengths = part.get(name), part.get(f"{name}_lengths")
    if values is None:
        values = _dictionary(part[EXTRA].get("features"), "features").get(name)
        lengths = _dictionary(part[EXTRA].get("lengths"), "lengths").get(name)
    steps = lengths_of(lengths, n, f"`{name}_lengths`")
    held = padded(values, n, f"`{name}`", steps)
    if not held.sequences or (held.lengths != steps).any():
        raise Unusable(f"`{name}` and its lengths do not fit; export the corpus again")
    return held


def _placed(stream: Stream, place: np.ndarray, level: Level) -> Stream:
    """The stream in the row order of the corpus and at its level."""
    item, lengths = stream.item, stream.lengths
    assert lengths is not None  # what MMSA keeps has steps
    if level == "sequence":
        return replace(stream, item=lambda row: item(int(place[row])), lengths=lengths[place])
    if (lengths != 1).any():
        raise Unusable("a modality of vectors holds sequences; export the corpus again")
    return replace(stream, item=lambda row: item(int(place[row]))[0], lengths=None)


def _columns(extras: list[dict[str, Any]], counts: list[int]) -> pd.DataFrame:
    tables = []
    for extra, n in zip(extras, counts, strict=True):
        table = pd.DataFrame(index=range(n))
        for name, values in _dictionary(extra.get("columns"), "columns").items():
            what = f"column `{name}`"
            items = items_of(values, n, what)
            table[str(name)] = (
                numbers_of(values, n, what).reshape(n)
                if isinstance(values, np.ndarray)
                else pd.Series(
                    [None if item is None else text_of(item, what) for item in items], dtype=object
                )
            )
        tables.append(table)
    return pd.concat(tables, ignore_index=True)
