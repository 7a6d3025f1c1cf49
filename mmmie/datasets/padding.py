"""Sequences of utterances out of padded or ragged arrays, and how many steps each has.

An utterance without any number of a modality has no step of it, never a step of zeros.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from mmmie.datasets.loose_values import Unusable, arrays_of, described, items_of, numbers_of
from mmmie.datasets.streamed_corpus import FLOAT16, FLOAT32, Stream

_SCAN = 2**22


@dataclass(frozen=True)
class Padded:
    """Features of n utterances, of which each is one vector or a sequence of steps.

    Attributes:
        items: (n, d), (n, L, d), or n arrays of (d,) or (steps, d).
        dim: channels; 0 where no utterance has any.
        sequences: whether an utterance is a sequence, be it of one step.
        starts: first step of each (n,).
        lengths: steps of each (n,), 0 where there is none; a vector is one step.
        held: steps of each (n,) with padding.
    """

    items: np.ndarray | list[np.ndarray]
    dim: int
    sequences: bool
    starts: np.ndarray
    lengths: np.ndarray
    held: np.ndarray

    def item(self, row: int) -> np.ndarray:
        """(steps, d)."""
        if not self.lengths[row]:
            return np.zeros((0, self.dim), np.float32)
        start = self.starts[row]
        steps: np.ndarray = np.atleast_2d(self.items[row])[start : start + self.lengths[row]]
        return steps


def padded(
    values: Any,
    n: int,
    what: str,
    lengths: np.ndarray | None = None,
    let_go: Callable[[], None] = lambda: None,
    *,
    trim: bool = True,
) -> Padded:
    """Features of utterances with their padding found.

    Two dimensions per utterance are a sequence, also where all have one step. None, an empty list
    and nothing but NaN or padding is an utterance without any step.

    Args:
        values: (n, d) for vectors, or (n, L, d); in place, or as lists, ragged ones included.
        lengths: steps of each (n,) where the file says so; at most as many as there are.
        trim: else take zeros off on the side, before or after, where more utterances have some,
            if all have the same number of steps.

    Raises:
        Unusable: it has another shape or has no numbers.
    """
    items: np.ndarray | list[np.ndarray]
    if isinstance(values, np.ndarray) and values.dtype != object:
        items = numbers_of(values, n, what)
        if items.ndim not in (2, 3) or (n and not items.size):
            raise Unusable(
                f"{what} is {described(items)}; (utterances, steps, channels) is expected"
            )
        dim, sequences = items.shape[-1], items.ndim == 3
        held = np.full(n, items.shape[1] if sequences else 1)
    else:
        items = arrays_of(items_of(values, n, what), what)
        dim, sequences = _shape_of(items, what)
        held = np.array([len(np.atleast_2d(item)) if item.size else 0 for item in items], np.int64)
    starts, steps = np.zeros(n, np.int64), held.copy()
    if sequences and lengths is not None:
        steps = np.minimum(lengths, held)
    elif sequences and trim and len({*held[held > 0].tolist()}) == 1:
        before, after = _zeros(items, held, let_go)
        if (before > 0).sum() > (after > 0).sum():
            starts = before
            after = before
        steps = held - after
    for row in np.flatnonzero(steps > 0):
        own = np.atleast_2d(items[row])[starts[row] : starts[row] + steps[row]]
        if np.isnan(own[0, 0]) and np.isnan(own).all():
            steps[row] = 0
    return Padded(items, dim, sequences, starts, steps, held)


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


def _shape_of(arrays: list[np.ndarray], what: str) -> tuple[int, bool]:
    """Channels, 0 where all arrays are empty, and whether they are sequences."""
    some = [array for array in arrays if array.size]
    wrong = next((array for array in some if array.ndim not in (1, 2)), None)
    if wrong is not None:
        raise Unusable(f"{what} holds {described(wrong)}; (steps, channels) is expected")
    dims = sorted({array.shape[-1] for array in some})
    if len(dims) > 1:
        raise Unusable(f"{what} has utterances of {dims[:3]} channels; make them alike")
    return dims[0] if dims else 0, any(array.ndim == 2 for array in some)


def _zeros(
    items: np.ndarray | list[np.ndarray], held: np.ndarray, let_go: Callable[[], None]
) -> tuple[np.ndarray, np.ndarray]:
    """Steps of nothing but zeros before the first and after the last other one: (n,), (n,)."""
    before, after = held.copy(), held.copy()
    rows = np.flatnonzero(held)
    longest = int(held.max())
    chunk = max(1, _SCAN // max(1, int(np.size(items[rows[0]]))))
    for start in range(0, len(rows), chunk):
        own = rows[start : start + chunk]
        block = items[own[0] : own[-1] + 1] if isinstance(items, np.ndarray) else None
        if block is None:
            block = np.stack([np.atleast_2d(items[row]) for row in own])
        full = (block != 0).any(axis=2)
        some = full.any(axis=1)
        before[own] = np.where(some, full.argmax(axis=1), longest)
        after[own] = np.where(some, full[:, ::-1].argmax(axis=1), longest)
        let_go()
    return before, after


def joined(parts: Sequence[Padded], what: str, source: str | None = None) -> Stream:
    """One stream of several parts, such as those of the splits.

    Vectors of which some are missing become sequences of one step or none.

    Raises:
        Unusable: they differ in channels or in level, or no utterance has a step.
    """
    parts = [part for part in parts if len(part.items)]
    dims = {part.dim for part in parts if part.dim}
    levels = {part.sequences for part in parts if part.dim}
    if not dims:
        raise Unusable(f"{what} is empty in all utterances; add its features or leave it out")
    if len(dims) > 1:
        raise Unusable(f"{what} has {sorted(dims)} channels in its splits; make them alike")
    if len(levels) > 1:
        raise Unusable(f"{what} has vectors in one split, sequences in another; make them alike")
    dim = dims.pop()
    ends = np.cumsum([len(part.items) for part in parts])
    lengths = np.concatenate([part.lengths for part in parts])
    arrays = [array for part in parts for array in _arrays(part.items)]
    kept = FLOAT16 if all(array.dtype == np.float16 for array in arrays) else FLOAT32

    def item(row: int) -> np.ndarray:
        part = int(np.searchsorted(ends, row, "right"))
        found = parts[part].item(row - int(ends[part]) + len(parts[part].items))
        return found if len(found) else np.zeros((0, dim), np.float32)

    if levels == {False} and (lengths == 1).all():
        return Stream(dim, lambda row: item(row)[0], None, kept, source)
    return Stream(dim, item, lengths, kept, source)


def ragged(items: Sequence[Any], what: str, source: str | None = None) -> Stream:
    """A stream of one array per utterance: (d,), or (steps, d), or empty where it has none.

    Raises:
        Unusable: they differ in channels, or no utterance has a step.
    """
    return joined([padded(list(items), len(items), what, trim=False)], what, source)


def cut_notes(part: Padded, lengths: np.ndarray, what: str) -> list[str]:
    """A sentence where the file claims more steps than it holds."""
    cut = lengths > part.held
    if not part.sequences or not cut.any():
        return []
    return [
        f"{int(cut.sum()):,} entries of {what}, number {int(cut.argmax())} first, hold fewer steps "
        f"than their lengths say; the steps that are there were taken."
    ]


def absence_notes(streams: Mapping[str, Stream], ids: Sequence[str]) -> list[str]:
    """A sentence per modality that some utterances have no step of.

    Raises:
        Unusable: none has any.
    """
    notes = []
    for name, stream in streams.items():
        if stream.lengths is not None and (none := stream.lengths == 0).any():
            if none.all():
                raise Unusable(f"`{name}` is empty in every utterance; add it or leave it out")
            count, first = int(none.sum()), ids[int(none.argmax())]
            notes.append(
                f"{count:,} of {len(none):,} utterances have no {name}, {first!r} first: it is "
                f"absent there, not zero."
            )
    return notes


def _arrays(items: np.ndarray | list[np.ndarray]) -> list[np.ndarray]:
    return [items] if isinstance(items, np.ndarray) else [item for item in items if item.size]
