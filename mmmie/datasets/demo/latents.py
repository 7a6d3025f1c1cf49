"""What the demo corpus is made of: latent factors, levels of words, noise and sarcasm.

Shared by the language, the signals and the truth, so that all three speak of the same
distribution.
"""

from __future__ import annotations

import numpy as np
from scipy.special import ndtr, ndtri

SHARED = ("valence", "arousal", "confidence", "warmth", "urgency", "interest")
"""Factors that all modalities express; each N(0, 1) where the speaker expresses anything."""

PRIVATE = {
    "text": ("topic", "formality"),
    "audio": ("microphone_gain", "room"),
    "vision": ("lighting", "camera_yaw"),
}
"""Factors that only one modality carries; each N(0, 1)."""

SHARED_NOISE = {"audio": 0.20, "vision": 0.18}
"""Standard deviation of the noise that a modality adds to every shared factor."""

PRIVATE_NOISE = 0.10
"""Standard deviation of the noise that a modality adds to its own factors."""

SARCASM_RANGE = (0.4, 1.0)
"""Sarcasm happens only where the absolute valence lies between these two."""

SARCASM_CHANCE = 0.125
"""Chance that a clear utterance in that range is sarcastic; about 3.5 % of all utterances."""

SENTIMENT_PER_VALENCE = 1.5
CLEAR_NOISE = 0.1
"""Standard deviation of what the label of a clear utterance adds to its valence."""

LABEL_RANGE = (-3.0, 3.0)
"""Labels beyond are cut off."""

LEVELS = 9
"""How many levels the words for one factor have."""

LEVEL_EDGES: np.ndarray = np.sqrt(3.0) * ndtri(np.arange(LEVELS + 1) / LEVELS)
"""Borders of the levels (10,), from -inf to inf.

Quantiles of N(0, 3): the companding quantiser for a standard normal, which loses less of it
than levels of equal probability would (Panter and Dite, 1951, Proc. IRE 39).
"""


def _means_of_levels() -> np.ndarray:
    density = np.exp(-0.5 * LEVEL_EDGES**2) / np.sqrt(2 * np.pi)
    means: np.ndarray = (density[:-1] - density[1:]) / np.diff(ndtr(LEVEL_EDGES))
    return means


LEVEL_MEANS: np.ndarray = _means_of_levels()
"""What a standard normal factor is on average within each level (9,)."""


def level_of(latent: np.ndarray) -> np.ndarray:
    """The level, 0 to 8, that a factor falls into; same shape as `latent`.

    Example:
        >>> level_of(np.array([-3.0, 0.0, 0.6]))
        array([0, 4, 5])
    """
    return np.searchsorted(LEVEL_EDGES[1:-1], latent)


def latent_column(part: str, factor: str) -> str:
    """The column of the utterance table that holds a factor.

    Args:
        part: ``shared``, ``text``, ``audio`` or ``vision``.
        factor: its name, one of `SHARED` or `PRIVATE`.
    """
    return f"latent_{part}_{factor}"
