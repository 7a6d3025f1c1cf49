"""Tables in text files, CSV and its relatives, read alike everywhere: all cells are texts."""

from __future__ import annotations

import csv
import os
import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import TextIO

import pandas as pd

from mmmie.corpus.isolated_reading_child import LONGEST_TEXT, MOST_COLUMNS
from mmmie.corpus.text_files import open_text
from mmmie.errors import InputError

MOST_BYTES = 2**29
"""Of a table of utterances as text; features do not belong into it."""

MOST_CELLS = 50_000_000

__all__ = ["LONGEST_TEXT", "MOST_COLUMNS", "TextTable", "read_text_table"]

_SEPARATORS = {"\t": "tabs", ";": "semicolons", "|": "|", ",": "commas"}
_END = "\uffff the end \uffff"
_LONGEST_LINE = 2**24
_MOST_SHORT = 1000  # rows with fewer cells than the header, beyond those that are whole
_PLAIN_NAME = re.compile(r"[\w ()#/-]+")
_EXCEL_HINT = re.compile(r'"?sep=(.)"?[\r\n]*', re.IGNORECASE)

_Record = tuple[int, list[str]]
"""The line at which a row begins, and its cells."""


@dataclass(frozen=True)
class TextTable:
    """A table as it was written.

    Attributes:
        rows: texts (N, k), without rows that are blank.
        notes: what was left out or filled, one sentence each.
    """

    rows: pd.DataFrame
    notes: tuple[str, ...] = ()


def read_text_table(
    file: Path,
    wanted: Callable[[str], bool] = lambda name: True,
    most_columns: int = MOST_COLUMNS,
) -> TextTable:
    """A table with a header line, whose separator is the one that parts most of its names.

    Comma, semicolon, tab and ``|`` are known, quoted cells may hold line breaks, and blanks around
    the names of columns do not matter. Separators at the end of rows shift nothing.

    Args:
        wanted: which columns to keep, by name.
        most_columns: how many it may have; more are no table of utterances.

    Raises:
        InputError: it is no text or no table, larger than `MOST_BYTES` or `MOST_CELLS`, or a cell
            is longer than `LONGEST_TEXT`; the message names the line.
        OSError: it cannot be opened.
    """
    with open_text(file) as stream:
        size = os.fstat(stream.fileno()).st_size
        if size > MOST_BYTES:
            raise InputError(
                f"{file}: is {size / 2**20:,.0f} MB; keep features in .npy files beside the table"
            )
        first, head = _head(file, stream)
        hint = _EXCEL_HINT.fullmatch(head)
        if hint:
            first, head = first + 1, stream.readline(_LONGEST_LINE)
        separator = hint[1] if hint else max(_SEPARATORS, key=_unquoted(head).count)
        lines = chain([head], iter(lambda: stream.readline(_LONGEST_LINE), ""))
        records = _records(file, lines, first, separator)
        names = [name.strip() for name in next(records)[1]]
        _check_names(file, names, most_columns)
        return _table(file, names, records, wanted, separator)


def _head(file: Path, stream: TextIO) -> tuple[int, str]:
    """The first line that is not blank, and its number."""
    for number, line in enumerate(iter(lambda: stream.readline(_LONGEST_LINE), ""), 1):
        if line.strip():
            return number, line
    raise InputError(f"{file}: is empty; write a header line and a row per utterance")


def _unquoted(line: str) -> str:
    return re.sub(r'"[^"]*"', "", line)


