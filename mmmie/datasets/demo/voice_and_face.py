"""Voice and face of the demo corpus: channels with units that mix the latent factors."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mmmie.corpus import Features
from mmmie.datasets.demo.latents import PRIVATE, PRIVATE_NOISE, SHARED, SHARED_NOISE

_CONTOUR = 0.4  # of a channel's spread: the smooth movement within an utterance
_JITTER = 0.2  # and the movement from frame to frame


@dataclass(frozen=True)
class Channel:
    """One channel of a voice or a face.

    Attributes:
        name: with its unit.
        base: what it is on average.
        spread: standard deviation over utterances, up to the noise of the factors.
        loadings: factor → weight; only the proportions matter.
    """

    name: str
    base: float
    spread: float
    loadings: dict[str, float]


@dataclass(frozen=True)
class Signal:
    """A modality whose channels are a fixed invertible mixture of eight noisy factors.

    The mean over the frames of utterance i is ``base + mixing @ (latents[i] + noise)``. Frames
    move around that mean by something that has mean zero over the frames exactly and that
    depends on nothing; so the mean holds all there is to know, and the mixture, being
    invertible, changes no mutual information.
    """

    modality: str
    frames: tuple[int, int]
    channels: tuple[Channel, ...]

    @property
    def factors(self) -> tuple[str, ...]:
        """The factors mixed (8,): the shared ones, then the modality's own."""
        return (*SHARED, *PRIVATE[self.modality])

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the channels (8,)."""
        return tuple(channel.name for channel in self.channels)

    @property
    def base(self) -> np.ndarray:
        """Average of every channel (8,), in its unit."""
        return np.array([channel.base for channel in self.channels])

    @property
    def spread(self) -> np.ndarray:
        """Standard deviation of every channel over utterances (8,), in its unit."""
        return np.array([channel.spread for channel in self.channels])

    @property
    def mixing(self) -> np.ndarray:
        """Invertible matrix (8 channels, 8 factors), in units of the channel."""
        rows = np.array([[c.loadings.get(f, 0.0) for f in self.factors] for c in self.channels])
        mixing: np.ndarray = rows * (self.spread / np.linalg.norm(rows, axis=1))[:, None]
        return mixing

    @property
    def noise(self) -> np.ndarray:
        """Standard deviation of the noise on every factor (8,)."""
        own = len(PRIVATE[self.modality])
        return np.array([SHARED_NOISE[self.modality]] * len(SHARED) + [PRIVATE_NOISE] * own)

    def render(self, rng: np.random.Generator, latents: np.ndarray) -> Features:
        """Features of utterances that express `latents`.

        Args:
            rng: source of the noise, the lengths and the movement within utterances.
            latents: (N, 8), in the order of `factors`.

        Returns:
            Sequence-level float32 features of N utterances, 8 channels.
        """
        noisy = latents + self.noise * rng.standard_normal(latents.shape)
        means = self.base + noisy @ self.mixing.T
        lengths = rng.integers(self.frames[0], self.frames[1] + 1, size=len(latents))
        offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
        values = np.repeat(means, lengths, axis=0) + self._movement(rng, lengths, offsets)
        return Features(values.astype(np.float32), offsets)

    def _movement(
        self, rng: np.random.Generator, lengths: np.ndarray, offsets: np.ndarray
    ) -> np.ndarray:
        """Movement (frames, 8) around the mean of each utterance; its mean is zero in each."""
        shape = (len(lengths), len(self.channels))
        cycles = np.repeat(rng.uniform(0.5, 1.5, shape), lengths, axis=0)
        phase = np.repeat(rng.uniform(0, 2 * np.pi, shape), lengths, axis=0)
        within = np.arange(offsets[-1]) - np.repeat(offsets[:-1], lengths)
        time = (within / np.repeat(lengths, lengths))[:, None]
        moved = _CONTOUR * np.sqrt(2) * np.sin(2 * np.pi * cycles * time + phase)
        moved += _JITTER * rng.standard_normal(moved.shape)
        means = np.add.reduceat(moved, offsets[:-1], axis=0) / lengths[:, None]
        movement: np.ndarray = (moved - np.repeat(means, lengths, axis=0)) * self.spread
        return movement


# Bases lie at least five spreads from what a channel cannot be (a negative share, an action
# unit outside 0 to 5), so that nothing needs to be clipped.
AUDIO = Signal(
    "audio",
    (12, 24),
    (
        Channel("pitch_hz", 190, 20, {"arousal": 0.75, "valence": 0.4}),
        Channel("pitch_range_hz", 70, 9, {"interest": 0.7, "valence": 0.4, "arousal": 0.2}),
        Channel("energy_db", -26, 4, {"microphone_gain": 0.75, "arousal": 0.4, "confidence": 0.25}),
        Channel("speech_rate_syllables_per_s", 4.5, 0.5, {"urgency": 0.8, "arousal": 0.3}),
        Channel(
            "jitter_percent", 1.6, 0.25, {"valence": -0.65, "confidence": -0.25, "arousal": 0.2}
        ),
        Channel("spectral_tilt_db", -12, 2, {"warmth": -0.75, "room": -0.3, "arousal": 0.2}),
        Channel("pause_percent", 26, 4, {"confidence": -0.65, "urgency": -0.35, "interest": -0.2}),
        Channel("noise_floor_db", -55, 4, {"room": 0.75, "microphone_gain": 0.35}),
    ),
)

VISION = Signal(
    "vision",
    (10, 20),
    (
        Channel("smile_au12", 2.5, 0.45, {"valence": 0.8, "warmth": 0.35}),
        Channel("cheek_au06", 2.5, 0.45, {"arousal": 0.6, "valence": 0.4, "lighting": 0.25}),
        Channel("brow_lower_au04", 2.5, 0.45, {"urgency": 0.7, "valence": -0.4}),
        Channel("brow_raise_au01", 2.5, 0.45, {"interest": 0.6, "arousal": 0.4}),
        Channel("lip_tighten_au23", 2.5, 0.45, {"warmth": -0.7, "urgency": 0.3, "confidence": 0.3}),
        Channel(
            "gaze_contact", 0.5, 0.08, {"confidence": 0.7, "interest": 0.3, "camera_yaw": -0.25}
        ),
        Channel("brightness", 0.5, 0.08, {"lighting": 0.8, "camera_yaw": 0.2}),
        Channel("head_yaw_deg", 0, 8, {"camera_yaw": 0.75, "interest": -0.35}),
    ),
)
