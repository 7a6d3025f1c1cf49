"""Features of a table in .npy files: one file for all utterances, or one for each."""

from __future__ import annotations

import re
import tokenize
from pathlib import Path

import numpy as np
import pandas as pd

from mmmie.corpus.text_files import packed
from mmmie.corpus.times import NO_TIME
from mmmie.datasets.file_kind import Source
from mmmie.datasets.label_in_features import name_note, named_as_label
from mmmie.datasets.loose_values import Unusable
from mmmie.datasets.padding import Padded, joined, lengths_of, padded, ragged
from mmmie.datasets.splits import split_of_file
from mmmie.datasets.streamed_corpus import Stream
from mmmie.datasets.table_cells import text_cells
from mmmie.datasets.table_columns import usual_names
from mmmie.errors import InputError
from mmmie.reading import open_plain, refuse_outside

_LENGTHS = "_lengths"
_ELSEWHERE = re.compile(
    r".+\.(npz|pt|pth|pkl|pickle|mat|h5|hdf5|safetensors|npy\.gz)", re.IGNORECASE
)
_NPY = re.compile(r".+\.npy", re.IGNORECASE)
_MOSTLY = 0.5
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


def take_files(
    table: pd.DataFrame, folder: Path, source: Source
) -> tuple[dict[str, Stream], list[str]]:
    """Features from the columns that name a file per utterance, or hold lists; and notes.

    These columns leave the table. A cell that is empty, and a file without any number, is an
    utterance that lacks the modality.

    Raises:
        Unusable: a cell names something else, or a file that is not there or outside the folder.
    """
    streams, notes = {}, []
    usual = usual_names(table, source.said.name)
    names = {usual.get(role) for role in ("id", "conversation", "position", "label", "speaker")}
    for name in [str(name) for name in table if name not in names]:
        first = next((cell for cell in table[name] if cell is not None), None)
        if isinstance(first, (list, tuple, np.ndarray)):
            streams[name] = ragged(list(table.pop(name)), f"`{name}`")
            continue
        if not isinstance(first, str):
            continue
        cells = text_cells(table[name]).str.strip()
        cells = cells.where(~cells.str.lower().isin(NO_TIME), "")
        given = cells[cells != ""]
        if _share(given, _NPY) <= _MOSTLY:
            if _share(given, _ELSEWHERE) > _MOSTLY:
                notes.append(
                    f"Column `{name}` names files such as {given.iloc[0]!r}, which were not read; "
                    f"save features as .npy to have them."
                )
            continue
        del table[name]
        arrays = [
            None if cell == "" else _own(folder, cell, name, row, source)
            for row, cell in enumerate(cells, 1)
        ]
        streams[name] = ragged(arrays, f"`{name}`")
    return streams, notes


def _share(cells: pd.Series, pattern: re.Pattern[str]) -> float:
    return sum(pattern.fullmatch(cell) is not None for cell in cells) / max(len(cells), 1)


def whole_files(
    folder: Path, rows: dict[str, int], source: Source
) -> tuple[dict[str, Stream], list[str]]:
    """Features from the files that hold all utterances, or all of a split; and notes.

    Args:
        rows: split → how many utterances its table has, in the order of the whole table; one
            entry with an empty name where there is one table.

    Raises:
        Unusable: an array has another shape, or a split has none.
        InputError: a file is damaged.
    """
    files = {file.stem: file for file in sorted(folder.iterdir()) if _is_npy(file)}
    found: dict[str, dict[str, Path]] = {}
    streams, notes, n = {}, [], sum(rows.values())
    for stem, file in files.items():
        refuse_outside(file, folder)
        if named_as_label(stem):
            notes.append(name_note(stem))
        elif not stem.lower().endswith(_LENGTHS):
            split = (split_of_file(stem) if len(rows) > 1 else None) or ""
            found.setdefault(_modality(stem, split), {})[split] = file
    for name, parts in found.items():
        if "" in parts:
            if len(parts) > 1:
                raise Unusable(f"`{name}` has a file of its own and files per split; keep one kind")
            streams[name] = joined([_padded(parts[""], n, files, source)], f"`{name}`")
            if len(rows) > 1:
                notes.append(f"Rows of {parts[''].name} were taken in the order {', '.join(rows)}.")
            continue
        lacking = [split for split in rows if split not in parts]
        if lacking:
            raise Unusable(f"`{name}` has no .npy file of {lacking[0]}; add it, or leave all out")
        own = [_padded(parts[split], count, files, source) for split, count in rows.items()]
        streams[name] = joined(own, f"`{name}`")
    beside = [f.name for f in sorted(folder.iterdir()) if _ELSEWHERE.fullmatch(f.name)]
    if beside:
        notes.append(
            f"{', '.join(beside[:4])} beside the table was not read; save features as .npy to have "
            f"them."
        )
    return streams, notes


