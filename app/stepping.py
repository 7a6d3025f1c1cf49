"""Which utterance comes before and after the one that is looked at."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
import pandas as pd


@dataclass(frozen=True)
class Walk:
    """The utterances that a reader steps through, seen from the one that is looked at.

    Attributes:
        shown: the id that is looked at.
        before: the one before it, None at the start.
        after: the one after it, None at the end.
        place: of `shown` on the path, from 1; None where it is not on the walk.
        length: how many utterances there are.
        of_selection: whether it leads through the selection, else through the slice.
    """

    shown: str
    before: str | None
    after: str | None
    place: int | None
    length: int
    of_selection: bool


def walk_of(
    ids: pd.Series, within: np.ndarray, selected: Collection[str], primary: str | None
) -> Walk:
    """The walk through the selection if it has several utterances, otherwise through the slice.

    Args:
        within: (n,) which of them the slice filter lets through; at least one.
        primary: the id that is looked at; the first of the slice where it is not of the split.

    Example:
        >>> walk = walk_of(pd.Series(["a", "b", "c"]), np.array([True, False, True]), (), "b")
        >>> walk.before, walk.after, walk.place, walk.length
        ('a', 'c', None, 2)
    """
    picked = ids.isin(list(selected)).to_numpy() & within
    of_selection = int(picked.sum()) > 1
    rows = np.flatnonzero(picked if of_selection else within)
    found = np.flatnonzero(ids.to_numpy() == primary)
    at = int(found[0] if len(found) else np.flatnonzero(within)[0])
    place = int(np.searchsorted(rows, at))
    on_it = place < len(rows) and int(rows[place]) == at
    following = place + 1 if on_it else place
    return Walk(
        shown=str(ids.iloc[at]),
        before=str(ids.iloc[rows[place - 1]]) if place > 0 else None,
        after=str(ids.iloc[rows[following]]) if following < len(rows) else None,
        place=place + 1 if on_it else None,
        length=len(rows),
        of_selection=of_selection,
    )
