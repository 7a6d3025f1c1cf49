"""The tone has the pitch, the loudness and the pauses that the channels say."""

from __future__ import annotations

import io
import wave

import numpy as np
import pytest

from mmmie.analysis.corpora.tone import (
    MOST_SECONDS,
    SAMPLE_RATE,
    Tone,
    synthesise,
    tone_of,
    tone_seconds,
    voice_channels,
    wav_bytes,
)
from mmmie.corpus import Modality
from mmmie.datasets.demo.voice_and_face import AUDIO, VISION


def tone(pitch=200.0, gain=1.0, rate=4.0, pause=0.0, tilt=-12.0, frames=4) -> Tone:
    return Tone(
        *(np.broadcast_to(x, frames).astype(float) for x in (pitch, gain, rate, pause, tilt))
    )


def loudest_hz(sound: np.ndarray) -> float:
    spectrum = np.abs(np.fft.rfft(sound))
    return float(np.fft.rfftfreq(len(sound), 1 / SAMPLE_RATE)[spectrum.argmax()])


def loudness(sound: np.ndarray) -> float:
    return float(np.sqrt((sound**2).mean()))


@pytest.mark.parametrize("pitch", [110.0, 193.0, 440.0])
def test_the_loudest_frequency_is_the_pitch(pitch):
    assert loudest_hz(synthesise(tone(pitch), 1.0)) == pytest.approx(pitch, abs=1)


def test_a_pitch_that_rises_is_heard_rising():
    sound = synthesise(tone(np.linspace(150, 300, 4)), 2.0)
    assert loudest_hz(sound[: SAMPLE_RATE // 4]) == pytest.approx(150, abs=8)
    assert loudest_hz(sound[-SAMPLE_RATE // 4 :]) == pytest.approx(300, abs=8)


def test_six_decibels_more_are_twice_as_loud_and_nothing_is_clipped():
    names = ("pitch_hz", "energy_db")
    channels = voice_channels(Modality("voice", 2, "sequence", channels=names))
    usual, louder = (
        synthesise(tone_of(np.array([[200.0, e]] * 4), channels, -26.0), 1.0) for e in (-26, -20)
    )
    assert loudness(louder) / loudness(usual) == pytest.approx(10 ** (6 / 20), rel=1e-3)
    shouted = synthesise(tone_of(np.array([200.0, 40.0]), channels, -26.0), 1.0)
    assert np.abs(shouted).max() < 1


def test_pauses_are_their_share_of_the_time_and_beats_are_syllables():
    sound = np.abs(synthesise(tone(pause=0.5, rate=5.0), 2.0))
    blocks = sound.reshape(-1, SAMPLE_RATE // 100).max(1) > 0.01  # hundredths of a second
    assert blocks.mean() == pytest.approx(0.5, abs=0.12)
    assert (np.diff(blocks.astype(int)) == -1).sum() == 10
    still = np.abs(synthesise(tone(), 2.0)).reshape(-1, SAMPLE_RATE // 100).max(1)
    assert still[2:-2].min() > 0.03


def test_the_demo_has_a_voice_and_what_names_no_pitch_has_none():
    channels = voice_channels(Modality("audio", 8, "sequence", channels=AUDIO.names))
    assert {role: AUDIO.names[i] for role, i in channels.items()} == {
        "pitch": "pitch_hz",
        "energy": "energy_db",
        "rate": "speech_rate_syllables_per_s",
        "pause": "pause_percent",
        "tilt": "spectral_tilt_db",
    }
    assert voice_channels(Modality("vision", 8, "sequence", channels=VISION.names)) == {}
    assert voice_channels(Modality("audio", 1, "sequence", channels=("pitch_hz",))) == {}
    assert voice_channels(Modality("audio", 3, "utterance")) == {}


def test_it_lasts_as_long_as_was_spoken_within_reason():
    assert tone_seconds(20, 5.4) == 5.4
    assert tone_seconds(20, 500.0) == MOST_SECONDS
    assert tone_seconds(8) == tone_seconds(8, -1.0) == 2.0
    assert len(synthesise(tone(frames=1), 0.5)) == SAMPLE_RATE // 2


def test_the_file_is_a_wave_file_of_the_samples():
    sound = synthesise(tone(), 0.5)
    with wave.open(io.BytesIO(wav_bytes(sound))) as file:
        assert (file.getnchannels(), file.getsampwidth()) == (1, 2)
        assert (file.getframerate(), file.getnframes()) == (SAMPLE_RATE, len(sound))
        held = np.frombuffer(file.readframes(len(sound)), "<i2") / 32767
    assert held == pytest.approx(sound, abs=1e-4)


def test_frames_without_voice_are_nearly_silent_and_the_pitch_glides_over_them():
    names = ("pitch_hz", "energy_db", "unvoiced_percent")
    channels = voice_channels(Modality("voice", 3, "sequence", channels=names))
    assert channels == {"pitch": 0, "energy": 1, "pause": 2}
    heard = tone_of(np.array([[100.0, 0, 0], [0, 0, 100], [0, 0, 100], [400, 0, 0]]), channels, 0.0)
    assert heard.pitch == pytest.approx([100, 200, 300, 400])
    assert heard.pause == pytest.approx([0, 0.95, 0.95, 0])
    assert np.isfinite(tone_of(np.zeros((2, 3)), channels, 0.0).pitch).all()
