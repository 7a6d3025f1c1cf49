"""What a face does, from channels that are named after action units.

Action units are the movements of a face in the Facial Action Coding System (Ekman and Friesen
1978). Shown is how far each is from its average over the corpus: a usual face is at rest.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np

from mmmie.corpus import Modality

FULL = 3.0
"""Standard deviations from the average at which a movement is drawn in full."""

_UNITS: dict[int, tuple[str, float]] = {
    1: ("brow_raise", 1.0),
    2: ("brow_raise", 1.0),
    4: ("brow_lower", 1.0),
    5: ("lid_raise", 1.0),
    6: ("cheek", 1.0),
    12: ("smile", 1.0),
    15: ("smile", -1.0),
    23: ("tighten", 1.0),
    24: ("tighten", 1.0),
    25: ("open", 1.0),
    26: ("open", 1.0),
}
_OTHERS = {
    "gaze_contact": "gaze",
    **dict.fromkeys(("head_yaw_deg", "head_yaw_rad", "head_yaw"), "yaw"),
    "brightness": "light",
}
MOVEMENTS = tuple(dict.fromkeys([*(moved for moved, _ in _UNITS.values()), *_OTHERS.values()]))
"""What a face can do: every key of a pose."""


@dataclass(frozen=True)
class FaceChannel:
    """A channel that moves a face: its number, what it moves, and which way."""

    channel: int
    movement: str
    sign: float


def face_channels(modality: Modality) -> list[FaceChannel]:
    """Which channels move a face; none unless at least two are action units.

    Example:
        >>> names = ("smile_au12", "brow_lower_au04", "blur")
        >>> [c.movement for c in face_channels(Modality("vision", 3, "sequence", channels=names))]
        ['smile', 'brow_lower']
    """
    found, units = [], 0
    for i, name in enumerate(modality.channels or ()):
        unit = re.search(r"(?:^|_)au(\d+)(?:_r)?$", name.lower())
        if unit and int(unit[1]) in _UNITS:
            found.append(FaceChannel(i, *_UNITS[int(unit[1])]))
            units += 1
        elif name in _OTHERS:
            found.append(FaceChannel(i, _OTHERS[name], 1.0))
    return found if units > 1 else []


def face_pose(
    values: np.ndarray, channels: list[FaceChannel], mean: np.ndarray, deviation: np.ndarray
) -> dict[str, np.ndarray]:
    """What a face does over the steps of one utterance.

    Args:
        values: (L, d) features; (d,) counts as one step.
        channels: from `face_channels`.
        mean, deviation: (d,) of every channel over the corpus.

    Returns:
        Every one of `MOVEMENTS` → (L,) in [-1, 1]: 0 is usual, ±1 is `FULL` deviations away;
        where several channels move the same, their average.
    """
    steps = np.atleast_2d(np.asarray(values, float))
    collected: dict[str, list[np.ndarray]] = {movement: [] for movement in MOVEMENTS}
    for one in channels:
        spread = deviation[one.channel] or 1.0
        distance = (steps[:, one.channel] - mean[one.channel]) / (FULL * spread)
        collected[one.movement].append(one.sign * distance)
    still = np.zeros(len(steps))
    return {
        movement: np.clip(np.mean(distances, axis=0) if distances else still, -1, 1)
        for movement, distances in collected.items()
    }
