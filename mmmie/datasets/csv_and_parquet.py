"""CSV and Parquet files read with limits, cells as text or numbers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd

from mmmie.corpus.isolated_reading import probe
from mmmie.datasets.file_kind import kind_of
from mmmie.errors import InputError

MOST_BYTES = 2**31
"""What a table of utterances may take in memory; features do not belong into it."""

MOST_COLUMNS = 1000
_BATCH = 2**28
_LONGEST_HEAD = 2**20


def read_any_table(file: Path) -> pd.DataFrame:
    """A table with unnamed types: CSV cells as text, Parquet cells as they are.

    Raises:
        InputError: it cannot be read, or is larger than a table of utterances can be.
    """
    try:
        table = _parquet(file) if kind_of(file) == "parquet" else _csv(file)
    except InputError:
        raise
    except (ValueError, OSError, OverflowError, KeyError, TypeError, MemoryError) as error:
        detail = " ".join(str(error).split())[:160]
        raise InputError(f"{file}: cannot be read as a table ({detail}); fix the file") from None
    table.columns = [str(name).strip() for name in table.columns]
    if table.columns.duplicated().any():
        name = table.columns[table.columns.duplicated()][0]
        raise InputError(f"{file}: column `{name[:80]}` occurs twice; rename one")
    return table


def _csv(file: Path) -> pd.DataFrame:
    size = file.stat().st_size
    if size > MOST_BYTES // 4:
        raise InputError(
            f"{file}: is {size / 2**20:,.0f} MB; keep features in .npy files beside it"
        )
    separator = "\t" if file.suffix.lower() == ".tsv" else ","
    options: dict[str, Any] = {
        "sep": separator,
        "dtype": str,
        "keep_default_na": False,
        "encoding": "utf-8-sig",
    }
    with file.open("rb") as stream:  # pandas takes minutes for a hundred thousand columns
        head = stream.readline(_LONGEST_HEAD)
    _limit_columns(file, head.count(separator.encode()) + 1)
    if len(head) == _LONGEST_HEAD:
        raise InputError(f"{file}: has no header line; name the columns in the first line")
    # pandas would rename columns that occur twice
    names = pd.read_csv(file, header=None, nrows=1, **options).iloc[0].tolist()
    twice = [name for name in names if names.count(name) > 1]
    if twice:
        raise InputError(f"{file}: column `{twice[0][:80]}` occurs twice; rename one")
    return pd.read_csv(file, **options)


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
    return table.to_pandas(ignore_metadata=True)


def _limit_columns(file: Path, columns: int) -> None:
    if columns > MOST_COLUMNS:
        raise InputError(
            f"{file}: has {columns:,} columns; keep features in .npy files beside the table"
        )
