"""Engines find a pitch that is known, and silence is silent."""

import numpy as np
import pytest

from mmmie.errors import InputError
from mmmie.extraction.sound import LEAST_SECONDS, RATE
from mmmie.extraction.voice import ENGINES, voice_engine


def voice(hertz, seconds=1.0, level=0.2):
    at = np.arange(round(seconds * RATE)) / RATE
    return sum(level / k * np.sin(2 * np.pi * hertz * k * at) for k in range(1, 6)).astype("f4")


@pytest.mark.parametrize("name", ENGINES)
def test_a_known_pitch_is_found_within_two_percent(name):
    pytest.importorskip(name, reason=f"{name} is not installed")
    engine = voice_engine(name)
    assert engine.channels[:3] == ("pitch_hz", "energy_db", "unvoiced_percent")
    assert len(set(engine.channels)) == len(engine.channels)
    samples = np.concatenate([voice(220), np.zeros(RATE, np.float32)])
    frames = engine.frames(samples)
    steps = frames.averaged(0.1)
    assert steps.shape[1] == len(engine.channels) and np.isfinite(steps).all()
    pitch, energy, unvoiced = steps[:, 0], steps[:, 1], steps[:, 2]
    assert pitch[2:8] == pytest.approx(np.full(6, 220), rel=0.02)
    # the mean square of five harmonics of 0.2 / k
    wanted = 10 * np.log10(sum((0.2 / k) ** 2 / 2 for k in range(1, 6)))
    assert energy[2:8] == pytest.approx(np.full(6, wanted), abs=0.2)
    assert (unvoiced[2:8] == 0).all()
    assert (unvoiced[-5:] == 100).all() and (pitch[-5:] == 0).all()
    assert (energy[-5:] == -100).all()
    higher = engine.frames(voice(330)).averaged(0.1)[2:8, 0]
    assert higher == pytest.approx(np.full(6, 330), rel=0.02)


def test_twice_the_amplitude_is_six_decibels_and_the_shortest_clip_works():
    pytest.importorskip("opensmile", reason="openSMILE is not installed (extra extract)")
    engine = voice_engine("opensmile")
    soft, loud = (engine.frames(voice(150, level=x)).averaged(1.0)[0] for x in (0.1, 0.2))
    assert loud[1] - soft[1] == pytest.approx(20 * np.log10(2), abs=0.05)
    short = engine.frames(voice(150, LEAST_SECONDS))
    assert np.isfinite(short.values).all()
    assert short.averaged(0.1)[0, 0] == pytest.approx(150, rel=0.02)


def test_an_unknown_engine_and_a_missing_one_say_what_to_do(monkeypatch):
    with pytest.raises(InputError, match="--audio praat: is unknown; use opensmile, librosa"):
        voice_engine("praat")
    monkeypatch.setitem(__import__("sys").modules, "opensmile", None)
    with pytest.raises(InputError, match=r"not installed; pip install \"mmmie\[extract\]\""):
        voice_engine("opensmile")
