"""CSV and Parquet files read with limits, cells as text or numbers."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from mmmie.corpus.isolated_reading import probe
from mmmie.corpus.text_tables import TextTable, read_text_table
from mmmie.datasets.file_kind import kind_of
from mmmie.errors import InputError

MOST_BYTES = 2**31
"""What a table of utterances may take in memory; features do not belong into it."""

MOST_COLUMNS = 1000
_BATCH = 2**28


def read_any_table(file: Path) -> TextTable:
    """A table with unnamed types: text files with cells as text, Parquet with cells as they are.

    Raises:
        InputError: it cannot be read, or is larger than a table of utterances can be.
    """
    try:
        if kind_of(file) == "parquet":
            return TextTable(_parquet(file))
        size = file.stat().st_size
        if size > MOST_BYTES // 4:
            raise InputError(
                f"{file}: is {size / 2**20:,.0f} MB; keep features in .npy files beside it"
            )
        return read_text_table(file, most_columns=MOST_COLUMNS)
    except InputError:
        raise
    except (ValueError, OSError, OverflowError, KeyError, TypeError, MemoryError) as error:
        detail = " ".join(str(error).split())[:160]
        raise InputError(f"{file}: cannot be read as a table ({detail}); fix the file") from None


def _parquet(file: Path) -> pd.DataFrame:
    import pyarrow as pa
    import pyarrow.parquet as pq

    probe("parquet", file)
    with pq.ParquetFile(file) as parquet:
        metadata = parquet.metadata
        _limit_columns(file, metadata.num_columns)
        largest = max(
            (
                metadata.row_group(group).column(column).total_uncompressed_size
                for group in range(min(metadata.num_row_groups, 100_000))
                for column in range(metadata.num_columns)
            ),
            default=0,
        )
        # a dictionary page may hold one long text that every row of a batch repeats
        rows = min(max(_BATCH // max(largest, 1), 16), 65_536)
        batches, size = [], 0
        for batch in parquet.iter_batches(rows):
            batch.validate(full=True)
            size += batch.nbytes
            if size > MOST_BYTES:
                raise InputError(
                    f"{file}: unpacks to more than {MOST_BYTES >> 20:,} MB; split the table"
                )
            batches.append(batch)
        table = pa.Table.from_batches(batches, schema=parquet.schema_arrow)
    made = table.to_pandas(ignore_metadata=True)
    made.columns = [str(name).strip() for name in made.columns]
    if made.columns.duplicated().any():
        name = made.columns[made.columns.duplicated()][0]
        raise InputError(f"{file}: column `{name[:80]}` occurs twice; rename one")
    return made


def _limit_columns(file: Path, columns: int) -> None:
    if columns > MOST_COLUMNS:
        raise InputError(
            f"{file}: has {columns:,} columns; keep features in .npy files beside the table"
        )
