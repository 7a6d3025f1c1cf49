"""What a question tells about windows: who spoke, which place a turn has, who is there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from mmmie.analysis.ask.question import Question

_SAME, _OTHER = 0, 1


def told_relation(question: Question, relation: np.ndarray, past: int) -> np.ndarray:
    """The speaker relations (n, W) that the model is told for the true ones (n, W).

    Args:
        relation: see `mmmie.model.identity`.
    """
    told = relation.copy()
    for offset, word in question.relabel:
        if 0 <= past + offset < told.shape[1]:
            told[:, past + offset] = word
    if question.swap:
        told = np.where(told == _SAME, _OTHER, np.where(told == _OTHER, _SAME, told))
        told[:, past] = relation[:, past]
    return told


def told_roles(
    question: Question, names: Sequence[str], there: np.ndarray, past: int
) -> np.ndarray:
    """The roles (n, W) that the places of windows are told: their own, or those of the shuffle.

    Only neighbours that are there are shuffled, and where a window has two or more at least one is
    moved. The order follows from the seed and the target's name alone, so a target is told the
    same whichever others are asked about with it.

    Args:
        names: (n,) ids of the targets.
        there: (n, W) bool, whether a place holds an utterance.
    """
    roles = np.tile(np.arange(there.shape[1]), (len(there), 1))
    if question.shuffle is None:
        return roles
    neighbours = there.copy()
    neighbours[:, past] = False
    for row, name in enumerate(names):
        places = np.flatnonzero(neighbours[row])
        if len(places) < 2:
            continue
        random = np.random.default_rng([question.shuffle, *str(name).encode()])
        mixed = random.permutation(places)
        while (mixed == places).all():
            mixed = random.permutation(places)
        roles[row, places] = mixed
    return roles


def shown_places(question: Question, there: np.ndarray, past: int) -> np.ndarray:
    """Which places (n, W) the model sees of those that are there (n, W); always the target."""
    shown = there.copy()
    if question.alone:
        shown[:] = False
    for offset in question.hidden:
        if 0 <= past + offset < shown.shape[1]:
            shown[:, past + offset] = False
    shown[:, past] = there[:, past]
    return shown


def lost_at_random(question: Question, names: Sequence[str], present: np.ndarray) -> np.ndarray:
    """Which modalities (U, M) are missing at the rate of a question, of those present (U, M).

    The draw follows from the seed and the utterance's name alone, so an utterance lacks the same
    in every window.

    Args:
        names: (U,) ids of the utterances.
    """
    draws = np.array(
        [
            np.random.default_rng([question.seed, *n.encode()]).random(present.shape[1])
            for n in names
        ]
    )
    draws[~present] = -1
    lost = present & (draws < question.missing_rate)
    lost[np.arange(len(lost)), draws.argmax(1)] = False
    return lost


def neighbours(there: np.ndarray, past: int) -> tuple[int, ...]:
    """Offsets of the neighbours in one window whose places `there` (W,) hold an utterance."""
    return tuple(int(place) - past for place in np.flatnonzero(there) if place != past)


def spelled_out(question: Question, relation: np.ndarray, there: np.ndarray, past: int) -> Question:
    """The question about one window with all that it says of single turns named by their offset.

    What is true anyway is left out: a turn that is told its own relation, or is outside the window.

    Args:
        relation: (W,) the true speaker relations.
        there: (W,) bool, whether a place holds an utterance.
    """
    told = told_relation(question, relation[None], past)[0]
    relabel = tuple((int(p) - past, int(told[p])) for p in np.flatnonzero(told != relation))
    hidden = neighbours(there, past) if question.alone else question.hidden
    return replace(question, relabel=relabel, swap=False, hidden=hidden, alone=False)
