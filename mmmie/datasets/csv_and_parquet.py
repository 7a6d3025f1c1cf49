"""CSV and Parquet files read alike, cells as text or as they are."""

from __future__ import annotations

from pathlib import Path

from mmmie.corpus.parquet_tables import read_parquet_table
from mmmie.corpus.text_tables import TextTable, read_text_table
from mmmie.datasets.file_kind import kind_of
from mmmie.errors import InputError


def read_any_table(file: Path) -> TextTable:
    """A table with unnamed types: text files with cells as text, Parquet with cells as they are.

    Raises:
        InputError: it cannot be read, or is larger than a table of utterances can be.
    """
    try:
        if kind_of(file) == "parquet":
            return TextTable(read_parquet_table(file))
        return read_text_table(file)
    except InputError:
        raise
    except MemoryError:
        raise InputError(f"{file}: takes more memory than there is; split it") from None
    except (ValueError, OSError, OverflowError, KeyError, TypeError) as error:
        detail = " ".join(str(error).split())[:160]
        raise InputError(f"{file}: cannot be read as a table ({detail}); fix the file") from None
