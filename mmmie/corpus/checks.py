"""Everything that can be wrong with the content of a corpus, one line per fault."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from mmmie.corpus import (
    REQUIRED_COLUMNS,
    SPLITS,
    TIME_COLUMNS,
    Corpus,
    Features,
    Label,
    Modality,
    no_labels,
)

_CHUNK_ROWS = 65_536
_OFFSETS = ".offsets"  # ends the name of the tensor that tells where steps begin


def corpus_faults(corpus: Corpus, table: str, features: str, unlabelled: bool = False) -> list[str]:
    """List the faults of a corpus, empty if there is none.

    Args:
        corpus: the corpus to check.
        table: what to call the utterance table in a message, usually its file.
        features: what to call the features.
        unlabelled: whether labels and splits may be empty.

    Returns:
        One line per fault: file, field, fix.
    """
    faults = table_faults(corpus.utterances, corpus.label, table, unlabelled)
    return faults + features_faults(corpus.features, corpus.modalities, corpus.utterances, features)


def table_faults(
    utterances: pd.DataFrame, label: Label | None, where: str, unlabelled: bool = False
) -> list[str]:
    """List the faults of an utterance table.

    Args:
        utterances: the table.
        label: what is predicted; None where it is unknown, labels are then left alone.
        where: what to call the table in a message.
        unlabelled: whether labels and splits may be empty.
    """
    empty = _empty(utterances, "label")
    if empty.all() and len(utterances) and not unlabelled:
        return [no_labels(utterances, ~empty, where)]
    missing = [column for column in REQUIRED_COLUMNS if column not in utterances]
    if missing:
        return [
            f"{where}: column `{name}` is missing; add it to the header and every row"
            for name in missing
        ]
    if not len(utterances):
        return [f"{where}: there is no utterance; add at least one row"]
    faults = [*_identity_faults(utterances, where, unlabelled), *_time_faults(utterances, where)]
    return faults + (list(_label_faults(utterances, label, where, unlabelled)) if label else [])


def features_faults(
    features: dict[str, Features],
    modalities: dict[str, Modality],
    utterances: pd.DataFrame,
    where: str,
    finite: bool = False,
) -> list[str]:
    """List the faults of the features of all modalities.

    Args:
        features: name of a modality → its features.
        modalities: what the description says of them.
        utterances: the table, for the number of rows and the ids.
        where: what to call the features in a message.
        finite: whether all numbers are known to be finite; they are then not read.
    """
    ids = utterances["id"].astype(str).to_numpy() if "id" in utterances else None
    faults = []
    for name, modality in modalities.items():
        if fault := modality_name_fault(name, where):
            faults.append(fault)
            continue
        if name not in features:
            faults.append(f"{where}: tensor `{name}` is missing; add it or drop the modality")
            continue
        own = list(_shape_faults(features[name], modality, len(utterances), where))
        if not own and not finite:
            own = list(_number_faults(features[name], name, ids, where))
        faults += own
    return faults


def modality_name_fault(name: str, where: str) -> str | None:
    """What is wrong with the name of a modality, None where nothing is.

    Args:
        where: what to call the corpus or its features.
    """
    if name.strip() and not name.endswith(_OFFSETS):
        return None
    return (
        f"{where}: a modality is called {name[:60]!r}; give it a name that is not empty and does "
        f"not end in `{_OFFSETS}`"
    )


def _empty(utterances: pd.DataFrame, column: str) -> np.ndarray:
    """In which rows per column says nothing (N,); in all where it is not there."""
    cells = utterances.get(column, pd.Series("", index=utterances.index))
    return (cells.isna() | (cells == "")).to_numpy()


def _more(bad: np.ndarray, what: str = "rows") -> str:
    """How many are like the one named, where it is not the only one."""
    count = int(bad.sum())
    return f" ({count:,} {what} like this)" if count > 1 else ""


def _identity_faults(utterances: pd.DataFrame, where: str, unlabelled: bool) -> Iterator[str]:
    ids, empty = utterances["id"], _empty(utterances, "id")
    if empty.any():
        yield f"{where}: row {empty.argmax() + 1} has no `id`; give it a unique one{_more(empty)}"
    twice = ids.duplicated().to_numpy()
    if twice.any():
        yield (
            f"{where}: `id` {ids.iloc[twice.argmax()]!r} occurs twice; make every id unique"
            f"{_more(twice)}"
        )
    conversations = utterances["conversation"]
    unnamed = _empty(utterances, "conversation")
    if unnamed.any():
        row = unnamed.argmax()
        yield (
            f"{where}: `conversation` of {ids.iloc[row]!r} is empty; name its conversation"
            f"{_more(unnamed)}"
        )
    no_split = unlabelled & _empty(utterances, "split")
    unknown = ~utterances["split"].isin(SPLITS).to_numpy() & ~no_split
    if unknown.any():
        row = unknown.argmax()
        yield (
            f"{where}: `split` of {ids.iloc[row]!r} is {utterances['split'].iloc[row]!r}; "
            f"use train, valid or test{_more(unknown)}"
        )
    torn = utterances[~no_split].groupby("conversation", sort=False)["split"].nunique()
    if (torn > 1).any():
        name = torn.index[int((torn > 1).to_numpy().argmax())]
        found = utterances.loc[conversations == name, "split"].unique()
        yield (
            f"{where}: `split` of conversation {name!r} is both {found[0]} and {found[1]}; "
            f"put a whole conversation in one split{_more(torn > 1, 'conversations')}"
        )
    yield from _position_faults(utterances, where)


def _position_faults(utterances: pd.DataFrame, where: str) -> Iterator[str]:
    position = utterances["position"]
    if not pd.api.types.is_integer_dtype(position):
        numbers = pd.to_numeric(position, errors="coerce")
        bad = (numbers.isna() | (numbers % 1 != 0)).to_numpy()
        row = bad.argmax()
        yield (
            f"{where}: `position` of {utterances['id'].iloc[row]!r} is {position.iloc[row]!r}; "
            f"use whole numbers that count up in a conversation{_more(bad)}"
        )
        return
    groups = utterances.groupby("conversation", sort=False)["position"]
    stats = groups.agg(["min", "max", "count", "nunique"])
    doubled = (stats["nunique"] != stats["count"]).to_numpy()
    if doubled.any():
        name = stats.index[int(doubled.argmax())]
        yield (
            f"{where}: `position` repeats in conversation {name!r}; number its utterances once each"
            f"{_more(doubled, 'conversations')}"
        )
    gaps = (stats["max"] - stats["min"] + 1 != stats["nunique"]).to_numpy()
    if gaps.any():
        name = stats.index[int(gaps.argmax())]
        held = np.sort(utterances.loc[utterances["conversation"] == name, "position"].to_numpy())
        after = held[np.flatnonzero(np.diff(held) > 1)[0]]
        yield (
            f"{where}: `position` in conversation {name!r} has a gap after {after}; "
            f"number its utterances without gaps{_more(gaps, 'conversations')}"
        )


def _time_faults(utterances: pd.DataFrame, where: str) -> Iterator[str]:
    for name in TIME_COLUMNS:
        if name not in utterances:
            continue
        column = utterances[name]
        numbers = pd.to_numeric(column, errors="coerce").to_numpy(float)
        bad = ~np.isfinite(numbers) & ~_empty(utterances, name)
        if bad.any():
            row = bad.argmax()
            yield (
                f"{where}: `{name}` of {utterances['id'].iloc[row]!r} is {column.iloc[row]!r}; "
                f"use seconds, or leave the cell empty{_more(bad)}"
            )


def _label_faults(
    utterances: pd.DataFrame, label: Label, where: str, unlabelled: bool
) -> Iterator[str]:
    column = utterances["label"]
    empty = _empty(utterances, "label")
    if empty.any() and not unlabelled:
        yield no_labels(utterances, ~empty, where)
    if label.kind == "classification":
        unknown = ~column.isin(label.classes or ()).to_numpy() & ~empty
        if unknown.any():
            row = unknown.argmax()
            yield (
                f"{where}: `label` of {utterances['id'].iloc[row]!r} is {column.iloc[row]!r}; "
                f"use one of {', '.join(label.classes or ())}{_more(unknown)}"
            )
        return
    numbers = pd.to_numeric(column, errors="coerce").to_numpy(float)
    bad = ~np.isfinite(numbers) & ~empty
    if bad.any():
        row = bad.argmax()
        yield (
            f"{where}: `label` of {utterances['id'].iloc[row]!r} is {column.iloc[row]!r}; "
            f"use a finite number{_more(bad)}"
        )
    if label.range is None:
        return
    low, high = label.range
    outside = np.isfinite(numbers) & ((numbers < low - 1e-6) | (numbers > high + 1e-6))
    if outside.any():
        row = outside.argmax()
        yield (
            f"{where}: `label` of {utterances['id'].iloc[row]!r} is {numbers[row]:g}, outside "
            f"[{low:g}, {high:g}]; fix it or the `range` in corpus.json{_more(outside)}"
        )


def _shape_faults(features: Features, modality: Modality, n: int, where: str) -> Iterator[str]:
    name, values, offsets = modality.name, features.values, features.offsets
    if values.dtype not in (np.float16, np.float32):
        yield f"{where}: tensor `{name}` is {values.dtype}; store float16 or float32"
    elif values.ndim != 2 or values.shape[1] != modality.dim:
        yield (
            f"{where}: tensor `{name}` has shape {tuple(values.shape)}, expected "
            f"(rows, {modality.dim}); fix it or `dim` in corpus.json"
        )
    elif modality.level == "utterance":
        if offsets is not None or len(values) != n:
            yield (
                f"{where}: tensor `{name}` has {len(values)} rows for {n} utterances; "
                f"store one row per utterance"
            )
    elif (fault := _offset_fault(offsets, len(values), n)) is not None:
        yield f"{where}: tensor `{name}.offsets` {fault}"


def _number_faults(
    features: Features, name: str, ids: np.ndarray | None, where: str
) -> Iterator[str]:
    values, offsets = features.values, features.offsets
    finite = np.ones(len(values), bool)
    for start in range(0, len(values), _CHUNK_ROWS):
        part = np.isfinite(values[start : start + _CHUNK_ROWS])
        finite[start : start + _CHUNK_ROWS] = part.all(axis=1)
    if not finite.all():
        row = int((~finite).argmax())
        owner = row if offsets is None else int(np.searchsorted(offsets, row, "right")) - 1
        channel = int((~np.isfinite(values[row])).argmax())
        who = repr(ids[owner]) if ids is not None else f"row {owner}"
        yield (
            f"{where}: tensor `{name}` of {who} holds {values[row, channel]} in channel "
            f"{channel}; replace it by a finite number{_more(~finite)}"
        )


def _offset_fault(offsets: np.ndarray | None, rows: int, n: int) -> str | None:
    if offsets is None:
        return "is missing; add int64 offsets (N + 1), or set `level` to utterance"
    if offsets.dtype != np.int64 or offsets.shape != (n + 1,):
        return f"is {offsets.dtype} {offsets.shape}; expected int64 ({n + 1},)"
    if offsets[0] != 0 or offsets[-1] != rows or (np.diff(offsets) < 0).any():
        return f"must rise from 0 to the {rows} rows of the features"
    return None
