"""A CSV or Parquet table of utterances with features in .npy files beside it.

Features of a modality are one file for all, ``audio.npy`` of (N, d) or (N, L, d) in the row order
of the table, with ``audio_lengths.npy`` (N,) if known; or one file per utterance, named in a column
``audio`` of the table.
"""

from __future__ import annotations

import tokenize
from pathlib import Path

import numpy as np
import pandas as pd

from mmmie.datasets.csv_and_parquet import read_any_table
from mmmie.datasets.file_kind import Format, Source
from mmmie.datasets.label_in_features import name_note, named_as_label
from mmmie.datasets.loose_values import Unusable
from mmmie.datasets.padding import joined, lengths_of, padded, ragged
from mmmie.datasets.streamed_corpus import Reading, Stream
from mmmie.datasets.table_columns import reading_of_table
from mmmie.errors import InputError

_NAMES = ("utterances", "labels", "label", "data")
_NPY_ERRORS = (
    ValueError,
    OSError,
    EOFError,
    SyntaxError,
    ArithmeticError,
    TypeError,
    KeyError,
    MemoryError,
    RecursionError,
    tokenize.TokenError,
)
_SUFFIXES = (".csv", ".tsv", ".parquet")


def is_table(source: Source) -> bool:
    """Whether it is a table, or a folder that holds one table or one of a usual name."""
    return _table_of(source) is not None


def read_table(source: Source) -> Reading:
    """The corpus in a table and the .npy files beside it."""
    file = _table_of(source)
    assert file is not None
    table = read_any_table(file)
    if not len(table):
        raise Unusable("has no utterances; add at least one row")
    streams: dict[str, Stream] = {}
    notes: list[str] = []
    for name in [column for column in table if _names_files(table[column])]:
        paths = [_inside(file.parent, str(cell), str(name)) for cell in table.pop(name)]
        arrays = [load_npy(path, source) for path in paths]
        streams[str(name)] = ragged(arrays, f"`{name}`")
    for path in sorted(file.parent.glob("*.npy")):
        if named_as_label(path.stem):
            notes.append(name_note(path.stem))
        elif not path.stem.endswith("_lengths"):
            streams[path.stem] = _whole(path, len(table), source)
    return reading_of_table(source, table, streams, zero_non_finite=False, notes=notes)


def _table_of(source: Source) -> Path | None:
    if source.kind == "folder":
        found = [
            file
            for file in sorted(source.path.iterdir())
            if file.suffix.lower() in _SUFFIXES and file.is_file()
        ]
        named = [file for file in found if file.stem in _NAMES]
        return named[0] if named else found[0] if len(found) == 1 else None
    if source.kind == "parquet" or source.path.suffix.lower() in _SUFFIXES:
        return source.path
    return None


def _names_files(column: pd.Series) -> bool:
    return bool(column.astype(str).str.endswith(".npy").all())


def _inside(folder: Path, name: str, column: str) -> Path:
    path = (folder / name).resolve()
    if not path.is_relative_to(folder.resolve()):
        raise Unusable(f"column `{column}` names {name!r}, outside its folder; keep files inside")
    return path


def _whole(path: Path, n: int, source: Source) -> Stream:
    values = load_npy(path, source)
    lengths = None
    beside = path.with_name(f"{path.stem}_lengths.npy")
    if beside.is_file():
        lengths = lengths_of(load_npy(beside, source), n, f"`{beside.name}`")
    return joined([padded(values, n, f"`{path.name}`", lengths, source.let_go)], f"`{path.stem}`")


def load_npy(path: Path, source: Source) -> np.ndarray:
    """An array of numbers from a .npy file, memory-mapped.

    Raises:
        InputError: it is missing, damaged, or holds anything but numbers.
    """
    try:
        with np.errstate(over="raise"):  # of the size that the header claims
            values = np.lib.format.open_memmap(path, mode="r")  # which knows no pickles
        if not isinstance(values, np.ndarray) or values.dtype.kind not in "fiub":
            raise ValueError("it has no numbers")
    except FileNotFoundError:
        raise InputError(f"{path}: there is no such file; the table needs it") from None
    except _NPY_ERRORS as error:
        detail = " ".join(str(error).split())[:120]
        raise InputError(
            f"{path}: is not a readable array of numbers ({detail}); save it with numpy.save"
        ) from None
    if isinstance(values, np.memmap):
        source.maps.append(values._mmap)  # type: ignore[attr-defined]
    return values


FORMAT = Format("table with .npy features", is_table, read_table)
