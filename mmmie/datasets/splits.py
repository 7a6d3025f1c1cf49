"""Train, valid and test: what the field calls them, and who goes where if nobody says."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence
from typing import Any

import pandas as pd

from mmmie.datasets.loose_values import Unusable
from mmmie.datasets.table_cells import text_cells

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


def split_parts(content: dict[Any, Any]) -> dict[str, Any]:
    """Split → what a dictionary holds under any of its names.

    Raises:
        Unusable: two keys name one split.
    """
    found: dict[str, Any] = {}
    names: dict[str, str] = {}
    for key, part in content.items():
        split = SPLIT_NAMES.get(key.strip().lower()) if isinstance(key, str) else None
        if split in found:
            raise Unusable(
                f"holds both `{names[split]}` and `{key.strip()}`, which are one split; join them"
            )
        if split:
            found[split], names[split] = part, key.strip()
    return found


def split_of_file(stem: str) -> str | None:
    """The split that a name such as ``train_sent_emo`` or ``test-00000`` tells, if just one."""
    words = re.split(r"[^a-z]+", stem.lower())
    found = {SPLIT_NAMES[word] for word in words if word in SPLIT_NAMES}
    return found.pop() if len(found) == 1 else None


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


def splits_of_column(
    column: pd.Series | None, conversations: list[str], labelled: bool
) -> tuple[list[str], list[str]]:
    """Splits (N) of a column, or by conversation where there is none, and notes that say so.

    Raises:
        Unusable: a cell names no split.
    """
    if not labelled and column is None:
        return [""] * len(conversations), []
    if column is None:
        note = "Splits are by conversation name, 70 % train, 15 % valid, 15 % test."
        return split_by_name(conversations, (0.7, 0.15)), [note]
    found = text_cells(column).str.strip().str.lower()
    for row, name in enumerate(found):
        if name and name not in SPLIT_NAMES:
            raise Unusable(
                f"`{column.name}` of row {row + 1} is {name[:40]!r}; use train, valid or test"
            )
    return [SPLIT_NAMES.get(name, "") for name in found], joined_splits(found, f"`{column.name}`")


def joined_splits(names: Iterable[str], where: str) -> list[str]:
    """A note where a split has two names, which become one.

    Args:
        names: of splits, as they are written.
        where: what holds them.
    """
    held: dict[str, list[str]] = {}
    for name in dict.fromkeys(names):
        if name in SPLIT_NAMES:
            held.setdefault(SPLIT_NAMES[name], []).append(f"`{name}`")
    return [
        f"{where} names both {' and '.join(called)}: they were taken as one split, {split}."
        for split, called in held.items()
        if len(called) > 1
    ]
