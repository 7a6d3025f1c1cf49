"""Reads files to the end, limited in time and memory; what `isolated_reading` runs."""

from __future__ import annotations

import contextlib
import sys

SECONDS = 120
"""Of processor time, a file."""
BYTES = 16 * 2**30
WHOLE_HDF5 = 2**28
"""HDF5 datasets up to this many bytes are read whole, of larger ones both ends."""


def main(kind: str, *files: str) -> int:
    """0 where all files can be read, else 1 with the last file and the reason on stdout."""
    with contextlib.suppress(ImportError, ValueError, OSError):
        import resource

        most = SECONDS * len(files)
        resource.setrlimit(resource.RLIMIT_CPU, (most, most))
        resource.setrlimit(resource.RLIMIT_AS, (BYTES, BYTES))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    readers = {"parquet": read_parquet, "arrow": read_arrow, "hdf5": read_hdf5}
    try:
        for file in files:
            print(file, flush=True)
            readers[kind](file)
    except BaseException as error:  # whatever it is, the parent is told and lives
        print(" ".join(str(error).split())[:160] or type(error).__name__)
        return 1
    return 0


def read_parquet(file: str) -> None:
    import pyarrow.parquet as pq

    with pq.ParquetFile(file) as parquet:
        for batch in parquet.iter_batches(1024):
            batch.validate(full=True)


def read_arrow(file: str) -> None:
    import pyarrow as pa

    with pa.memory_map(file) as mapped, pa.ipc.open_stream(mapped) as stream:
        for batch in stream:
            batch.validate(full=True)


def read_hdf5(file: str) -> None:
    import h5py

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
