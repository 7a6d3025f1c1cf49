"""Sequences of utterances out of padded or ragged arrays, and how many steps each has."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from mmmie.datasets.loose_values import Unusable, array_of_item, described, numbers_of
from mmmie.datasets.streamed_corpus import FLOAT16, FLOAT32, Stream

_SCAN = 2**22


@dataclass(frozen=True)
class Padded:
    """An array of utterances in which sequences are followed or preceded by zeros.

    Attributes:
        values: (n, d), or (n, L, d).
        starts: first step of each (n,).
        lengths: steps of each (n,), at least 1; None where `values` has two dimensions.
    """

    values: np.ndarray
    starts: np.ndarray | None = None
    lengths: np.ndarray | None = None

    def item(self, row: int) -> np.ndarray:
        """(d,) or (steps, d)."""
        if self.lengths is None or self.starts is None:
            found: np.ndarray = self.values[row]
            return found
        start = self.starts[row]
        return self.values[row, start : start + self.lengths[row]]


def padded(
    values: Any,
    n: int,
    what: str,
    lengths: np.ndarray | None = None,
    let_go: Callable[[], None] = lambda: None,
) -> Padded:
    """An array of utterances with its padding found.

    Args:
        values: (n, d) for vectors, or (n, L, d), in place or as a list of n arrays (L, d).
        lengths: steps of each (n,) where the file says so; else zeros are taken off on the side,
            before or after, where more utterances have some.

    Raises:
        Unusable: it has another shape or has no numbers.
    """
    values = numbers_of(values, n, what)
    if values.ndim == 2:
        return Padded(values)
    if values.ndim != 3 or not values.shape[1] or not values.shape[2]:
        raise Unusable(f"{what} is {described(values)}; (utterances, steps, channels) is expected")
    longest = values.shape[1]
    starts = np.zeros(n, np.int64)
    if lengths is not None:
        return Padded(values, starts, np.clip(lengths, 1, longest))
    before, after = _zeros(values, let_go)
    if (before > 0).sum() > (after > 0).sum():
        starts = np.minimum(before, longest - 1)
        return Padded(values, starts, longest - starts)
    return Padded(values, starts, np.maximum(longest - after, 1))


def lengths_of(values: Any, n: int, what: str) -> np.ndarray:
    """Steps of each utterance (n,) int64.

    Raises:
        Unusable: they are not n whole numbers from 0 on.
    """
    lengths = numbers_of(values, n, what)
    flat = lengths.reshape(-1)
    if len(flat) != n or not np.isfinite(flat).all() or (flat < 0).any() or (flat % 1 != 0).any():
        raise Unusable(f"{what} are not whole numbers of steps, one per utterance; fix them")
    return np.minimum(flat, 2**31).astype(np.int64)


def _zeros(values: np.ndarray, let_go: Callable[[], None]) -> tuple[np.ndarray, np.ndarray]:
    """Steps of nothing but zeros before the first and after the last other one: (n,), (n,)."""
    n, longest, dim = values.shape
    before, after = np.full(n, longest), np.full(n, longest)
    chunk = max(1, _SCAN // (longest * dim))
    for start in range(0, n, chunk):
        full = (values[start : start + chunk] != 0).any(axis=2)
        some = full.any(axis=1)
        first, last = full.argmax(axis=1), full[:, ::-1].argmax(axis=1)
        before[start : start + chunk] = np.where(some, first, longest)
        after[start : start + chunk] = np.where(some, last, longest)
        let_go()
    return before, after


def joined(parts: Sequence[Padded], what: str, source: str | None = None) -> Stream:
    """One stream of several padded arrays, such as those of the splits.

    Raises:
        Unusable: they differ in channels or in level.
    """
    parts = [part for part in parts if len(part.values)]
    if not parts:
        raise Unusable(f"{what} is empty; there is no utterance")
    dims = {part.values.shape[-1] for part in parts}
    levels = {part.lengths is None for part in parts}
    if len(dims) > 1 or len(levels) > 1:
        raise Unusable(f"{what} has {sorted(dims)} channels in its splits; make them alike")
    ends = np.cumsum([len(part.values) for part in parts])

    def item(row: int) -> np.ndarray:
        part = int(np.searchsorted(ends, row, "right"))
        return parts[part].item(row - int(ends[part]) + len(parts[part].values))

    lengths: np.ndarray | None = None
    if levels == {False}:
        lengths = np.concatenate([part.lengths for part in parts if part.lengths is not None])
        if (lengths == 1).all():
            return Stream(dims.pop(), lambda row: item(row)[0], None, _kept(parts), source)
    return Stream(dims.pop(), item, lengths, _kept(parts), source)


def ragged(items: Sequence[Any], what: str, source: str | None = None) -> Stream:
    """A stream of one array per utterance: all (d,), or all (steps, d).

    Raises:
        Unusable: they differ in channels or level, or one has no numbers or no step.
    """
    arrays = [array_of_item(item, what) for item in items]
    if not arrays:
        raise Unusable(f"{what} is empty; there is no utterance")
    shapes = {(array.ndim, array.shape[-1] if array.ndim else 0) for array in arrays}
    if len(shapes) > 1:
        raise Unusable(f"{what} has several shapes {sorted(shapes)[:3]}; make them alike")
    ((ndim, dim),) = shapes
    if ndim not in (1, 2) or not dim:
        raise Unusable(f"{what} is {described(arrays[0])}; (steps, channels) is expected")
    kept = FLOAT16 if all(a.dtype == np.float16 for a in arrays) else FLOAT32
    if ndim == 1:
        return Stream(dim, arrays.__getitem__, None, kept, source)
    # an utterance without any step gets one of zeros, so that a model has something to look at
    lengths = np.array([max(1, len(array)) for array in arrays], np.int64)
    nothing = np.zeros((1, dim), np.float32)
    if (lengths == 1).all():
        return Stream(
            dim, lambda row: arrays[row][0] if len(arrays[row]) else nothing[0], None, kept, source
        )
    return Stream(
        dim, lambda row: arrays[row] if len(arrays[row]) else nothing, lengths, kept, source
    )


def _kept(parts: Sequence[Padded]) -> np.dtype[Any]:
    return FLOAT16 if all(part.values.dtype == np.float16 for part in parts) else FLOAT32
