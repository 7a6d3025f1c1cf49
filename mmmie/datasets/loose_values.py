"""Texts, numbers and lists from the loose values of a foreign file, checked and bounded."""

from __future__ import annotations

from typing import Any

import numpy as np

LONGEST_TEXT = 100_000


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
        raw = bytes(value[: 4 * LONGEST_TEXT])
        try:
            value = str(raw, "utf-8")
        except UnicodeDecodeError:
            value = str(raw, "latin-1")
    if isinstance(value, (int, float, np.number)) and not isinstance(value, bool):
        value = f"{value:g}" if isinstance(value, (float, np.floating)) else str(int(value))
    if not isinstance(value, str) or len(value) > LONGEST_TEXT:
        raise Unusable(f"{what} is {described(value)}; a short text is expected")
    # a lone surrogate cannot be written to any file
    return str(value).encode("utf-8", "replace").decode("utf-8")


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
    """An array of numbers from an array, or from a list of numbers or of small arrays.

    Args:
        n: how many along the first axis, None for any number.

    Raises:
        Unusable: it is ragged, holds anything but numbers, or has not `n` entries.
    """
    if not isinstance(values, np.ndarray) or values.dtype == object:
        items = items_of(values, None, what)
        for item in items:
            if not _is_small(item):
                raise Unusable(f"{what} holds {described(item)}; numbers are expected")
        try:
            values = np.array([np.asarray(item) for item in items])
        except ValueError:
            raise Unusable(f"{what} is ragged; make all its entries of one length") from None
    if not values.ndim:
        raise Unusable(f"{what} is {described(values)}; a list or an array is expected")
    if values.dtype.kind not in "fiub" and len(values):
        raise Unusable(f"{what} is of type {values.dtype}; numbers are expected")
    if not len(values):
        values = values.astype(np.float32)
    if n is not None and len(values) != n:
        raise Unusable(f"{what} has {len(values):,} entries for {n:,} utterances; fix one of them")
    return values


def array_of_item(value: Any, what: str) -> np.ndarray:
    """The features of one utterance: an array, or a list of numbers or of vectors.

    Raises:
        Unusable: it is anything else.
    """
    if isinstance(value, np.ndarray) and value.dtype.kind in "fiub":
        return value
    return numbers_of(value, None, what)


def described(value: Any) -> str:
    """What a value is, without its content: shapes for arrays, else its type."""
    if isinstance(value, np.ndarray):
        return f"an array of {value.dtype} with shape {value.shape}"
    if value is None:
        return "missing"
    return f"a {type(value).__name__.lstrip('_').lower()}"


def _is_small(item: Any) -> bool:
    """Whether numpy can take it without walking through nested containers."""
    if isinstance(item, np.ndarray):
        return item.dtype.kind in "fiub"
    if isinstance(item, (list, tuple)):
        return all(isinstance(x, (int, float, np.number)) for x in item)
    return isinstance(item, (int, float, np.number))
