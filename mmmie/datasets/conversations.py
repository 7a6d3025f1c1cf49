"""Which conversation an utterance belongs to, and at which place: from ids, names and times."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

_ID = (
    re.compile(r"(?P<conversation>.+)\$_\$(?P<number>\d{1,9})"),
    re.compile(r"(?P<conversation>.+)\[(?P<number>\d{1,9})\]"),
    re.compile(r"(?P<conversation>.+)[_/.:-](?P<number>\d{1,9})"),
)


def place_of(name: str) -> tuple[str, int | None]:
    """The conversation and the number in it that an id tells.

    Example:
        >>> place_of("03bSnISJMiM$_$11"), place_of("03bSnISJMiM[3]"), place_of("alone")
        (('03bSnISJMiM', 11), ('03bSnISJMiM', 3), ('alone', None))
    """
    for pattern in _ID:
        if found := pattern.fullmatch(name):
            return found["conversation"], int(found["number"])
    return name, None


def utterance_table(
    ids: Sequence[str],
    splits: Sequence[str],
    labels: Sequence[Any] | np.ndarray,
    *,
    conversations: Sequence[str] | None = None,
    order: Sequence[float] | np.ndarray | None = None,
    columns: Mapping[str, Sequence[Any] | np.ndarray] | None = None,
) -> pd.DataFrame:
    """The table of a corpus, every utterance at its place in its conversation.

    A conversation that lies in several splits becomes one per split, ``name (split)``, since
    nothing may see across. Numbers from the file stay positions where they have no gap; else
    utterances are numbered from 0 on in their order.

    Args:
        ids: one name per utterance (N); names that occur twice get a number behind.
        splits: train, valid or test, empty where unknown (N).
        labels: (N).
        conversations: (N); from the ids where None (see `place_of`).
        order: what to sort a conversation by (N); from the ids where None.
        columns: further columns, (N) each.
    """
    places = [place_of(name) for name in ids]
    table = pd.DataFrame({"id": list(ids)}, dtype=object)
    table["conversation"] = list(conversations or [place[0] for place in places])
    if order is None:
        order = [0 if number is None else number for _, number in places]
    table["position"] = np.asarray(order, np.float64)
    table["split"] = list(splits)
    table["label"] = labels
    for name, values in (columns or {}).items():
        table[name] = values
    known = table["split"].where(table["split"] != "")
    torn = known.groupby(table["conversation"]).transform("nunique") > 1
    named = table["conversation"] + " (" + table["split"] + ")"
    table["conversation"] = table["conversation"].where(~torn, named)
    table["position"] = _positions(table)
    twice = table.groupby("id").cumcount()
    table["id"] = table["id"].where(twice == 0, table["id"] + "#" + (twice + 1).astype(str))
    return table


def _positions(table: pd.DataFrame) -> pd.Series:
    groups = table.groupby("conversation", sort=False)["position"]
    whole = (table["position"] % 1 == 0).groupby(table["conversation"]).transform("all") & (
        groups.transform("max") - groups.transform("min") + 1 == groups.transform("count")
    )
    whole &= groups.transform("nunique") == groups.transform("count")
    ranks = groups.rank(method="first") - 1
    return table["position"].where(whole, ranks).astype(np.int64)