def _is_npy(file: Path) -> bool:
    return file.suffix.lower() == ".npy"


def _modality(stem: str, split: str) -> str:
    """What is left of a name such as ``train_audio`` without its split."""
    words = re.split(r"[_.\s-]+", stem)
    kept = [word for word in words if split_of_file(word) is None] if split else []
    return "_".join(kept) or stem


def _own(folder: Path, cell: str, column: str, row: int, source: Source) -> np.ndarray:
    path = (folder / cell).resolve()
    if not path.is_relative_to(folder.resolve()):
        raise Unusable(f"column `{column}` names {cell!r}, outside its folder; keep files inside")
    if not path.is_file():
        raise Unusable(
            f"column `{column}` of row {row:,} names {cell!r}, but there is no such file; fix the "
            f"name, or leave the cell empty if this utterance has none"
        )
    return load_npy(path, source)


def _padded(path: Path, n: int, files: dict[str, Path], source: Source) -> Padded:
    lengths = None
    beside = next(
        (f for stem, f in files.items() if stem.lower() == path.stem.lower() + _LENGTHS), None
    )
    if beside is not None:
        lengths = lengths_of(load_npy(beside, source), n, f"`{beside.name}`")
    return padded(load_npy(path, source), n, f"`{path.name}`", lengths, source.let_go)


def load_npy(path: Path, source: Source) -> np.ndarray:
    """An array of numbers from a .npy file, memory-mapped.

    Raises:
        InputError: it is missing, damaged, or holds anything but numbers; the message says what.
    """
    try:
        open_plain(path).close()
        with np.errstate(over="raise"):  # of the size that the header claims
            values = np.lib.format.open_memmap(path, mode="r")  # which knows no pickles
        if not isinstance(values, np.ndarray) or values.dtype.kind not in "fiub":
            raise ValueError(f"its numbers are of type {values.dtype}")
    except FileNotFoundError:
        raise InputError(f"{path}: there is no such file; the table needs it") from None
    except InputError:
        raise
    except _NPY_ERRORS as error:
        raise InputError(f"{path}: {_why(path, error)}") from None
    if isinstance(values, np.memmap):
        source.maps.append(values._mmap)  # type: ignore[attr-defined]
    return values


def _why(path: Path, error: BaseException) -> str:
    """What is wrong with a .npy file, and what to do."""
    try:
        with open_plain(path) as stream:
            head = stream.read(2**12)
    except OSError as unread:
        return f"cannot be read ({unread.strerror}); see its permissions"
    if not head.startswith(b"\x93NUMPY"):
        if said := packed(head, "an array with numpy.save"):
            return said
        return "is no .npy file; save the array with numpy.save"
    if re.search(rb"'descr':\s*'\|O'", head):
        return (
            "is an array of objects, perhaps one array per utterance, which is a pickle within; "
            "pad it with zeros to (utterances, steps, channels) and save the numbers of steps as "
            f"{path.stem}_lengths.npy, or save one .npy per utterance and name them in a column"
        )
    detail = " ".join(str(error).split())[:120]
    if re.search(rb"'descr':\s*'[<>|=]?[USMmVc]", head) or b"'descr': [" in head:
        return f"holds no real numbers ({detail}); save an array of float32"
    return f"is not a readable array of numbers ({detail}); it may be cut off: save it again"
