"""Numpy arrays, dtypes and scalars from the parts that a pickle keeps of them."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from typing import Any

import numpy as np

_CODE = re.compile(r"[fiubUSO]\d{1,6}")
_OBJECT = np.dtype(object)
_MOST_DIMENSIONS = 8


@dataclass(eq=False)
class ArrayParts:
    """An array whose content follows."""

    memo_keys: list[int] = field(default_factory=list)


@dataclass(eq=False)
class DtypeParts:
    """A dtype whose byte order follows."""

    code: Any
    memo_keys: list[int] = field(default_factory=list)


def dtype_of(code: Any, state: Any) -> np.dtype[Any]:
    """A plain dtype: numbers, fixed-length text or objects, in a byte order.

    Raises:
        ValueError: it is structured, of another kind, or too wide.
    """
    code = str(code, "ascii") if isinstance(code, bytes) else code
    if type(code) is not str or not _CODE.fullmatch(code):
        raise ValueError("an array is of an unknown type")
    _, order, subarray, names = state[:4]
    if subarray is not None or names is not None:
        raise ValueError("an array is of a structured type")
    if code[0] == "O":
        return _OBJECT
    order = str(order, "ascii") if isinstance(order, bytes) else order
    if order not in ("<", ">", "=", "|"):
        raise ValueError("an array has no byte order")
    return np.dtype(code if order in "=|" else f"{order}{code}")


def array_of(shape: Any, dtype: Any, fortran: bool, raw: Any) -> np.ndarray:
    """A read-only array over `raw`, which is not copied.

    Raises:
        ValueError: shape, type and content do not fit.
    """
    if type(shape) is int:
        shape = (shape,)
    if not isinstance(dtype, np.dtype) or type(shape) is not tuple:
        raise ValueError("an array has no shape or type")
    if len(shape) > _MOST_DIMENSIONS or any(type(n) is not int or n < 0 for n in shape):
        raise ValueError("an array has an impossible shape")
    count = math.prod(shape)
    order: Any = "F" if fortran else "C"
    if dtype is _OBJECT or dtype.hasobject:
        if type(raw) is not list or len(raw) != count:
            raise ValueError(f"an array claims {count:,} objects that are not there")
        flat = np.empty(count, object)
        for i, item in enumerate(raw):
            flat[i] = item
        return flat.reshape(shape, order=order)
    if not isinstance(raw, (bytes, memoryview)) or len(raw) != count * dtype.itemsize:
        raise ValueError(f"an array claims {count:,} numbers that are not there")
    return (
        np.frombuffer(raw, dtype, count).reshape(shape, order=order)
        if count
        else np.zeros(shape, dtype)
    )


def scalar_of(dtype: Any, raw: Any) -> np.generic:
    """One number or text.

    Raises:
        ValueError: type and content do not fit.
    """
    if not isinstance(dtype, np.dtype) or dtype.hasobject:
        raise ValueError("a scalar is an object")
    if not isinstance(raw, (bytes, memoryview)) or len(raw) != dtype.itemsize:
        raise ValueError(f"a scalar claims {dtype.itemsize:,} bytes that are not there")
    value: np.generic = np.frombuffer(raw, dtype, 1)[0]
    return value
