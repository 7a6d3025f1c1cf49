"""What a reader changes about one window: who spoke, which terms are told, who is there.

Plain data, so that it can be written into an address and read back; what the model makes of it
is in `mmmie.analysis.ask.identity_edit`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from mmmie.errors import InputError

TERMS = ("role", "speaker", "modality")
RELATION_WORDS = ("same", "other", "unknown")
"""Short names of `mmmie.model.identity.RELATIONS`, in the same order."""

_SAME, _OTHER = 0, 1


@dataclass(frozen=True)
class WindowEdit:
    """What the model is told about a window instead of the truth.

    Neighbours are named by their offset to the target; those outside the window are passed over.

    Attributes:
        relabel: offset and relation (an index of `RELATION_WORDS`) of every turn that another
            is said to have spoken, by rising offset.
        terms_off: terms of `TERMS` that are not added, in that order.
        hidden: offsets of neighbours that the model does not see, rising.
        shuffle: seed of a shuffle of the neighbours' roles; None leaves them as they are.
    """

    relabel: tuple[tuple[int, int], ...] = ()
    terms_off: tuple[str, ...] = ()
    hidden: tuple[int, ...] = ()
    shuffle: int | None = None

    def __bool__(self) -> bool:
        return self != WindowEdit()


def written(edit: WindowEdit) -> dict[str, str]:
    """An edit in the short form of an address: only the fields that say something.

    Example:
        >>> written(WindowEdit(relabel=((-2, 1),), terms_off=("role",)))
        {'relabel': '-2:other', 'terms_off': 'role'}
    """
    parts = {
        "relabel": ",".join(f"{offset}:{RELATION_WORDS[r]}" for offset, r in edit.relabel),
        "terms_off": ",".join(edit.terms_off),
        "hidden": ",".join(map(str, edit.hidden)),
        "shuffle": "" if edit.shuffle is None else str(edit.shuffle),
    }
    return {name: text for name, text in parts.items() if text}


def read_edit(fields: Mapping[str, str]) -> WindowEdit:
    """The edit of `written`.

    Raises:
        InputError: a field says something else.

    Example:
        >>> read_edit({"relabel": "2:other,-1:same", "hidden": "3"})
        WindowEdit(relabel=((-1, 0), (2, 1)), terms_off=(), hidden=(3,), shuffle=None)
    """
    relabel = {}
    for entry in _entries(fields, "relabel"):
        offset, _, word = entry.partition(":")
        if word not in RELATION_WORDS:
            raise InputError(
                f"address: `relabel` has {entry!r}; write the offset of a neighbour and "
                f"{', '.join(RELATION_WORDS)}, such as -2:other"
            )
        relabel[_neighbour("relabel", offset)] = RELATION_WORDS.index(word)
    off = _entries(fields, "terms_off")
    for term in off:
        if term not in TERMS:
            raise InputError(f"address: `terms_off` has {term!r}; write some of {', '.join(TERMS)}")
    hidden = {_neighbour("hidden", entry) for entry in _entries(fields, "hidden")}
    seeds = [_whole("shuffle", entry) for entry in _entries(fields, "shuffle")]
    if len(seeds) > 1 or any(seed < 0 for seed in seeds):
        raise InputError("address: `shuffle` takes one whole number from 0, the seed")
    return WindowEdit(
        tuple(sorted(relabel.items())),
        tuple(term for term in TERMS if term in off),
        tuple(sorted(hidden)),
        seeds[0] if seeds else None,
    )


def told_relation(edit: WindowEdit, relation: np.ndarray, past: int) -> np.ndarray:
    """The speaker relations (W,) that the model is told for the true ones (W,)."""
    told = relation.copy()
    for offset, word in edit.relabel:
        if 0 <= past + offset < len(told):
            told[past + offset] = word
    return told


def relabelled(
    edit: WindowEdit, relation: np.ndarray, past: int, offset: int, word: int
) -> WindowEdit:
    """The edit with another relation of one neighbour; the true one takes its label off.

    Args:
        edit: what is told so far.
        relation: (W,) the truth.
        past: the place of the target in the window.
        offset: of the neighbour.
        word: an index of `RELATION_WORDS`.
    """
    told = told_relation(edit, relation, past)
    told[past + offset] = word
    return _telling(edit, relation, past, told)


def swapped(edit: WindowEdit, relation: np.ndarray, past: int) -> WindowEdit:
    """The edit with same and other exchanged for every neighbour; twice is as before."""
    told = told_relation(edit, relation, past)
    exchanged = np.where(told == _SAME, _OTHER, np.where(told == _OTHER, _SAME, told))
    exchanged[past] = relation[past]
    return _telling(edit, relation, past, exchanged)


def toggled(edit: WindowEdit, offset: int) -> WindowEdit:
    """The edit with one neighbour hidden, or shown again."""
    return replace(edit, hidden=tuple(sorted({*edit.hidden} ^ {offset})))


def intervention_edit(name: str, relation: np.ndarray, there: np.ndarray, past: int) -> WindowEdit:
    """An intervention of `mmmie.analysis.ask.interventions` as an edit of one window.

    ``shuffle_roles`` is one shuffle of many, not the one that is stored for the split.

    Args:
        name: its key.
        relation: (W,) the true speaker relations.
        there: (W,) bool, whether a place holds an utterance.
        past: the place of the target in the window.
    """
    if name == "swap_speaker":
        return swapped(WindowEdit(), relation, past)
    if name == "shuffle_roles":
        return WindowEdit(shuffle=0)
    if name == "no_context":
        return WindowEdit(hidden=neighbours(there, past))
    off = TERMS if name == "off" else (name.removeprefix("no_"),)
    if not set(off) <= set(TERMS):
        raise ValueError(f"no intervention {name!r}")
    return WindowEdit(terms_off=off)


def neighbours(there: np.ndarray, past: int) -> tuple[int, ...]:
    """Offsets of the neighbours in a window whose places `there` (W,) hold an utterance."""
    return tuple(int(place) - past for place in np.flatnonzero(there) if place != past)


def shuffled_roles(edit: WindowEdit, there: np.ndarray, past: int) -> np.ndarray:
    """The roles (W,) that the places of a window are told: their own, or those of the shuffle.

    Only the neighbours that are there are shuffled, and where there are two or more at least one
    is moved.

    Args:
        edit: what is told.
        there: (W,) bool, whether a place holds an utterance.
        past: the place of the target in the window.
    """
    roles = np.arange(len(there))
    places = np.array(neighbours(there, past), dtype=int) + past
    if edit.shuffle is None or len(places) < 2:
        return roles
    random = np.random.default_rng(edit.shuffle)
    mixed = random.permutation(places)
    while (mixed == places).all():
        mixed = random.permutation(places)
    roles[places] = mixed
    return roles


def _telling(edit: WindowEdit, relation: np.ndarray, past: int, told: np.ndarray) -> WindowEdit:
    places = np.flatnonzero(told != relation)
    return replace(edit, relabel=tuple((int(p) - past, int(told[p])) for p in places if p != past))


def _entries(fields: Mapping[str, str], name: str) -> list[str]:
    return [part for part in fields.get(name, "").split(",") if part]


def _neighbour(name: str, text: str) -> int:
    offset = _whole(name, text)
    if offset == 0:
        raise InputError(f"address: `{name}` has the offset 0, the target; name a neighbour")
    return offset


def _whole(name: str, text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise InputError(
            f"address: `{name}` has {text!r} where a whole number belongs; write one"
        ) from None
