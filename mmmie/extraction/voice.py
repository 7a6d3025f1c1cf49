"""Channels of a voice, by openSMILE or by librosa, in units where they have one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from mmmie.errors import InputError
from mmmie.extraction.frames import Frames
from mmmie.extraction.sound import RATE

ENGINES = ("opensmile", "librosa")

_HOP = 0.01  # seconds between frames
_FLOOR_DB = -100.0
_EGEMAPS = {
    "loudness": "Loudness_sma3",
    "jitter": "jitterLocal_sma3nz",
    "shimmer_db": "shimmerLocaldB_sma3nz",
    "harmonics_to_noise_db": "HNRdBACF_sma3nz",
    "alpha_ratio_db": "alphaRatio_sma3",
    "hammarberg_index_db": "hammarbergIndex_sma3",
    "spectral_slope_to_500": "slope0-500_sma3",
    "spectral_slope_to_1500": "slope500-1500_sma3",
    "spectral_flux": "spectralFlux_sma3",
    "h1_h2_db": "logRelF0-H1-H2_sma3nz",
    "h1_a3_db": "logRelF0-H1-A3_sma3nz",
    **{
        f"formant{k}_{ours}": f"F{k}{theirs}_sma3nz"
        for k in (1, 2, 3)
        for ours, theirs in (
            ("hz", "frequency"),
            ("bandwidth_hz", "bandwidth"),
            ("amplitude_db", "amplitudeLogRelF0"),
        )
    },
    **{f"mfcc_{k}": f"mfcc{k}_sma3" for k in (1, 2, 3, 4)},
}
_SEMITONES, _LOWEST_HZ = "F0semitoneFrom27.5Hz_sma3nz", 27.5
_SHARED = ("pitch_hz", "energy_db", "unvoiced_percent")
_SPECTRAL = ("centroid_hz", "bandwidth_hz", "rolloff_hz")
_CEPSTRAL = 13


@dataclass(frozen=True)
class Engine:
    """What finds the channels of a voice.

    Attributes:
        source: what it is, in words.
        channels: their names (d).
        frames: samples (n,) at 16 kHz → their `Frames`, (T, d).
    """

    source: str
    channels: tuple[str, ...]
    frames: Callable[[np.ndarray], Frames]


def voice_engine(name: str) -> Engine:
    """The engine of a name in `ENGINES`.

    Raises:
        InputError: it is unknown or not installed.
    """
    makers = dict(zip(ENGINES, (_opensmile, _librosa), strict=True))
    if name not in makers:
        raise InputError(f"--audio {name}: is unknown; use {', '.join(ENGINES)} or none")
    try:
        return makers[name]()
    except ImportError:
        raise InputError(
            f'--audio {name}: is not installed; pip install "mmmie[extract]"'
        ) from None


def _opensmile() -> Engine:
    """The 25 low-level descriptors of eGeMAPS v02 (Eyben et al. 2016), energy and voicing.

    Pitch is turned from semitones above 27.5 Hz into Hz. What is defined for voiced frames only,
    by its name in eGeMAPS, is averaged over these.
    """
    import opensmile

    smile = opensmile.Smile(
        feature_set=opensmile.FeatureSet.eGeMAPSv02,
        feature_level=opensmile.FeatureLevel.LowLevelDescriptors,
    )
    voiced_only = np.array([column.endswith("nz") for column in _EGEMAPS.values()])

    def frames(samples: np.ndarray) -> Frames:
        table = smile.process_signal(samples, RATE)
        semitones = table[_SEMITONES].to_numpy(float)
        voiced = semitones > 0
        pitch = _LOWEST_HZ * 2 ** (semitones / 12)
        values = table[list(_EGEMAPS.values())].to_numpy(float)
        return _joined(samples, pitch, voiced, values, ~voiced_only | voiced[:, None])

    return Engine("openSMILE, eGeMAPS v02 low-level descriptors", (*_SHARED, *_EGEMAPS), frames)


def _librosa() -> Engine:
    """Pitch by probabilistic YIN, energy, and the shape of the spectrum with 13 MFCC."""
    import librosa

    def frames(samples: np.ndarray) -> Frames:
        hop, window = round(_HOP * RATE), 1024
        pitch, voiced, _ = librosa.pyin(
            samples, fmin=60, fmax=600, sr=RATE, frame_length=window, hop_length=hop
        )
        power = np.abs(librosa.stft(samples, n_fft=window, hop_length=hop))
        spectral = [
            librosa.feature.spectral_centroid(S=power, sr=RATE),
            librosa.feature.spectral_bandwidth(S=power, sr=RATE),
            librosa.feature.spectral_rolloff(S=power, sr=RATE),
        ]
        mel = librosa.feature.melspectrogram(S=power**2, sr=RATE)
        cepstral = librosa.feature.mfcc(S=librosa.power_to_db(mel), n_mfcc=_CEPSTRAL)
        values = np.concatenate([*spectral, cepstral]).T
        return _joined(samples, np.nan_to_num(pitch), voiced, values, np.ones(values.shape, bool))

    names = (*(f"spectral_{n}" for n in _SPECTRAL), *(f"mfcc_{k}" for k in range(1, 1 + _CEPSTRAL)))
    return Engine("librosa, pYIN and spectral features", (*_SHARED, *names), frames)


def _joined(
    samples: np.ndarray,
    pitch: np.ndarray,
    voiced: np.ndarray,
    values: np.ndarray,
    counted: np.ndarray,
) -> Frames:
    """The shared channels before those of an engine; frames are 10 ms apart."""
    energy = _energy_db(samples)
    count = min(len(energy), len(values))
    voiced, known = voiced[:count], np.ones(count, bool)
    return Frames(
        np.column_stack([pitch[:count], energy[:count], 100.0 * ~voiced, values[:count]]),
        np.arange(count) * _HOP,
        np.column_stack([voiced, known, known, counted[:count]]),
    )


def _energy_db(samples: np.ndarray) -> np.ndarray:
    """Energy of every frame of 20 ms in dB of full scale, 10 ms apart; silence is -100 dB."""
    hop = round(_HOP * RATE)
    padded = np.pad(samples.astype(float), (0, max(0, 2 * hop - len(samples))))
    sums = np.concatenate([[0.0], np.cumsum(padded**2)])
    starts = np.arange(0, len(padded) - 2 * hop + 1, hop)
    mean = (sums[starts + 2 * hop] - sums[starts]) / (2 * hop)
    return np.maximum(10 * np.log10(np.maximum(mean, 1e-12)), _FLOOR_DB)
