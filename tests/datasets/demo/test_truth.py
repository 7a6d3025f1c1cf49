"""The true mutual information against closed forms, quadrature and the corpus itself."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from mmmie.datasets.demo.generate import generate_demo
from mmmie.datasets.demo.language import graded_words, split_words
from mmmie.datasets.demo.latents import (
    LEVEL_EDGES,
    LEVELS,
    SARCASM_CHANCE,
    SARCASM_RANGE,
    SHARED,
    SHARED_NOISE,
    level_of,
)
from mmmie.datasets.demo.truth import true_mutual_information
from mmmie.datasets.demo.voice_and_face import AUDIO, VISION
from mmmie.errors import InputError


def nodes(sarcasm: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Gauss-Legendre nodes x (Q,), prior mass of each (Q,), P(level | x) (Q, levels)."""
    low, high = SARCASM_RANGE
    edges = np.sort([-7, *LEVEL_EDGES[1:-1], *-LEVEL_EDGES[1:-1], low, high, -low, -high, 7])
    at, weight = np.polynomial.legendre.leggauss(12)
    half = np.diff(edges)[:, None] / 2
    x = ((edges[:-1, None] + edges[1:, None]) / 2 + half * at).ravel()
    mass = (half * weight).ravel() * stats.norm.pdf(x)
    chance = np.where((low < np.abs(x)) & (np.abs(x) < high), sarcasm, 0.0)
    says = np.zeros((len(x), LEVELS))
    says[np.arange(len(x)), level_of(x)] += 1 - chance
    says[np.arange(len(x)), level_of(-x)] += chance
    return x, mass, says


def densities(y: np.ndarray, noise: float, sarcasm: float) -> tuple[np.ndarray, np.ndarray]:
    """p(level, y) (len(y), levels) and P(level) (levels,) by quadrature over x."""
    x, mass, says = nodes(sarcasm)
    return stats.norm.pdf(y[:, None], x, noise) @ (mass[:, None] * says), mass @ says


def information_of_one_factor(noise: float, sarcasm: float) -> float:
    y = np.linspace(-7, 7, 1401)
    joint, prior = densities(y, noise, sarcasm)
    log_ratio = np.log(np.maximum(joint, 1e-300))
    log_ratio -= np.log(joint.sum(axis=1, keepdims=True) * prior)
    return float((joint * log_ratio).sum() * (y[1] - y[0]))


def information_of_ambiguity(noise: float, ambiguous: float) -> float:
    """I(A; Y): depends on y by its length only, which has a scaled chi density given A."""
    radius = np.linspace(1e-6, 12, 60_001)
    parts = [
        (ambiguous, stats.chi.pdf(radius, 6, scale=noise)),
        (1 - ambiguous, stats.chi.pdf(radius, 6, scale=np.sqrt(1 + noise**2))),
    ]
    marginal = sum(weight * density for weight, density in parts)
    terms = [
        weight * density * np.log(np.maximum(density, 1e-300) / np.maximum(marginal, 1e-300))
        for weight, density in parts
    ]
    return float(sum(terms).sum() * (radius[1] - radius[0]))


def test_two_signals_without_flags_equal_the_gaussian_closed_form() -> None:
    a, b = SHARED_NOISE["audio"], SHARED_NOISE["vision"]
    squared = 1 / ((1 + a**2) * (1 + b**2))
    expected = -0.5 * len(SHARED) * np.log(1 - squared)
    truth = true_mutual_information("audio", "vision", ambiguous=0.0, sarcasm=0.0)
    assert truth.standard_error < 0.02
    assert abs(truth.nats - expected) < 3 * truth.standard_error


@pytest.mark.parametrize("signal", ["audio", "vision"])
@pytest.mark.parametrize(("ambiguous", "sarcasm"), [(0.0, 0.0), (0.25, SARCASM_CHANCE), (0.4, 0.5)])
def test_text_and_signal_equal_quadrature(signal: str, ambiguous: float, sarcasm: float) -> None:
    # I(T; Y) = I(A; Y) + (1 - p) I(T; Y | clear), and clear factors are independent.
    noise = SHARED_NOISE[signal]
    expected = 5 * information_of_one_factor(noise, 0.0) + information_of_one_factor(noise, sarcasm)
    expected *= 1 - ambiguous
    if ambiguous:
        expected += information_of_ambiguity(noise, ambiguous)
    truth = true_mutual_information("text", signal, ambiguous=ambiguous, sarcasm=sarcasm)
    assert truth.standard_error < 0.02
    assert abs(truth.nats - expected) < 3 * truth.standard_error


