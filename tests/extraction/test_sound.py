"""Sound is read in parts, mixed and brought to 16 kHz; whatever is no sound goes to ffmpeg."""

import shutil
import stat
import subprocess
import sys
import wave

import numpy as np
import pytest

from mmmie.errors import InputError
from mmmie.extraction import sound
from mmmie.extraction.sound import RATE, read_sound

pytest.importorskip("soundfile", reason="soundfile is not installed (extra extract)")


def write(file, channels, rate):
    """(n, c) in [-1, 1] as a WAV of 16 bits, written without the library under test."""
    with wave.open(str(file), "wb") as out:
        out.setnchannels(channels.shape[1])
        out.setsampwidth(2)
        out.setframerate(rate)
        out.writeframes((channels * 32767).astype("<i2").tobytes())
    return file


def tone(hertz, seconds, rate):
    return 0.5 * np.sin(2 * np.pi * hertz * np.arange(round(seconds * rate)) / rate)


def loudest(samples):
    power = np.abs(np.fft.rfft(samples * np.hanning(len(samples))))
    return power.argmax() * RATE / len(samples)


@pytest.mark.parametrize("rate", [16_000, 44_100, 8_000])
def test_a_part_is_cut_mixed_and_resampled(tmp_path, rate):
    both = np.concatenate([tone(300, 1, rate), tone(800, 1, rate)])
    file = write(tmp_path / "a.wav", np.stack([both, 0 * both], axis=1), rate)
    whole = read_sound(file)
    assert whole.dtype == np.float32 and abs(len(whole) - 2 * RATE) <= 1
    assert np.abs(whole).max() == pytest.approx(0.25, rel=0.05)  # the mean of both channels
    assert loudest(read_sound(file, 0.1, 0.9)) == pytest.approx(300, abs=5)
    assert loudest(read_sound(file, 1.1)) == pytest.approx(800, abs=5)
    assert len(read_sound(file, 1.5, 9.0)) == pytest.approx(0.5 * RATE, abs=1)


def test_parts_that_are_not_there_or_too_long_are_refused(tmp_path):
    file = write(tmp_path / "a.wav", tone(300, 1, 8000)[:, None], 8000)
    for start, end, words in (
        (1.0, None, "has 0.00 s of sound from 1 s on"),
        (5.0, 6.0, "has 0.00 s of sound from 5 s on"),
        (0.5, 0.51, "0.01 s of sound"),
        (0.0, 9999.0, "an utterance of 9,999 s; cut it"),
    ):
        with pytest.raises(InputError, match=words):
            read_sound(file, start, end)
    with pytest.raises(InputError, match="no such file"):
        read_sound(tmp_path / "b.wav")


def test_a_recording_that_is_too_long_is_refused_before_it_is_read(tmp_path, monkeypatch):
    monkeypatch.setattr(sound, "MOST_SECONDS", 0.5)
    file = write(tmp_path / "a.wav", tone(300, 1, 8000)[:, None], 8000)
    with pytest.raises(InputError, match="an utterance of 1 s; cut it"):
        read_sound(file)


def film(file, *sound):
    """Three seconds of a test picture, with the sound that ffmpeg's own sources make."""
    picture = ("-f", "lavfi", "-i", "testsrc=size=64x64:rate=10:duration=3", "-c:v", "mpeg4")
    subprocess.run(
        ["ffmpeg", "-nostdin", "-v", "error", *picture[:4], *sound, *picture[4:], str(file)],
        check=True,
    )
    return file


@pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="ffmpeg is not installed")
def test_the_sound_of_a_real_video(tmp_path):
    tones = "aevalsrc=0.5*sin(2*PI*t*(300+500*gte(t\\,1))):s=44100:d=2"  # 300 Hz, then 800
    sound = ("-f", "lavfi", "-i", tones, "-c:a", "aac")
    video = film(tmp_path / "a.mp4", *sound)
    assert loudest(read_sound(video, 0.1, 0.9)) == pytest.approx(300, abs=5)
    assert loudest(read_sound(video, 1.1, 1.9)) == pytest.approx(800, abs=5)
    assert len(read_sound(video)) == pytest.approx(2 * RATE, abs=0.05 * RATE)
    late = film(tmp_path / "late.mp4", "-itsoffset", "1", *sound)  # begins after the picture
    assert loudest(read_sound(late, 1.2, 1.9)) == pytest.approx(300, abs=5)
    part = read_sound(late, 0.5, 1.5)
    assert len(part) == pytest.approx(RATE, abs=0.02 * RATE)
    assert not part[: int(0.45 * RATE)].any() and np.abs(part[int(0.6 * RATE) :]).max() > 0.3
    with pytest.raises(InputError, match=r"mute\.mp4: is a video without sound; leave its cell"):
        read_sound(film(tmp_path / "mute.mp4"))


FFMPEG = f"""#!{sys.executable}
import sys, struct
open({{told!r}}, "w").write("\\n".join(sys.argv[1:]))
if {{fails}}:
    sys.exit("Invalid data found\\nwhen processing input")
sys.stdout.buffer.write(struct.pack("<1600f", *[0.25] * 1600))
"""


def install(folder, monkeypatch, fails=False):
    program, told = folder / "ffmpeg", folder / "told.txt"
    program.write_text(FFMPEG.format(told=str(told), fails=fails))
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", str(folder))
    return told


def test_a_video_is_read_by_ffmpeg_from_start_to_end_without_a_shell(tmp_path, monkeypatch):
    video = tmp_path / "-i; rm $(x).mp4"
    video.write_bytes(b"\x00\x00\x00\x18ftypmp42" + bytes(100))
    told = install(tmp_path, monkeypatch)
    samples = read_sound(video, 1.5, 2.0)
    assert samples.tolist() == [0.25] * 1600
    said = told.read_text().splitlines()
    assert said[said.index("-i") + 1] == f"file:{video.resolve()}"
    assert said[said.index("-ss") + 1] == "1.500000" and said[said.index("-t") + 1] == "0.500000"
    assert said[said.index("-protocol_whitelist") + 1] == "file,pipe"


def test_without_ffmpeg_or_where_it_fails_one_line_says_what_to_do(tmp_path, monkeypatch):
    video = tmp_path / "a.mp4"
    video.write_bytes(b"no video")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(InputError, match="ffmpeg is not on the PATH; install ffmpeg, or save"):
        read_sound(video)
    install(tmp_path, monkeypatch, fails=True)
    with pytest.raises(InputError, match=r"a\.mp4: ffmpeg cannot read it .*when processing") as e:
        read_sound(video)
    assert "\n" not in str(e.value)
