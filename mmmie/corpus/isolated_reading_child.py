"""Reads files to the end, limited in time and memory; what `isolated_reading` runs."""

from __future__ import annotations

import contextlib
import os
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow as pa

SECONDS = 120
"""Of processor time, a file."""
WHOLE_HDF5 = 2**28
"""HDF5 datasets up to this many bytes are read whole, of larger ones both ends."""

MOST_COLUMNS = 1000
LONGEST_TEXT = 100_000
TIMES = 100
FLOOR = 2**26
LARGE = 2
"""The exit status where a file is sound but too large."""

_SPARE = 2**28  # for the reader itself
_NUMBER, _NESTED = 8, 128  # bytes that a cell takes in Python, at least


class TooLarge(ValueError):
    """The file is sound, but holds more than may be read."""


def main(kind: str, most: str, *files: str) -> int:
    """0 where all files can be read, else 1 or `LARGE` with the last file and why on stdout."""
    readers = {"parquet": read_parquet, "arrow": read_arrow, "hdf5": read_hdf5}
    try:
        for file in files:
            print(file, flush=True)
            readers[kind](file, min(int(most), TIMES * os.path.getsize(file) + FLOOR))
    except TooLarge as error:
        print(error)
        return LARGE
    except BaseException as error:  # whatever it is, the parent is told and lives
        print(" ".join(str(error).split())[:160] or type(error).__name__)
        return 1
    return 0


def limit(room: int, seconds: int = SECONDS) -> None:
    """End this process where it takes more than `room` bytes from now on, or too long."""
    with contextlib.suppress(ImportError, ValueError, OSError):
        import resource

        used = resource.getrusage(resource.RUSAGE_SELF)
        until = int(used.ru_utime + used.ru_stime) + seconds
        # The soft limits alone: the next file may take more than what is left for this one.
        for kind, most in (
            (resource.RLIMIT_CORE, 0),
            (resource.RLIMIT_CPU, until),
            (resource.RLIMIT_DATA, room + taken()),
        ):
            resource.setrlimit(kind, (most, resource.getrlimit(kind)[1]))


def taken() -> int:
    """Bytes that this process may write to."""
    with open("/proc/self/status", encoding="utf-8") as status:
        return next(int(line.split()[1]) * 1024 for line in status if line.startswith("VmData"))


class _Count:
    """Counts what the cells of a table take, written out.

    Args:
        room: how many bytes they may take.
    """

    def __init__(self, room: int) -> None:
        self.room = self.left = room

    def columns(self, number: int) -> None:
        if number > MOST_COLUMNS:
            raise TooLarge(
                f"has {number:,} columns, of which at most {MOST_COLUMNS:,} are read; keep "
                f"features in .npy files beside the table"
            )

    def batch(self, batch: pa.RecordBatch) -> None:
        batch.validate(full=True)
        for name, column in zip(batch.schema.names, batch.columns, strict=True):
            self.left -= self._cells(name, column)
            if self.left < 0:
                raise TooLarge(
                    f"unpacks to more than {self.room >> 20:,} MB; split it, or keep features in "
                    f".npy files beside the table"
                )

    def _cells(self, name: str, column: pa.Array) -> int:
        import pyarrow as pa
        import pyarrow.compute as pc

        kind = column.type
        if pa.types.is_dictionary(kind):
            lengths = self._lengths(name, column.dictionary)
            return _NUMBER * len(column) + (pc.sum(lengths.take(column.indices)).as_py() or 0)
        if _is_text(kind):
            lengths = self._lengths(name, column)
            return _NUMBER * len(column) + (pc.sum(lengths).as_py() or 0)
        return int(column.nbytes) + len(column) * (_NESTED if kind.num_fields else _NUMBER)

    def _lengths(self, name: str, texts: pa.Array) -> pa.Array:
        import pyarrow.compute as pc

        lengths = pc.binary_length(texts)
        if (pc.max(lengths).as_py() or 0) > LONGEST_TEXT:
            letters = pc.utf8_length(texts) if "string" in str(texts.type) else lengths
            if pc.max(letters).as_py() > LONGEST_TEXT:
                raise TooLarge(
                    f"column `{name[:80]}` holds a text of more than {LONGEST_TEXT:,} characters; "
                    f"shorten it"
                )
        return lengths


def _is_text(kind: pa.DataType) -> bool:
    import pyarrow as pa

    kinds = (pa.types.is_string, pa.types.is_binary, pa.types.is_large_string)
    return any(is_kind(kind) for is_kind in (*kinds, pa.types.is_large_binary))


def read_parquet(file: str, room: int) -> None:
    import pyarrow.parquet as pq

    limit(2 * room + _SPARE)
    count = _Count(room)
    with pq.ParquetFile(file) as parquet:
        count.columns(parquet.metadata.num_columns)
        texts = [field.name for field in parquet.schema_arrow if _is_text(field.type)]
    # a text that all rows repeat is kept once as long as it is not written out
    with pq.ParquetFile(file, read_dictionary=texts) as parquet:
        for batch in parquet.iter_batches(1024, use_threads=False):
            count.batch(batch)


def read_arrow(file: str, room: int) -> None:
    import pyarrow as pa

    limit(2 * room + _SPARE)
    count = _Count(room)
    with pa.memory_map(file) as mapped, pa.ipc.open_stream(mapped) as stream:
        count.columns(len(stream.schema))
        for batch in stream:
            count.batch(batch)


def read_hdf5(file: str, room: int) -> None:
    import h5py

    limit(2 * WHOLE_HDF5 + _SPARE)

    def read(_: str, item: object) -> None:
        if not isinstance(item, h5py.Dataset) or not item.shape:
            return
        if item.external or item.is_virtual:  # kept in another file, which is not opened
            return
        if item.nbytes <= WHOLE_HDF5:
            item[()]
        else:
            item[:1], item[-1:]

    with h5py.File(file, "r") as opened:
        opened.visititems(read)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
