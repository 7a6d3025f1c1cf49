"""Which rows belong together: conversations, or copies of each other."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import torch
from torch import Tensor

from mmmie.errors import InputError
from mmmie.mi.rows import LEAST_PAIRS

_ATOM = 4  # times the usual number of copies


def numbered_groups(groups: Any, rows: int) -> np.ndarray:
    """A number from 0 for every row, the same for rows of one group: (N,) int64.

    Args:
        groups: (N,) names or numbers.
        rows: N.

    Raises:
        InputError: they are not one name or number per row, or all the same.

    Example:
        >>> numbered_groups(["b", "a", "b"], 3).tolist()
        [1, 0, 1]
    """
    if isinstance(groups, Tensor):
        groups = groups.detach().cpu()
    if np.ma.is_masked(groups):
        raise InputError("groups are masked in some rows; name a group in every row")
    try:
        array = np.asarray(groups)
    except ValueError:
        raise InputError("groups is ragged; use one name or number per row") from None
    if array.ndim != 1:
        raise InputError(f"groups have shape {array.shape}; give (N,) names or numbers")
    if len(array) != rows:
        raise InputError(f"groups have {len(array)} rows and x {rows}; name one group per row of x")
    if array.dtype.kind not in "biufUSMO":
        raise InputError(f"groups have the type {array.dtype}; give names or numbers")
    from pandas import isna  # knows every way of naming nothing

    unnamed = isna(array)
    if unnamed.any():
        row = int(unnamed.argmax())
        raise InputError(f"groups are {array[row]} in row {row}; name a group in every row")
    if array.dtype.kind == "O":  # names, as a table has them
        array = array.astype(str)
    found = np.unique(array, return_inverse=True)[1].reshape(-1)
    if found.max(initial=0) == 0:
        raise InputError("groups has a single group; give two or more, or leave it out")
    return found.astype(np.int64)


def equal_pairs(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """A number for every pair, the same for pairs that are copies of each other.

    Classes and counts recur too, but with other partners, or in few different pairs; and an atom,
    such as silence beside no face, recurs far more often than the rest. Such pairs are draws of
    their own.
    """
    rows = np.arange(len(x))
    pair, of_x, of_y = (_numbered(side) for side in (np.hstack([x, y]), x, y))
    copies = np.bincount(pair)
    recurs_alike = len(copies) in (of_x.max() + 1, of_y.max() + 1)
    if not recurs_alike or len(copies) < max(LEAST_PAIRS / 2, math.sqrt(len(x))):
        return rows
    atom = copies > max(_ATOM * np.median(copies), LEAST_PAIRS / 2)
    own = np.where(atom[pair], len(copies) + rows, pair)
    return np.unique(own, return_inverse=True)[1].reshape(-1)


def clustered_error(terms: Tensor, group: Tensor) -> float:
    """The standard error of the mean of terms (N,) of which those of a group (N,) go together.

    NaN for a single group, of which nothing is known.
    """
    kinds, place = group.unique(return_inverse=True)
    count = len(kinds)
    if count < 2:
        return math.nan
    terms = terms.double()
    sums = torch.zeros(count, dtype=terms.dtype).index_add(0, place, terms - terms.mean())
    return (sums.square().sum() * count / (count - 1)).sqrt().item() / len(terms)


def _numbered(rows: np.ndarray) -> np.ndarray:
    """Equal rows have equal numbers, in the order of their first appearance."""
    if len(np.unique(rows[:, 0])) == len(rows):  # the common case, in a hundredth of the time
        return np.arange(len(rows))
    _, first, inverse = np.unique(rows, axis=0, return_index=True, return_inverse=True)
    return first.argsort().argsort()[inverse.reshape(-1)]
