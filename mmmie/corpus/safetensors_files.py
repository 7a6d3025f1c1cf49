"""Safetensors files of others: the header is checked against the file before anything is mapped."""

from __future__ import annotations

import math
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from mmmie.errors import InputError
from mmmie.reading import open_plain, parse_json, short

_DTYPES: dict[str, np.dtype[Any]] = {
    "F16": np.dtype(np.float16),
    "F32": np.dtype(np.float32),
    "F64": np.dtype(np.float64),
    "I64": np.dtype(np.int64),
    "I32": np.dtype(np.int32),
}
_MOST_HEADER = 2**26  # of which the ids of the utterances may take nearly all
_MOST_STRUCTURE = 2**17  # beside them
_MOST_TENSORS = 1000
_MOST_DIMENSIONS = 8
_STRING = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"', re.DOTALL)


@dataclass(frozen=True)
class _Tensor:
    """Where a tensor is: its type, its shape, and the first and last byte in the file."""

    dtype: np.dtype[Any]
    shape: tuple[int, ...]
    start: int
    end: int


def map_safetensors(file: Path) -> dict[str, np.ndarray]:
    """Memory-map every tensor of a safetensors file.

    Raises:
        FileNotFoundError: there is none.
        InputError: the file is truncated or not safetensors, or holds another number type; the
            message names the tensor.
    """
    with open_plain(file) as stream:
        return {
            name: np.memmap(stream, tensor.dtype, "r", tensor.start, tensor.shape)
            if tensor.end > tensor.start
            else np.empty(tensor.shape, tensor.dtype)
            for name, tensor in _header(file, stream)[0].items()
        }


def read_metadata(file: Path) -> dict[str, str]:
    """The texts in the header of a safetensors file; faults as of `map_safetensors`."""
    with open_plain(file) as stream:
        return _header(file, stream)[1]


def _header(file: Path, stream: BinaryIO) -> tuple[dict[str, _Tensor], dict[str, str]]:
    """Name → tensor, and the metadata."""
    held = os.fstat(stream.fileno()).st_size
    size = int.from_bytes(stream.read(8), "little")
    if held < 8 or size > held - 8:
        raise InputError(f"{file}: is truncated or no safetensors file; write it again")
    if size > _MOST_HEADER:
        raise InputError(f"{file}: has a header of {size:,} bytes; at most {_MOST_HEADER:,} fit")
    raw = stream.read(size)
    in_texts = sum(found.end() - found.start() for found in _STRING.finditer(raw))
    if size - in_texts > _MOST_STRUCTURE:
        raise InputError(f"{file}: describes too many tensors; at most {_MOST_TENSORS:,} are read")
    header = parse_json(raw, f"{file}: its header", unique=True)
    if not isinstance(header, dict):
        raise InputError(f"{file}: its header is no JSON object; write it again")
    metadata = header.pop("__metadata__", {})
    texts = isinstance(metadata, dict) and all(isinstance(v, str) for v in metadata.values())
    if not texts:
        raise InputError(f"{file}: `__metadata__` holds more than texts; write it again")
    if len(header) > _MOST_TENSORS:
        raise InputError(
            f"{file}: describes {len(header):,} tensors; at most {_MOST_TENSORS:,} are read"
        )
    tensors = {name: _tensor(file, name, entry, 8 + size) for name, entry in header.items()}
    at = 8 + size
    for name, tensor in sorted(tensors.items(), key=lambda one: (one[1].start, one[1].end)):
        if tensor.end > held:
            raise InputError(
                f"{file}: is truncated, tensor `{name[:80]}` would end after it; write it again"
            )
        if tensor.start < at:
            raise InputError(
                f"{file}: `data_offsets` of tensor `{name[:80]}` overlap another; write it again"
            )
        at = tensor.end
    return tensors, metadata


def _tensor(file: Path, name: str, entry: Any, begin: int) -> _Tensor:
    """A tensor as its entry describes it; `begin` is where the data begin in the file."""
    where = f"{file}: tensor `{name[:80]}`"
    if not isinstance(entry, dict) or set(entry) != {"dtype", "shape", "data_offsets"}:
        raise InputError(
            f"{where} is not described by dtype, shape and data_offsets; write it anew"
        )
    kind, shape, offsets = entry["dtype"], entry["shape"], entry["data_offsets"]
    dtype = _DTYPES.get(kind) if isinstance(kind, str) else None
    if dtype is None:
        raise InputError(f"{where} is {short(kind)}; store float16 or float32")
    if not _counts(shape) or len(shape) > _MOST_DIMENSIONS:
        raise InputError(
            f"{where} has `shape` {short(shape)}; whole numbers from 0 on are expected"
        )
    size = math.prod(shape) * dtype.itemsize
    if not _counts(offsets) or len(offsets) != 2 or offsets[1] - offsets[0] != size:
        raise InputError(
            f"{where} has `data_offsets` {short(offsets)} for {short(size)} bytes; write it again"
        )
    if not size and math.prod(max(n, 1) for n in shape) > 2**40:
        raise InputError(f"{where} has `shape` {short(shape)}, which is too large; write it again")
    return _Tensor(dtype, tuple(shape), begin + offsets[0], begin + offsets[1])


def _counts(values: Any) -> bool:
    return isinstance(values, list) and all(type(n) is int and n >= 0 for n in values)
