"""Texts, numbers and lists from the loose values of a foreign file, checked and bounded."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from mmmie.corpus.text_tables import LONGEST_TEXT

MOST_NUMBERS = 2**24
"""Numbers that lists may hold in one value; more belong into arrays."""

_DEEPEST = 5


class Unusable(ValueError):
    """A value is not what the format says; the reader adds the file's name."""


def text_of(value: Any, what: str) -> str:
    """One text, from str, bytes (UTF-8, else Latin-1), numpy text or a number.

    Raises:
        Unusable: it is anything else, or longer than `LONGEST_TEXT`.
    """
    if isinstance(value, np.ndarray) and value.size == 1:
        value = value.reshape(-1)[0]
    if isinstance(value, (bytes, memoryview)):
        value = decoded(bytes(value[: 4 * LONGEST_TEXT]))
    if isinstance(value, (int, float, np.number)) and not isinstance(value, bool):
        value = f"{value:g}" if isinstance(value, (float, np.floating)) else str(int(value))
    if not isinstance(value, str) or len(value) > LONGEST_TEXT:
        raise Unusable(f"{what} is {described(value)}; a short text is expected")
    # a lone surrogate cannot be written to any file
    return str(value).encode("utf-8", "replace").decode("utf-8")


def decoded(raw: bytes) -> str:
    """Text in UTF-8, else in Latin-1, which is what Python 2 left open."""
    try:
        return str(raw, "utf-8")
    except UnicodeDecodeError:
        return str(raw, "latin-1")


def texts_of(values: Any, n: int, what: str) -> list[str]:
    """`n` texts from a list, a tuple or an array.

    Raises:
        Unusable: there are more or fewer, or one is not a text.
    """
    return [text_of(value, what) for value in items_of(values, n, what)]


def items_of(values: Any, n: int | None, what: str) -> list[Any]:
    """The items of a list, tuple or array along its first axis.

    Raises:
        Unusable: it is none of these, or has not `n` items.
    """
    if (isinstance(values, np.ndarray) and values.ndim) or isinstance(values, (list, tuple)):
        items = list(values)
    else:
        raise Unusable(f"{what} is {described(values)}; a list or an array is expected")
    if n is not None and len(items) != n:
        raise Unusable(f"{what} has {len(items):,} entries for {n:,} utterances; fix one of them")
    return items


def numbers_of(values: Any, n: int | None, what: str) -> np.ndarray:
    """An array of numbers from an array, or from lists of numbers or of arrays, nested at will.

    Args:
        n: how many along the first axis, None for any number.

    Raises:
        Unusable: it is ragged, holds anything but numbers or too many of them, or has not `n`
            entries.
    """
    if not isinstance(values, np.ndarray) or values.dtype == object:
        items_of(values, None, what)
        values = np.asarray(_stacked(values, what, _DEEPEST, [MOST_NUMBERS]))
    if not values.ndim:
        raise Unusable(f"{what} is {described(values)}; a list or an array is expected")
    if values.dtype.kind not in "fiub" and len(values):
        raise Unusable(f"{what} is of type {values.dtype}; numbers are expected")
    if not len(values):
        values = values.astype(np.float32)
    if n is not None and len(values) != n:
        raise Unusable(f"{what} has {len(values):,} entries for {n:,} utterances; fix one of them")
    return values


def arrays_of(items: Sequence[Any], what: str) -> list[np.ndarray]:
    """One array per item: arrays as they are, nested lists of numbers as arrays.

    None and NaN, which stand for nothing, become an empty array.

    Raises:
        Unusable: an item is anything else, or the lists hold too many numbers.
    """
    room, nothing = [MOST_NUMBERS], np.zeros(0, np.float32)
    found = []
    for item in items:
        missing = item is None or (isinstance(item, (float, np.floating)) and np.isnan(item))
        plain = isinstance(item, np.ndarray) and item.dtype.kind in "fiub"
        array = nothing if missing else item if plain else _stacked(item, what, _DEEPEST, room)
        found.append(np.asarray(array))
        if found[-1].dtype.kind not in "fiub":
            raise Unusable(f"{what} is of type {found[-1].dtype}; numbers are expected")
    return found


def _stacked(value: Any, what: str, deepest: int, room: list[int]) -> Any:
    """Nested lists as one array; `room` is how many more items may be looked at."""
    if isinstance(value, np.ndarray) and value.dtype.kind in "fiub":
        room[0] -= value.size
    elif isinstance(value, (int, float, np.number, np.bool_)):
        room[0] -= 1
    elif isinstance(value, list) and value and {*map(type, value)} <= {int, float}:
        room[0] -= len(value)
        value = np.array(value) if room[0] >= 0 else value
    elif isinstance(value, (list, tuple)) or (isinstance(value, np.ndarray) and value.ndim):
        if not deepest:
            raise Unusable(f"{what} nests more than {_DEEPEST} lists; store it flatter")
        room[0] -= 1
        parts = [_stacked(item, what, deepest - 1, room) for item in value]
        try:
            return np.array(parts)
        except ValueError:
            raise Unusable(f"{what} is ragged; make all its entries of one length") from None
    else:
        raise Unusable(f"{what} holds {described(value)}; numbers are expected")
    if room[0] < 0:
        raise Unusable(f"{what} holds more than {MOST_NUMBERS:,} numbers in lists; store an array")
    return value


def described(value: Any) -> str:
    """What a value is, without its content: shapes for arrays, else its type."""
    if isinstance(value, np.ndarray):
        return f"an array of {value.dtype} with shape {value.shape}"
    if value is None:
        return "missing"
    return f"a {type(value).__name__.lstrip('_').lower()}"


def outlined(value: Any) -> str:
    """What a container holds at its top: keys of a dictionary, kinds of the parts of a list."""
    if isinstance(value, dict) and value:
        keys = ", ".join(repr(key)[:40] for key in [*value][:8])
        return f"a dictionary with the keys {keys}{', …' if len(value) > 8 else ''}"
    if isinstance(value, (list, tuple)) and value:
        first = ", ".join(described(part) for part in value[:4])
        more = ", …" if len(value) > 4 else ""
        return f"{described(value)} of {len(value):,} entries ({first}{more})"
    return described(value)
