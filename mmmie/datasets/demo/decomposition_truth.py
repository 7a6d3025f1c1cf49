"""What pairs of modalities of the demo corpus say about the label, from its generator."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from scipy.special import ndtr, ndtri

from mmmie.datasets.demo.latents import (
    CLEAR_NOISE,
    LABEL_RANGE,
    LEVELS,
    SARCASM_CHANCE,
    SARCASM_RANGE,
    SENTIMENT_PER_VALENCE,
    SHARED_NOISE,
    level_of,
)

_GRID = 2000  # valences of equal probability
_FINE = 150  # steps of a signal and of the label
_WITH_TEXT = {"audio": 0.806, "vision": 0.803}
"""What both text and this modality say, as a share of what the one that says less does.

The redundancy of Bertschinger et al. (2014) at 144 steps, by `mmmie.mi`; the tests compute it.
"""


def true_decomposition(first: str, second: str, *, ambiguous: float) -> dict[str, float]:
    """Redundant, unique, synergistic, co-information and total about the label, in nats.

    Of a clear utterance, a modality says about the label only what it says about the valence x ~
    N(0, 1): audio and vision by y = x + noise, text by the level of its words, mirrored where the
    utterance is sarcastic. Given x these are independent of each other and of the label, so that
    all joint distributions are sums over a grid of x. An ambiguous utterance says nothing about
    its label, and every modality tells that it is one; so all values are (1 - p) times those of
    clear utterances. Audio is vision with more noise, hence all that it says is redundant; with
    text, the redundancy is that of Bertschinger et al. (2014), a known share.

    Args:
        first: ``text``, ``audio`` or ``vision``; the pair is one of `mmmie.datasets.demo.truth`.
        ambiguous: share of ambiguous utterances, p.

    Returns:
        ``redundant``, ``unique_<first>``, ``unique_<second>``, ``synergistic``,
        ``co_information`` and ``total``.

    Example:
        >>> truth = true_decomposition("audio", "vision", ambiguous=0.25)
        >>> truth["unique_audio"]
        0.0
    """
    one, two, total, shared = _of_clear(first, second)
    values = {
        "redundant": shared,
        f"unique_{first}": one - shared,
        f"unique_{second}": two - shared,
        "synergistic": total - one - two + shared,
        "co_information": one + two - total,
        "total": total,
    }
    return {name: (1 - ambiguous) * value for name, value in values.items()}


@lru_cache
def _of_clear(first: str, second: str) -> tuple[float, float, float, float]:
    """I(x1; label), I(x2; label), I(x1, x2; label) and the redundancy, of clear utterances."""
    label = _label(_FINE)
    alone = [_information(_seen(name, _FINE), label) for name in (first, second)]
    if "text" not in (first, second):
        noise = sum(SHARED_NOISE[name] ** -2 for name in (first, second)) ** -0.5
        return alone[0], alone[1], _information(_signal(noise, _FINE), label), min(alone)
    other = second if first == "text" else first
    both = (_words()[:, :, None] * _seen(other, _FINE)[:, None, :]).reshape(_GRID, -1)
    return alone[0], alone[1], _information(both, label), _WITH_TEXT[other] * min(alone)


def _valence() -> np.ndarray:
    return np.asarray(ndtri((np.arange(_GRID) + 0.5) / _GRID))


def _seen(modality: str, steps: int) -> np.ndarray:
    return _words() if modality == "text" else _signal(SHARED_NOISE[modality], steps)


def _signal(noise: float, steps: int) -> np.ndarray:
    """The chances of every step of valence + noise, (grid, steps)."""
    edges = np.sqrt(1 + noise**2) * ndtri(np.arange(steps + 1) / steps)
    return np.diff(ndtr((edges - _valence()[:, None]) / noise), axis=1)


def _label(steps: int) -> np.ndarray:
    """The same of the label, which is cut off at both ends."""
    mean = SENTIMENT_PER_VALENCE * _valence()[:, None]
    edges = np.hypot(SENTIMENT_PER_VALENCE, CLEAR_NOISE) * ndtri(np.arange(steps + 1) / steps)
    inside = edges[(edges > LABEL_RANGE[0]) & (edges < LABEL_RANGE[1])]
    edges = np.concatenate([[-np.inf], [LABEL_RANGE[0]], inside, [LABEL_RANGE[1]], [np.inf]])
    return np.diff(ndtr((edges - mean) / CLEAR_NOISE), axis=1)


def _words() -> np.ndarray:
    """The chances of every level of the words, (grid, 9)."""
    valence = _valence()
    size = np.abs(valence)
    sarcastic = SARCASM_CHANCE * ((SARCASM_RANGE[0] < size) & (size < SARCASM_RANGE[1]))
    eye = np.eye(LEVELS)
    sincere, mirrored = eye[level_of(valence)], eye[level_of(-valence)]
    return sincere * (1 - sarcastic[:, None]) + mirrored * sarcastic[:, None]


def _information(seen: np.ndarray, label: np.ndarray) -> float:
    return _of_table(seen.T @ label / _GRID)


def _of_table(table: np.ndarray) -> float:
    apart = np.outer(table.sum(1), table.sum(0))
    here = table > 1e-300
    return float((table[here] * np.log(table[here] / apart[here])).sum())
