"""The utterance table from what a foreign file says: places in conversations, labels, splits."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from mmmie.corpus import Label
from mmmie.datasets.values import Unusable

SPLIT_NAMES = {
    "train": "train",
    "training": "train",
    "valid": "valid",
    "validation": "valid",
    "val": "valid",
    "dev": "valid",
    "test": "test",
    "testing": "test",
}
"""What the field calls the splits → what a corpus does."""

_ID = (
    re.compile(r"(?P<conversation>.+)\$_\$(?P<number>\d{1,9})"),
    re.compile(r"(?P<conversation>.+)\[(?P<number>\d{1,9})\]"),
    re.compile(r"(?P<conversation>.+)[_/.:-](?P<number>\d{1,9})"),
)
_SCALES = ((-1.0, 1.0), (-3.0, 3.0), (1.0, 5.0))


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

    A conversation that lies in several splits becomes one a split, ``name (split)``, since nothing
    may see across. Numbers from the file stay positions where they have no gap; else utterances
    are numbered from 0 on in their order.

    Args:
        ids: one name an utterance (N); names that occur twice get a number behind.
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


def split_by_name(conversations: Sequence[str], shares: tuple[float, float]) -> list[str]:
    """A split for every conversation where the file has none, the same on every machine.

    Args:
        conversations: (N).
        shares: which part of the conversations is train, and which valid; the rest is test.
    """
    chosen = {}
    for name in dict.fromkeys(conversations):
        digest = hashlib.blake2b(name.encode(), digest_size=8).digest()
        place = int.from_bytes(digest, "little") / 2**64
        train, valid = shares
        chosen[name] = "train" if place < train else "valid" if place < train + valid else "test"
    # few conversations can all fall on one side
    names = list(chosen)
    if len(names) > 1 and shares[1] and "valid" not in chosen.values():
        chosen[names[-1]] = "valid"
    if len(names) > 1 and shares[0] and "train" not in chosen.values():
        chosen[names[0]] = "train"
    return [chosen[name] for name in conversations]


def regression_label(values: np.ndarray) -> Label:
    """A label with the scale that holds all values: [-1, 1], [-3, 3], [1, 5], or the next wholes.

    Raises:
        Unusable: there is a value that is not finite.
    """
    if not len(values):
        raise Unusable("holds no utterance; get the file again")
    if not np.isfinite(values).all():
        bad = int((~np.isfinite(values)).argmax())
        raise Unusable(f"the label of utterance {bad} is {values[bad]}; use a finite number")
    low, high = float(values.min()), float(values.max())
    for scale in _SCALES:
        if scale[0] <= low and high <= scale[1]:
            return Label("sentiment", "regression", scale)
    low, high = float(np.floor(low)), float(np.ceil(high))
    return Label("sentiment", "regression", (low, max(high, low + 1)))
