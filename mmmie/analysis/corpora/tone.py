"""A tone that can be heard, from the channels of a voice: pitch, energy, pace and pauses.

It is not speech and imitates nobody: a few harmonics of the pitch, as loud as the energy, in beats
as fast as the syllables, each with its share of silence.
"""

from __future__ import annotations

import io
import re
import wave
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from mmmie.corpus import Modality

SAMPLE_RATE = 16_000
MOST_SECONDS = 12.0
FRAME_SECONDS = 0.25
"""How long a frame sounds where the length of the utterance is not known."""

_SYLLABLES_PER_SECOND = 4.5  # where no channel says; the middle of unhurried English speech
_HARMONICS = 10
_TILT_DB = -12.0  # per octave, where no channel says; roughly that of a voice
_QUIET = 0.08  # root mean square at the usual energy, so that twelve dB more are not clipped
_MOST_GAIN = 4.0
_EDGE_SECONDS = 0.02  # without it every beat would click
_PITCH_HZ = (40.0, 1000.0)

_ROLES = {
    "pitch": r"(pitch|f0)(_mean)?_hz",
    "energy": r"(energy|loudness|intensity)(_mean)?_db",
    "rate": r"(speech_rate_)?syllables_per_s",
    "pause": r"(pause|unvoiced)_percent",
    "tilt": r"spectral_tilt_db",
}


@dataclass(frozen=True)
class Tone:
    """What is heard, one value per frame.

    Attributes:
        pitch: (L,) in Hz.
        gain: (L,) factor on the usual loudness.
        rate: (L,) syllables per second.
        pause: (L,) share of every syllable that is silent, 0 to 1.
        tilt: (L,) how much quieter a harmonic an octave up is, in dB, negative.
    """

    pitch: np.ndarray
    gain: np.ndarray
    rate: np.ndarray
    pause: np.ndarray
    tilt: np.ndarray


def voice_channels(modality: Modality) -> dict[str, int]:
    """Which channels say how a voice sounds: ``pitch``, ``energy`` and others → their number.

    Empty unless both pitch in Hz and energy in dB are there.

    Example:
        >>> voice_channels(Modality("audio", 2, "sequence", channels=("pitch_hz", "energy_db")))
        {'pitch': 0, 'energy': 1}
    """
    names = modality.channels or ()
    found = {
        role: i
        for role, pattern in _ROLES.items()
        for i, name in enumerate(names)
        if re.fullmatch(pattern, name)
    }
    return found if {"pitch", "energy"} <= found.keys() else {}


def tone_of(values: np.ndarray, channels: Mapping[str, int], usual_energy: float) -> Tone:
    """The tone of one utterance.

    Args:
        values: (L, d) features in their units; (d,) sounds as one frame.
        channels: from `voice_channels`.
        usual_energy: its average over the corpus in dB, which energy is heard against.
    """
    frames = np.atleast_2d(np.asarray(values, float))

    def channel(role: str, otherwise: float) -> np.ndarray:
        if role not in channels:
            return np.full(len(frames), otherwise)
        return np.asarray(frames[:, channels[role]])

    louder = channel("energy", 0.0) - usual_energy
    return Tone(
        pitch=np.clip(_voiced(channel("pitch", 0.0)), *_PITCH_HZ),
        gain=np.minimum(10 ** (louder / 20), _MOST_GAIN),  # 20 dB are a factor of ten
        rate=np.clip(channel("rate", _SYLLABLES_PER_SECOND), 0.5, 20),
        pause=np.clip(channel("pause", 25.0) / 100, 0, 0.95),
        tilt=np.minimum(channel("tilt", _TILT_DB), -3.0),
    )


def _voiced(pitch: np.ndarray) -> np.ndarray:
    """Pitch (L,) that glides over frames without voice, which trackers give as 0."""
    at = np.flatnonzero(pitch > 0)
    return np.interp(np.arange(len(pitch)), at, pitch[at]) if len(at) else pitch


def tone_seconds(frames: int, spoken: float | None = None) -> float:
    """How long an utterance sounds: as long as it took, at most `MOST_SECONDS`."""
    wanted = spoken if spoken is not None and spoken > 0 else frames * FRAME_SECONDS
    return float(np.clip(wanted, 0.3, MOST_SECONDS))


def synthesise(tone: Tone, seconds: float) -> np.ndarray:
    """The sound of a tone whose frames are spread evenly over `seconds`.

    Returns:
        (seconds · `SAMPLE_RATE`,) in [-1, 1].

    Example:
        >>> still = Tone(*(np.full(2, x) for x in (200.0, 1.0, 4.0, 0.0, -12.0)))
        >>> len(synthesise(still, seconds=0.5)) == SAMPLE_RATE // 2
        True
    """
    count = round(seconds * SAMPLE_RATE)
    at = (np.arange(count) + 0.5) / count * len(tone.pitch) - 0.5  # in frames
    frames = np.arange(len(tone.pitch))

    def over_time(values: np.ndarray) -> np.ndarray:
        return np.interp(at, frames, values)

    pitch = over_time(tone.pitch)
    phase = 2 * np.pi * np.cumsum(pitch) / SAMPLE_RATE
    numbers = np.arange(1, _HARMONICS + 1)
    audible = numbers * pitch.max(initial=0) < SAMPLE_RATE / 2
    octaves = np.log2(numbers[audible])
    amplitudes = 10 ** (tone.tilt.mean() * octaves / 20)
    waves = _harmonics(phase, amplitudes)
    level = _QUIET * np.sqrt(2 / (amplitudes**2).sum())  # root mean square `_QUIET`
    beat = np.cumsum(over_time(tone.rate)) / SAMPLE_RATE % 1
    open_ = _smooth((beat < 1 - over_time(tone.pause)).astype(float))
    sound = level * waves * over_time(tone.gain) * open_
    return np.asarray(np.clip(sound, -1, 1))


def wav_bytes(samples: np.ndarray) -> bytes:
    """Samples (n,) in [-1, 1] as a WAV file: one channel of 16 bits at `SAMPLE_RATE`."""
    stream = io.BytesIO()
    with wave.open(stream, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(SAMPLE_RATE)
        file.writeframes((samples * 32767).astype("<i2").tobytes())
    return stream.getvalue()


def _harmonics(phase: np.ndarray, amplitudes: np.ndarray) -> np.ndarray:
    """The sum of a_k · sin(kφ): each sine from the two before it, sin((k+1)φ) = 2 cos φ sin(kφ) − …

    A sine of every harmonic takes six times as long, and the reader would wait for it.
    """
    before, present, double = np.zeros_like(phase), np.sin(phase), 2 * np.cos(phase)
    waves = np.zeros_like(phase)
    for amplitude in amplitudes:
        waves += amplitude * present
        before, present = present, double * present - before
    return waves


def _smooth(gate: np.ndarray) -> np.ndarray:
    """A gate of 0 and 1 with soft edges; it also fades in and out at the ends."""
    kernel = np.hanning(round(_EDGE_SECONDS * SAMPLE_RATE))
    return np.convolve(gate, kernel / kernel.sum(), mode="same")
