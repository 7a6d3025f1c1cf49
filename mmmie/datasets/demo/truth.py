"""The true mutual information between the modalities of the demo corpus."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr

from mmmie.datasets.demo.latents import (
    LEVEL_EDGES,
    SARCASM_CHANCE,
    SARCASM_RANGE,
    SHARED,
    SHARED_NOISE,
    level_of,
)
from mmmie.errors import InputError

PAIRS = (("text", "audio"), ("text", "vision"), ("audio", "vision"))


@dataclass(frozen=True)
class TrueInformation:
    """A mutual information computed from known densities.

    Attributes:
        nats: the value.
        standard_error: of the Monte Carlo average, in nats.
    """

    nats: float
    standard_error: float


def true_mutual_information(
    first: str,
    second: str,
    *,
    ambiguous: float,
    sarcasm: float = SARCASM_CHANCE,
    samples: int = 40_000,
    seed: int = 0,
) -> TrueInformation:
    """Mutual information per utterance between two modalities, I(X; Y) in nats.

    It is an average of ln p(x, y) / (p(x) p(y)) over samples, with all three densities exact.
    They can be, because what a modality says of the others is contained in a small statistic:

    - *Text*: whether the utterance is an ambiguous reply, and if not, the level of each shared
      factor. Template, alternatives and the factors of its own are independent of the rest.
    - *Audio, vision*: the means over frames, since the movement around them is independent of
      all else; and the means are an invertible mixture of y_k = x_k + noise, k = 1 … 6, and of
      the modality's own factors, which are independent. A sufficient statistic and an
      invertible map leave mutual information as it is (Cover and Thomas, 2006, section 2.8).

    With A the event that the utterance is ambiguous, of probability p, and with x_k ~ N(0, 1)
    independent otherwise and x = 0 under A, all densities are products over the six factors
    given A:

    - signal: p(y) = p ∏ N(y_k; 0, σ²) + (1 - p) ∏ N(y_k; 0, 1 + σ²);
    - two signals: p(y, y') = p ∏ N(y_k; 0, σ²) N(y'_k; 0, σ'²) + (1 - p) ∏ N₂(y_k, y'_k), where
      N₂ has variances 1 + σ², 1 + σ'² and covariance 1;
    - text with levels b: P(b) = (1 - p) ∏ P(b_k) and p(b, y) = (1 - p) ∏ p(b_k, y_k), where
      p(b_k, y_k) is the integral of N(x; 0, 1) N(y_k; x, σ²) over the level, hence
      N(y_k; 0, 1 + σ²) times a difference of normal distribution functions with mean
      y_k / (1 + σ²) and variance σ² / (1 + σ²). Sarcasm moves the share `sarcasm` of the
      integral over the part of the level in the range of sarcasm to the mirrored level.

    The two strata, ambiguous and clear, are averaged apart and weighted by p and 1 - p, with
    samples in the same proportion.

    Args:
        first: ``text``, ``audio`` or ``vision``.
        ambiguous: share of ambiguous utterances, p; that of a corpus, to speak of a random
            utterance of that corpus.
        sarcasm: chance of sarcasm for a clear utterance in the range of valence.

    Raises:
        InputError: the two are not a pair of the corpus.

    Example:
        >>> truth = true_mutual_information("audio", "vision", ambiguous=0.25, samples=2_000)
        >>> 5 < truth.nats < 7
        True
    """
    if (first, second) not in PAIRS and (second, first) not in PAIRS:
        raise InputError(
            f"`{first}` and `{second}` are not a pair of modalities of the demo corpus; "
            f"use two of text, audio, vision"
        )
    if second == "text":
        first, second = second, first
    rng = np.random.default_rng(seed)
    nats = variance = 0.0
    for is_ambiguous, weight in ((True, ambiguous), (False, 1 - ambiguous)):
        if not weight:
            continue
        count = max(2, round(weight * samples))
        shape = (count, len(SHARED))
        x = np.zeros(shape) if is_ambiguous else rng.standard_normal(shape)
        y = x + SHARED_NOISE[second] * rng.standard_normal(shape)
        if first == "text":
            ratio = -_log_signal(y, SHARED_NOISE[second], ambiguous)
            if is_ambiguous:
                ratio += _log_normal(y, SHARED_NOISE[second] ** 2).sum(axis=1)
            else:
                levels = level_of(_expressed_in_words(rng, x, sarcasm))
                ratio += _log_density_given_levels(levels, y, SHARED_NOISE[second], sarcasm)
        else:
            other = x + SHARED_NOISE[first] * rng.standard_normal(shape)
            ratio = _log_ratio_of_signals(other, y, first, second, ambiguous)
        nats += weight * float(ratio.mean())
        variance += weight**2 * float(ratio.var(ddof=1)) / count
    return TrueInformation(nats, float(np.sqrt(variance)))


def _expressed_in_words(rng: np.random.Generator, x: np.ndarray, sarcasm: float) -> np.ndarray:
    said = x.copy()
    low, high = SARCASM_RANGE
    size = np.abs(x[:, 0])
    flipped = (low < size) & (size < high) & (rng.random(len(x)) < sarcasm)
    said[flipped, 0] *= -1
    return said


def _log_density_given_levels(
    levels: np.ndarray, y: np.ndarray, noise: float, sarcasm: float
) -> np.ndarray:
    """Sum over factors of ln p(y_k | b_k) for clear utterances (samples,)."""
    low, high = LEVEL_EDGES[levels], LEVEL_EDGES[levels + 1]
    mean, spread = y / (1 + noise**2), noise / np.sqrt(1 + noise**2)
    seen = _mass(low, high, mean, spread)
    expected = _mass(low, high)
    # Sarcasm: the words show -x instead of x where |x| is in the range.
    for start, stop in (SARCASM_RANGE, (-SARCASM_RANGE[1], -SARCASM_RANGE[0])):
        cut_low = np.clip(low[:, 0], start, stop)
        cut_high = np.clip(high[:, 0], start, stop)
        for sign, bounds in ((-1, (cut_low, cut_high)), (1, (-cut_high, -cut_low))):
            seen[:, 0] += sign * sarcasm * _mass(*bounds, mean[:, 0], spread)
            expected[:, 0] += sign * sarcasm * _mass(*bounds)
    log_density = _log_normal(y, 1 + noise**2) + np.log(seen) - np.log(expected)
    return np.asarray(log_density.sum(axis=1))


def _log_ratio_of_signals(
    first_y: np.ndarray, second_y: np.ndarray, first: str, second: str, ambiguous: float
) -> np.ndarray:
    a, b = SHARED_NOISE[first], SHARED_NOISE[second]
    # Clear: p(y, y') = p(y) p(y' | y), with y' | y ~ N(y / (1 + a²), 1 + b² - 1 / (1 + a²)).
    residual = second_y - first_y / (1 + a**2)
    clear = _log_normal(first_y, 1 + a**2) + _log_normal(residual, 1 + b**2 - 1 / (1 + a**2))
    neutral = _log_normal(first_y, a**2) + _log_normal(second_y, b**2)
    apart = _log_signal(first_y, a, ambiguous) + _log_signal(second_y, b, ambiguous)
    return np.asarray(_log_mixture(neutral, clear, ambiguous) - apart)


def _log_signal(y: np.ndarray, noise: float, ambiguous: float) -> np.ndarray:
    return _log_mixture(_log_normal(y, noise**2), _log_normal(y, 1 + noise**2), ambiguous)


def _log_mixture(neutral: np.ndarray, clear: np.ndarray, ambiguous: float) -> np.ndarray:
    with np.errstate(divide="ignore"):  # a share of 0 or 1 leaves one part, with weight ln 0
        weights = np.log(ambiguous), np.log1p(-ambiguous)
    parts = weights[0] + neutral.sum(axis=1), weights[1] + clear.sum(axis=1)
    return np.asarray(np.logaddexp(*parts))


def _log_normal(y: np.ndarray, variance: float) -> np.ndarray:
    return np.asarray(-0.5 * (y**2 / variance + np.log(2 * np.pi * variance)))


def _mass(
    low: np.ndarray, high: np.ndarray, mean: np.ndarray | float = 0.0, spread: float = 1.0
) -> np.ndarray:
    return np.asarray(ndtr((high - mean) / spread) - ndtr((low - mean) / spread))
