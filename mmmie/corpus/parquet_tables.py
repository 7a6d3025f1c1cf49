"""Parquet tables of utterances, read with limits."""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd

from mmmie.corpus.isolated_reading import probe
from mmmie.errors import InputError

MOST_BYTES = 2**31
"""What a table of utterances may take in memory; features do not belong into it."""

_INDEX = re.compile(r"__index_level_\d+__")  # of pandas, which tells nothing


def read_parquet_table(file: Path) -> pd.DataFrame:
    """A table with cells as they are and the names of its columns as texts.

    Raises:
        InputError: it is damaged, or larger than a table of utterances can be (see `probe`).
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    probe("parquet", file, most=MOST_BYTES)
    try:
        with pq.ParquetFile(file) as parquet:
            table = parquet.read(use_threads=False)
        made = table.to_pandas(ignore_metadata=True)
    except (pa.ArrowException, ValueError, OSError, KeyError, TypeError) as error:
        detail = " ".join(str(error).split())[:160]
        raise InputError(f"{file}: cannot be read as a table ({detail}); fix the file") from None
    made.columns = [str(name).strip() for name in made.columns]
    made = made[[name for name in made.columns if not _INDEX.fullmatch(name)]]
    if made.columns.duplicated().any():
        name = made.columns[made.columns.duplicated()][0]
        raise InputError(f"{file}: column `{name[:80]}` occurs twice; rename one")
    return made
