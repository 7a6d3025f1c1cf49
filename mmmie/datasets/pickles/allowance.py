"""What a pickle may cost: some times what its file holds, however often it repeats a part."""

from __future__ import annotations

from typing import Any

import numpy as np

from mmmie.datasets.pickles.stack_machine import Refused, allowance

_CONTAINERS = (list, tuple, dict, set)
_NUMBERS = {int, float, bool, type(None)}
_CONTAINER, _ITEM, _ENTRY = 40, 24, 100  # bytes
_ROW, _NUMBER = 96, 8  # bytes, of an array whose rows or numbers are taken one by one


def check_repetition(value: Any, size: int) -> None:
    """See that a value stays small when all that it repeats is written out.

    A list that is named a thousand times costs a thousand lists as soon as somebody makes an array
    or a table of it.

    Args:
        value: what a pickle holds.
        size: bytes of the file.

    Raises:
        Refused: it contains itself, or is larger than `allowance`, written out.
    """
    room = allowance(size)
    sizes: dict[int, int] = {}  # of containers, by id; -1 for those that are being looked into
    waiting = [value] if _is_container(value) else []
    while waiting:
        item = waiting[-1]
        entered = id(item) in sizes
        if entered and sizes[id(item)] >= 0:
            waiting.pop()
            continue
        own, inner = _content(item)
        if not entered:
            sizes[id(item)] = -1
            new = [part for part in inner if id(part) not in sizes]
            waiting += new
            if any(sizes.get(id(part)) == -1 for part in inner):
                raise Refused("contains itself; save it without the circle")
            if new:
                continue
        sizes[id(item)] = own + sum([sizes[id(part)] for part in inner])
        if sizes[id(item)] > room:
            raise Refused(
                f"repeats its parts so often that they would take more than {room >> 20:,} MB, "
                f"written out; save each utterance with arrays and texts of its own"
            )
        waiting.pop()


def _is_container(value: Any) -> bool:
    return isinstance(value, _CONTAINERS) or (
        isinstance(value, np.ndarray) and value.dtype.hasobject
    )


def _content(value: Any) -> tuple[int, list[Any]]:
    """Bytes of a container with everything but the containers in it, and these."""
    if isinstance(value, dict):
        bytes_, items = _ENTRY * len(value), [*value, *value.values()]
    else:
        items = value.reshape(-1).tolist() if isinstance(value, np.ndarray) else value
        bytes_ = _CONTAINER + _ITEM * len(items)
    kinds = {*map(type, items)}
    if kinds <= _NUMBERS:
        return bytes_, []
    if kinds == {str}:
        return bytes_ + sum(map(len, items)), []
    inner = [item for item in items if _is_container(item)]
    return bytes_ + sum(_plain(item) for item in items), inner


def _plain(value: Any) -> int:
    """Bytes of what is no container."""
    if isinstance(value, (str, bytes)):
        return len(value)
    if isinstance(value, np.ndarray) and not value.dtype.hasobject:
        rows = len(value) if value.ndim else 0
        return value.nbytes + rows * (_ROW if value.ndim > 1 else _NUMBER)
    return value.nbytes if isinstance(value, (memoryview, np.generic)) else 0
