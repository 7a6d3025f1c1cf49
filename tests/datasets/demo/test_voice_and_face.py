"""Voice and face: what their channels hold, and nothing else."""

from __future__ import annotations

import numpy as np
import pytest

from mmmie.datasets.demo.voice_and_face import AUDIO, VISION, Signal

SIGNALS = pytest.mark.parametrize("signal", [AUDIO, VISION], ids=lambda signal: signal.modality)


def factors_seen(signal: Signal, latents: np.ndarray) -> np.ndarray:
    features = signal.render(np.random.default_rng(3), latents)
    assert features.offsets is not None and features.lengths is not None
    means = np.add.reduceat(features.values.astype(float), features.offsets[:-1], axis=0)
    means /= features.lengths[:, None]
    return np.linalg.solve(signal.mixing, (means - signal.base).T).T


@SIGNALS
def test_mixture_is_square_and_well_conditioned(signal: Signal) -> None:
    assert signal.mixing.shape == (8, 8)
    assert np.linalg.cond(signal.mixing / signal.spread[:, None]) < 5
    np.testing.assert_allclose(np.linalg.norm(signal.mixing, axis=1), signal.spread)
    for channel in signal.channels:
        assert set(channel.loadings) <= set(signal.factors)


@SIGNALS
def test_means_hold_the_factors_plus_noise_of_known_size(signal: Signal) -> None:
    latents = np.random.default_rng(0).standard_normal((4000, 8))
    noise = factors_seen(signal, latents) - latents
    np.testing.assert_allclose(noise.std(axis=0), signal.noise, rtol=0.06)
    everything = np.corrcoef(np.c_[noise, latents].T) - np.eye(16)
    assert np.abs(everything).max() < 0.07


@SIGNALS
def test_frames_move_around_the_mean(signal: Signal) -> None:
    features = signal.render(np.random.default_rng(1), np.zeros((300, 8)))
    lengths = features.lengths
    assert lengths is not None
    assert lengths.min() == signal.frames[0] and lengths.max() == signal.frames[1]
    assert features.values.dtype == np.float32 and features.values.shape[1] == 8
    within = np.stack([features.of(row).std(axis=0) for row in range(300)]).mean(axis=0)
    assert (within > 0.2 * signal.spread).all() and (within < 0.6 * signal.spread).all()


def test_what_shows_a_mood() -> None:
    happy, excited = np.eye(8)[:2]
    voice, face = (dict(zip(s.names, s.mixing @ happy, strict=True)) for s in (AUDIO, VISION))
    assert face["smile_au12"] > 0 and face["cheek_au06"] > 0 and face["brow_lower_au04"] < 0
    assert voice["pitch_hz"] > 0
    voice = dict(zip(AUDIO.names, AUDIO.mixing @ excited, strict=True))
    assert min(voice["pitch_hz"], voice["energy_db"], voice["speech_rate_syllables_per_s"]) > 0