def test_sarcasm_costs_information_only_where_words_take_part() -> None:
    plain = [
        true_mutual_information(*pair, ambiguous=0.25, sarcasm=0.0, samples=20_000).nats
        for pair in (("text", "audio"), ("audio", "vision"))
    ]
    sarcastic = [
        true_mutual_information(*pair, ambiguous=0.25, sarcasm=0.5, samples=20_000).nats
        for pair in (("text", "audio"), ("audio", "vision"))
    ]
    assert sarcastic[0] < plain[0] - 0.05
    assert sarcastic[1] == plain[1]


def test_order_of_the_pair_does_not_matter() -> None:
    for pair in (("text", "audio"), ("audio", "vision")):
        forth = true_mutual_information(*pair, ambiguous=0.25)
        back = true_mutual_information(*pair[::-1], ambiguous=0.25)
        error = np.hypot(forth.standard_error, back.standard_error)
        assert abs(forth.nats - back.nats) < 4 * error


def test_no_pair() -> None:
    with pytest.raises(InputError, match="`text` and `text`"):
        true_mutual_information("text", "text", ambiguous=0.25)


def test_corpus_follows_the_densities() -> None:
    """The features of the corpus, read back, have the log density ratio that the facts claim."""
    corpus = generate_demo()
    clear = corpus.utterances["ambiguous"].to_numpy() == 0
    p = 1 - clear.mean()
    y = {}
    for signal in (AUDIO, VISION):
        features = corpus.features[signal.modality]
        assert features.offsets is not None and features.lengths is not None
        sums = np.add.reduceat(features.values.astype(float), features.offsets[:-1], axis=0)
        means = sums / features.lengths[:, None]
        y[signal.modality] = np.linalg.solve(signal.mixing, (means - signal.base).T).T[:, :6]
    a, b = SHARED_NOISE["audio"], SHARED_NOISE["vision"]

    def mixture(neutral: np.ndarray, expressed: np.ndarray) -> np.ndarray:
        density: np.ndarray = p * neutral.prod(axis=1) + (1 - p) * expressed.prod(axis=1)
        return density

    marginal = {
        name: mixture(
            stats.norm.pdf(values, 0, SHARED_NOISE[name]),
            stats.norm.pdf(values, 0, np.sqrt(1 + SHARED_NOISE[name] ** 2)),
        )
        for name, values in y.items()
    }
    together = np.stack([y["audio"], y["vision"]], axis=-1)
    joint = mixture(
        stats.multivariate_normal([0, 0], np.diag([a**2, b**2])).pdf(together),
        stats.multivariate_normal([0, 0], [[1 + a**2, 1], [1, 1 + b**2]]).pdf(together),
    )
    ratio = np.log(joint / marginal["audio"] / marginal["vision"])
    check_average(ratio, clear, corpus.facts["true_mi/audio-vision"])

    levels = read_levels(list(corpus.utterances["transcript"][clear]))
    for name, noise in SHARED_NOISE.items():
        ratio = np.log(stats.norm.pdf(y[name], 0, noise)).sum(axis=1)
        ratio[clear] = 0.0
        for k in range(len(SHARED)):
            seen, prior = densities(y[name][clear, k], noise, SARCASM_CHANCE if k == 0 else 0.0)
            rows = np.arange(len(levels))
            ratio[clear] += np.log(seen[rows, levels[:, k]] / prior[levels[:, k]])
        ratio -= np.log(marginal[name])
        check_average(ratio, clear, corpus.facts[f"true_mi/text-{name}"])


def check_average(ratio: np.ndarray, clear: np.ndarray, claimed: float) -> None:
    # The share of ambiguous utterances is given, so only the spread within the strata counts.
    variance = sum(ratio[part].var() * part.mean() for part in (clear, ~clear))
    assert abs(ratio.mean() - claimed) < 4 * np.sqrt(variance / len(ratio))


def read_levels(transcripts: list[str]) -> np.ndarray:
    found = np.full((len(transcripts), len(SHARED)), -1)
    for row, transcript in enumerate(transcripts):
        for word, _ in split_words(transcript):
            factor, level = graded_words().get(word, ("", -1))
            if factor in SHARED:
                found[row, SHARED.index(factor)] = level
    assert (found >= 0).all()
    return found
