"""A CSV or Parquet table of utterances with features in .npy files beside it.

Features of a modality are one file for all, ``audio.npy`` of (N, d) or (N, L, d) in the row order
of the table, with ``audio_lengths.npy`` (N,) if known; or one file per utterance, named in a column
``audio`` of the table. A folder may hold a table per split instead, such as MELD's
``train_sent_emo.csv``, ``dev_sent_emo.csv`` and ``test_sent_emo.csv``.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from mmmie.corpus import SPLITS
from mmmie.datasets.csv_and_parquet import read_any_table
from mmmie.datasets.file_kind import Format, Source
from mmmie.datasets.formats.npy_features import take_files, whole_files
from mmmie.datasets.loose_values import Unusable
from mmmie.datasets.splits import split_of_file
from mmmie.datasets.streamed_corpus import Reading
from mmmie.datasets.table_columns import reading_of_table, usual_names
from mmmie.reading import refuse_outside

_NAMES = ("utterances", "labels", "label", "data")
_SUFFIXES = (".csv", ".tsv", ".parquet")
_NO_TABLE = (".xlsx", ".xls", ".ods", ".csv.gz", ".tsv.gz", ".csv.zip", ".jsonl")


def is_table(source: Source) -> bool:
    """Whether it is a table, or a folder that holds some."""
    if source.kind == "folder":
        return any(_may_be_table(file) for file in source.path.iterdir())
    return source.kind == "parquet" or _may_be_table(source.path)


def read_table(source: Source) -> Reading:
    """The corpus in a table, or in one per split, and the .npy files beside it."""
    files = _tables_of(source)
    tables: dict[str, pd.DataFrame] = {}
    notes: list[str] = []
    for split, file in files.items():
        if source.kind == "folder":
            refuse_outside(file, source.path)
        found = read_any_table(file)
        notes += found.notes
        tables[split] = found.rows
        if split and "split" not in usual_names(found.rows):
            tables[split]["split"] = split
    if len(files) > 1:
        told = ", ".join(f"{file.name} is {split}" for split, file in files.items())
        notes.append(f"The folder has a table per split: {told}.")
    if source.kind == "folder":
        beside = [file.name for file in _in(source.path) if file not in files.values()]
        notes += [f"{', '.join(beside[:4])} in the folder was not read."] if beside else []
    table = pd.concat(tables.values(), ignore_index=True)
    if not len(table):
        raise Unusable("has no utterances; add at least one row")
    folder = next(iter(files.values())).parent
    streams, more = take_files(table, folder, source)
    whole, further = whole_files(folder, {s: len(rows) for s, rows in tables.items()}, source)
    return reading_of_table(
        source, table, streams | whole, zero_non_finite=False, notes=[*notes, *more, *further]
    )


def _tables_of(source: Source) -> dict[str, Path]:
    """Split → its table, or one table under an empty name.

    Raises:
        Unusable: there are several and nothing tells which one to take, or one is no table.
    """
    if source.kind != "folder":
        return {"": _checked(source.path)}
    found = _in(source.path)
    named = [file for file in found if file.stem.lower() in _NAMES]
    if named or len(found) == 1:
        return {"": (named or found)[0]}
    if not found:
        return {"": _checked(next(f for f in sorted(source.path.iterdir()) if _may_be_table(f)))}
    by_split: dict[str, list[Path]] = {}
    for file in found:
        if split := split_of_file(file.stem):
            by_split.setdefault(split, []).append(file)
    if len(by_split) > 1 and all(len(files) == 1 for files in by_split.values()):
        return {split: by_split[split][0] for split in SPLITS if split in by_split}
    twice = [file.name for files in by_split.values() for file in files if len(files) > 1]
    held = ", ".join(twice[:4] or [file.name for file in found][:4])
    raise Unusable(
        f"holds several tables ({held}); name one of them, or call one utterances.csv, or keep one "
        f"per split, such as train.csv, dev.csv and test.csv"
    )


def _in(folder: Path) -> list[Path]:
    return [f for f in sorted(folder.iterdir()) if f.suffix.lower() in _SUFFIXES and f.is_file()]


def _may_be_table(file: Path) -> bool:
    return file.name.lower().endswith((*_SUFFIXES, *_NO_TABLE)) and file.is_file()


def _checked(file: Path) -> Path:
    if file.name.lower().endswith(_NO_TABLE):
        unpack = "unpack it" if file.suffix.lower() in (".gz", ".zip") else "save it as CSV"
        raise Unusable(f"`{file.name}` is no .csv, .tsv or .parquet table; {unpack}")
    return file


FORMAT = Format("table with .npy features", is_table, read_table)
