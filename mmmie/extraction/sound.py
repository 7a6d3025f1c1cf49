"""The sound of a clip as samples: one channel at 16 kHz, only the part that is asked for."""

from __future__ import annotations

import math
import shutil
import subprocess
from pathlib import Path

import numpy as np

from mmmie.errors import InputError

RATE = 16_000
MOST_SECONDS = 600.0
"""Of one utterance: a longer one is a recording that should be cut by `start` and `end`."""

LEAST_SECONDS = 0.06
"""What one frame of pitch takes; openSMILE has no answer to anything shorter."""

_TIMEOUT = 300.0


def read_sound(file: Path, start: float = 0.0, end: float | None = None) -> np.ndarray:
    """Samples (n,) float32 at `RATE` of the mean of all channels, from `start` to `end` seconds.

    WAV, FLAC, OGG and MP3 are read by libsndfile; anything else, such as the sound of a video, by
    ffmpeg where that is on the PATH. Without an `end`, to the end of the recording.

    Raises:
        InputError: the file is missing or unreadable, soundfile or ffmpeg is, or the part is
            outside it, shorter than `LEAST_SECONDS` or longer than `MOST_SECONDS`.
    """
    try:
        import soundfile
    except ImportError:
        raise InputError(
            'audio: needs the extra extract; pip install "mmmie[extract]", or --audio none'
        ) from None
    if not file.is_file():
        raise InputError(f"{file}: there is no such file; fix the table or leave its cell empty")
    _check_length(file, start, end)
    try:
        with soundfile.SoundFile(file) as opened:
            rate, length = opened.samplerate, opened.frames
            first, last = round(start * rate), length if end is None else round(end * rate)
            first, last = min(first, length), min(last, length)
            _check_length(file, 0.0, (last - first) / rate)
            opened.seek(first)
            samples = opened.read(last - first, dtype="float32", always_2d=True).mean(1)
    except soundfile.LibsndfileError:
        samples, rate = _by_ffmpeg(file, start, end), RATE
    if len(samples) < LEAST_SECONDS * rate:
        raise InputError(
            f"{file}: has {len(samples) / rate:.2f} s of sound from {start:g} s on; fix `start` "
            f"and `end`, or get the file again"
        )
    return _at_rate(samples, rate)


def _check_length(file: Path, start: float, end: float | None) -> None:
    if end is not None and end - start > MOST_SECONDS:
        raise InputError(
            f"{file}: an utterance of {end - start:,.0f} s; cut it by `start` and `end` into at "
            f"most {MOST_SECONDS:g} s"
        )


def _at_rate(samples: np.ndarray, rate: int) -> np.ndarray:
    if rate == RATE:
        return np.asarray(samples, np.float32)
    from scipy.signal import resample_poly

    shared = math.gcd(rate, RATE)
    return np.asarray(resample_poly(samples, RATE // shared, rate // shared), np.float32)


def _by_ffmpeg(file: Path, start: float, end: float | None) -> np.ndarray:
    program = shutil.which("ffmpeg")
    if program is None:
        raise InputError(
            f"{file}: is no WAV, FLAC, OGG or MP3 file, and ffmpeg is not on the PATH; install "
            f"ffmpeg, or save the sound as WAV"
        )
    # one second more than allowed tells what is too long; no protocol leaves this machine
    seconds = MOST_SECONDS + 1 if end is None else end - start
    command = [
        *(program, "-nostdin", "-v", "error", "-protocol_whitelist", "file,pipe"),
        *("-ss", f"{start:.6f}", "-t", f"{seconds:.6f}", "-i", f"file:{file.resolve()}"),
        # sound that begins after the picture is preceded by silence: times are those of the video
        *("-vn", "-ac", "1", "-af", "aresample=async=1:first_pts=0"),
        *("-ar", str(RATE), "-f", "f32le", "pipe:1"),
    ]
    try:
        done = subprocess.run(command, capture_output=True, timeout=_TIMEOUT, check=False)
    except subprocess.TimeoutExpired:
        raise InputError(f"{file}: ffmpeg takes too long to read it; save it as WAV") from None
    if done.returncode:
        said = done.stderr.decode("utf-8", "replace").strip().splitlines() or ["no reason"]
        if any("does not contain any stream" in line for line in said):
            raise InputError(f"{file}: is a video without sound; leave its cell in `audio` empty")
        raise InputError(f"{file}: ffmpeg cannot read it ({said[-1][:160]}); save it as WAV")
    samples = np.frombuffer(done.stdout[: len(done.stdout) // 4 * 4], "<f4")
    _check_length(file, 0.0, len(samples) / RATE)
    return samples
