"""Datasets of Hugging Face on disk: what ``save_to_disk`` wrote, or a clone with Parquet files.

Both are read with pyarrow alone, so that neither the package ``datasets`` nor a loading script of
somebody else is needed. Columns of lists are features: of numbers, a vector per utterance; of
vectors, a sequence. Class labels get their names.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from mmmie.corpus.isolated_reading import probe
from mmmie.corpus.text_files import read_text
from mmmie.datasets.file_kind import Format, Source
from mmmie.datasets.loose_values import Unusable, described
from mmmie.datasets.splits import SPLIT_NAMES, joined_splits
from mmmie.datasets.streamed_corpus import Reading, Stream
from mmmie.datasets.table_columns import reading_of_table, usual_names
from mmmie.errors import InputError

MOST_ROWS = 5_000_000
_MOST_STATE = 2**22
_SHARD = re.compile(r"(?P<split>[a-z]+)(-[\w-]+)?\.parquet")


def is_hugging_face(source: Source) -> bool:
    """Whether it is a folder of ``save_to_disk``, or one with Parquet files per split."""
    return source.kind == "folder" and bool(_saved(source.path) or _shards(source.path))


def read_hugging_face(source: Source) -> Reading:
    """The corpus in a dataset; splits by its own splits, or by a column of that name."""
    import pyarrow as pa

    files = _saved(source.path) or _shards(source.path)
    notes = joined_splits(files, "The dataset")
    every = [path for paths in files.values() for path in paths]
    probe("parquet" if every[0].suffix == ".parquet" else "arrow", *every)
    tables = []
    for name, paths in files.items():
        split = SPLIT_NAMES.get(name, "")
        for path in paths:
            table = _parquet(path) if path.suffix == ".parquet" else _arrow(path)
            if split and not _names_split(table):
                table = table.append_column("split", pa.array([split] * len(table)))
            tables.append(table)
    try:
        whole = pa.concat_tables(tables)
    except (pa.ArrowInvalid, pa.ArrowTypeError):
        raise Unusable("has different columns in its splits; make them alike") from None
    if not 0 < len(whole) <= MOST_ROWS:
        raise Unusable(f"holds {len(whole):,} utterances; 1 to {MOST_ROWS:,} can be read")
    streams: dict[str, Stream] = {}
    plain: dict[str, Any] = {}
    names = _class_names(whole.schema.metadata)
    for name in whole.column_names:
        column = whole.column(name).combine_chunks()
        if _is_speaker(name) and pa.types.is_nested(_storage(column).type):
            plain[name] = pd.Series([str(cell or "") for cell in column.to_pylist()])
        elif pa.types.is_nested(_storage(column).type) and not pa.types.is_struct(column.type):
            streams[name] = _stream(_storage(column), name)
        elif not pa.types.is_nested(column.type):
            plain[name] = _named(column.to_pandas(), names.get(name))
    return reading_of_table(source, pd.DataFrame(plain), streams, zero_non_finite=True, notes=notes)


def _saved(folder: Path) -> dict[str, list[Path]]:
    """Split, as it is called (or an empty name) → the Arrow files that ``save_to_disk`` wrote."""
    listed = folder / "dataset_dict.json"
    if listed.is_file():
        names = _json(listed).get("splits")
        if not isinstance(names, list) or any(name not in SPLIT_NAMES for name in names):
            raise Unusable(f"`{listed.name}` names other splits than train, valid and test")
        return {name: _data_files(folder / name) for name in names}
    return {"": _data_files(folder)} if (folder / "state.json").is_file() else {}


def _data_files(folder: Path) -> list[Path]:
    state = _json(folder / "state.json")
    if state.get("_indices_data_files") or state.get("_indices_files"):
        raise Unusable("keeps rows in another order; call `flatten_indices()` before saving")
    entries = state.get("_data_files")
    names = [e.get("filename") for e in entries] if isinstance(entries, list) else []
    if not names or any(not isinstance(n, str) or Path(n).name != n for n in names):
        raise Unusable(
            f"`{folder.name}/state.json` names no files of its own folder; save it again"
        )
    return [folder / str(name) for name in names]


def _shards(folder: Path) -> dict[str, list[Path]]:
    """Split, as it is called → Parquet files such as ``data/train-00000-of-00001.parquet``."""
    found: dict[str, list[Path]] = {}
    for file in sorted([*folder.glob("*.parquet"), *folder.glob("data/*.parquet")]):
        match = _SHARD.fullmatch(file.name)
        if match and match["split"] in SPLIT_NAMES:
            found.setdefault(match["split"], []).append(file)
    return found


def _json(file: Path) -> dict[str, Any]:
    try:
        raw = json.loads(read_text(file, _MOST_STATE))
    except InputError:
        raise
    except (OSError, ValueError, RecursionError) as error:
        raise InputError(
            f"{file}: is not readable JSON ({error}); save the dataset again"
        ) from None
    if not isinstance(raw, dict):
        raise InputError(f"{file}: holds no JSON object; save the dataset again")
    return raw


def _arrow(file: Path) -> Any:
    """A memory-mapped and checked Arrow stream."""
    import pyarrow as pa

    try:
        with pa.memory_map(str(file)) as mapped:
            table = pa.ipc.open_stream(mapped).read_all()
        table.validate(full=True)
    except (pa.ArrowException, OSError, ValueError, KeyError, TypeError) as error:
        detail = " ".join(str(error).split())[:160]
        raise InputError(
            f"{file}: is not a readable Arrow file ({detail}); save it again"
        ) from None
    return table


def _parquet(file: Path) -> Any:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(file) as parquet:
            if parquet.metadata.num_rows > MOST_ROWS:
                raise ValueError(f"it claims {parquet.metadata.num_rows:,} rows")
            batches, room = [], 2**33
            for batch in parquet.iter_batches(1024):
                batch.validate(full=True)
                room -= batch.nbytes
                if room < 0:
                    raise ValueError("it unpacks to more than 8 GB")
                batches.append(batch)
            return pa.Table.from_batches(batches, schema=parquet.schema_arrow)
    except (pa.ArrowException, OSError, ValueError, KeyError, TypeError) as error:
        detail = " ".join(str(error).split())[:160]
        raise InputError(
            f"{file}: is not a readable Parquet file ({detail}); get it again"
        ) from None


def _is_speaker(name: str) -> bool:
    """Whether lists of this name are one-hot vectors of speakers, not features."""
    return "speaker" in usual_names(pd.DataFrame(columns=[name]))


def _names_split(table: Any) -> bool:
    return "split" in usual_names(pd.DataFrame(columns=table.column_names))


def _storage(column: Any) -> Any:
    """The plain lists under an extension type such as Array2D."""
    import pyarrow as pa

    return column.storage if isinstance(column.type, pa.BaseExtensionType) else column


def _stream(column: Any, name: str) -> Stream:
    """Lists of numbers (d,) or of vectors (steps, d), all with the same d.

    A cell that is missing or an empty list is an utterance without a step.
    """
    import pyarrow as pa

    inner, counts = _opened(column, name)
    if not pa.types.is_nested(inner.type):
        vectors, dim = _numbers(inner, name), _dim(counts, name)
        steps, sequences = np.minimum(counts, 1), False
    else:
        deeper, widths = _opened(inner, name)
        if inner.null_count:
            raise Unusable(f"`{name}` has missing steps; fill or drop them")
        if pa.types.is_nested(deeper.type):
            raise Unusable(f"`{name}` nests more than two lists; (steps, channels) is expected")
        if (widths == 0).any():
            raise Unusable(f"`{name}` has steps without a number; drop them")
        vectors, dim = _numbers(deeper, name), _dim(widths, name)
        steps, sequences = counts, True
    flat = vectors.reshape(-1, dim)
    ends = np.cumsum(steps)
    if not sequences and (steps == 1).all():
        return Stream(dim, flat.__getitem__, dtype=_kept(flat))
    return Stream(dim, lambda row: flat[ends[row] - steps[row] : ends[row]], steps, _kept(flat))


def _opened(column: Any, name: str) -> tuple[Any, np.ndarray]:
    """The items of all lists in a row, and how many each has (N,), 0 where it is missing."""
    import pyarrow as pa
    import pyarrow.compute as pc

    kinds = (pa.types.is_list, pa.types.is_large_list, pa.types.is_fixed_size_list)
    if not any(kind(column.type) for kind in kinds):
        raise Unusable(f"`{name}` is of type {str(column.type)[:60]}; lists are expected")
    counts = pc.fill_null(pc.list_value_length(column), 0)
    return column.flatten(), counts.to_numpy(zero_copy_only=False).astype(np.int64)


def _dim(widths: np.ndarray, name: str) -> int:
    found = np.unique(widths[widths > 0])
    if len(found) != 1:
        raise Unusable(f"`{name}` has {len(found)} numbers of channels; one from 1 on is expected")
    return int(found[0])


def _numbers(column: Any, name: str) -> np.ndarray:
    values = column.to_numpy(zero_copy_only=False)
    if not isinstance(values, np.ndarray) or values.dtype.kind not in "fiub":
        raise Unusable(f"`{name}` holds {described(values)}; numbers are expected")
    return values


def _kept(values: np.ndarray) -> np.dtype[Any]:
    return np.dtype(np.float16 if values.dtype == np.float16 else np.float32)


def _class_names(metadata: Any) -> dict[str, list[str]]:
    """Column → class names, from what ``datasets`` notes in the schema."""
    try:
        features = json.loads((metadata or {})[b"huggingface"])["info"]["features"]
        return {
            str(name): [str(n) for n in feature["names"]]
            for name, feature in features.items()
            if isinstance(feature, dict) and feature.get("_type") == "ClassLabel"
        }
    except (KeyError, ValueError, TypeError, AttributeError, RecursionError):
        return {}


def _named(column: pd.Series, names: list[str] | None) -> pd.Series:
    if not names:
        return column
    return column.map(dict(enumerate(names))).fillna("")


FORMAT = Format("Hugging Face dataset", is_hugging_face, read_hugging_face)