def _records(file: Path, lines: Iterator[str], first: int, separator: str) -> Iterator[_Record]:
    """The header and the rows; `first` is the number of the first line."""
    head = next(lines)
    spaced = re.search(rf"{re.escape(separator)}\S", head) is None  # as in "id, label, split"
    reader = csv.reader(chain([head], lines, [_END]), delimiter=separator, skipinitialspace=spaced)
    at = first
    try:
        for cells in reader:
            if cells == [_END]:
                return
            if cells and cells[-1].endswith(_END):
                raise InputError(
                    f"{file}: line {at:,} opens a quote that is never closed; close it, or write "
                    f"two quotes for one"
                )
            if any("\0" in cell for cell in cells):
                raise InputError(f"{file}: line {at:,} holds a zero byte; write the file again")
            if cells and max(map(len, cells)) > LONGEST_TEXT:
                raise InputError(_too_long(file, at))
            yield at, cells
            at = first + reader.line_num
    except csv.Error as error:
        if "field larger" in str(error):
            raise InputError(_too_long(file, at)) from None
        raise InputError(
            f"{file}: line {at:,} cannot be read ({error}); see whether a quote is not closed"
        ) from None


def _too_long(file: Path, line: int) -> str:
    return (
        f"{file}: line {line:,} holds a text of more than {LONGEST_TEXT:,} characters; shorten it, "
        f"or close its quote"
    )


def _check_names(file: Path, names: list[str], most: int) -> None:
    if len(names) > most:
        raise InputError(
            f"{file}: has {len(names):,} columns, of which at most {most:,} are read; keep "
            f"features in .npy files beside the table"
        )
    if len(names) == 1 and not _PLAIN_NAME.fullmatch(names[0]):
        raise InputError(
            f"{file}: its header {names[0][:60]!r} is one column; part columns by a comma, a "
            f"semicolon or a tab"
        )
    twice = [name for name, count in Counter(filter(None, names)).items() if count > 1]
    if twice:
        raise InputError(f"{file}: column `{twice[0][:80]}` occurs twice; rename one")


def _table(
    file: Path,
    names: list[str],
    records: Iterator[_Record],
    wanted: Callable[[str], bool],
    separator: str,
) -> TextTable:
    width = len(names)
    kept = [at for at, name in enumerate(names) if wanted(name) or not name]
    rows: list[list[str]] = []
    blank: list[tuple[int, int]] = []  # line, and how many rows were before it
    short: list[int] = []
    for line, cells in records:
        if not any(cell.strip() for cell in cells):
            if len(cells) > 1:
                blank.append((line, len(rows)))
            continue
        if any(cell.strip() for cell in cells[width:]):
            raise InputError(
                f"{file}: line {line:,} has {len(cells)} cells for {width} columns, parted by "
                f"{_SEPARATORS.get(separator, separator)}; put a text that holds one in quotes"
            )
        if len(cells) < width:
            short.append(line)
            cells += [""] * (width - len(cells))
            if 2 * len(short) > len(rows) + _MOST_SHORT:
                break
        rows.append([cells[at] for at in kept])
        if len(rows) * len(kept) > MOST_CELLS:
            raise InputError(
                f"{file}: has more than {MOST_CELLS:,} cells; keep features in .npy files beside it"
            )
    if 2 * len(short) > len(rows):
        raise InputError(
            f"{file}: line {short[0]:,} has fewer cells than the header, whose names are parted by "
            f"{_SEPARATORS.get(separator, separator)}; part all lines alike"
        )
    table = pd.DataFrame(rows, columns=range(len(kept)), dtype=str)
    unnamed = [at for at, column in enumerate(kept) if not names[column]]
    for at in unnamed:
        if not table[at].str.strip().any():
            del table[at]
    table.columns = [names[kept[at]] or f"Unnamed: {kept[at]}" for at in table]
    notes = []
    inside = [line for line, before in blank if before < len(rows)]
    if inside:
        notes.append(f"{_lines(inside)} of {file.name} has only empty cells and was left out.")
    if short:
        notes.append(
            f"{_lines(short)} of {file.name} has fewer cells than the header: the others were "
            f"taken as empty."
        )
    return TextTable(table, tuple(notes))


def _lines(numbers: list[int]) -> str:
    more = f" (and {len(numbers) - 1:,} others like it)" if len(numbers) > 1 else ""
    return f"Line {numbers[0]:,}{more}"
