"""The snapshots of a run: codes of a fixed sample of utterances, one safetensors file per epoch."""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import TypeAdapter

from mmmie.errors import InputError
from mmmie.reading import open_plain, parse_json, refuse_closed, validated

_NAME = re.compile(r"epoch-(\d{1,9})\.safetensors", re.ASCII)
_IDS = TypeAdapter(list[str])


def snapshots_in(folder: Path) -> list[Path]:
    """The snapshots in a folder, by epoch; none where there is no such folder.

    Raises:
        InputError: it may not be read.
    """
    if not os.path.isdir(folder):
        refuse_closed(folder)
        if os.path.lexists(folder):
            raise InputError(f"{folder}: is no folder; remove it")
        return []
    refuse_closed(folder)
    return sorted((f for f in folder.iterdir() if _NAME.fullmatch(f.name)), key=epoch_of)


def epoch_of(snapshot: Path) -> int:
    """The epoch after which a snapshot was taken."""
    match = _NAME.fullmatch(snapshot.name)
    assert match is not None, snapshot
    return int(match[1])


def read_snapshot(
    file: Path, spaces: Collection[str] | None = None
) -> tuple[list[str], dict[str, np.ndarray]]:
    """Utterance ids (n,), and space (as in `SplitOutputs.spaces`) → codes (n, d), finite.

    Args:
        spaces: those to read; all if left out.

    Raises:
        FileNotFoundError: the file is gone.
        InputError: it is torn or no safetensors file, or what it holds is no snapshot.
    """
    with _opened(file) as stream:
        said = (stream.metadata() or {}).get("ids", "")
        held = list(stream.keys()) if spaces is None else spaces
        codes = {name: stream.get_tensor(name) for name in held}
    where = f"{file}, ids"
    ids = validated(_IDS, parse_json(said.encode("utf-8", "replace"), where), where)
    for name, values in codes.items():
        number = np.issubdtype(values.dtype, np.floating)
        if values.ndim != 2 or len(values) != len(ids) or not number:
            raise InputError(
                f"{file}: `{name}` is {values.dtype} of shape {values.shape}; expected codes of "
                f"{len(ids)} utterances; delete it"
            )
        if not np.isfinite(values).all():
            raise InputError(f"{file}: `{name}` has values that are not finite; delete it")
    return ids, codes


def check_snapshot(file: Path) -> str | None:
    """What is wrong with the header of a snapshot, None if nothing is."""
    try:
        with _opened(file):
            return None
    except FileNotFoundError:
        return None  # deleted meanwhile
    except InputError as error:
        return str(error)


@contextlib.contextmanager
def _opened(file: Path) -> Iterator[Any]:
    from safetensors import SafetensorError, safe_open

    open_plain(file).close()
    try:
        with safe_open(str(file), framework="np") as stream:
            yield stream
    except (SafetensorError, OSError, TypeError) as error:
        raise InputError(f"{file}: is torn or no safetensors file ({error}); delete it") from None
