"""Whether the voice in real videos is found where it was put: `mmmie data extract` on made films.

Needs ffmpeg on the PATH and the extra extract. Run: python benchmarks/video.py
"""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd

from mmmie import load_corpus
from mmmie.extraction import extract_corpus

KINDS = (
    ("mp4", "libx264", "aac"),
    ("mkv", "libx264", "aac"),
    ("webm", "libvpx", "libopus"),
    ("mov", "mpeg4", "pcm_s16le"),
)
FILMS, UTTERANCES, TOLERANCE_HZ = 10, 6, 3.0


def film(file: Path, video: str, audio: str, tones: pd.DataFrame) -> None:
    """A test picture with a tone of four harmonics, of another pitch in every utterance."""
    spans = zip(tones["hertz"], tones["start"], tones["end"], strict=True)
    pitch = "+".join(rf"{hertz}*between(t\,{start}\,{end})" for hertz, start, end in spans)
    sound = "+".join(f"0.3*sin(2*PI*{k}*t*({pitch}))/{k}" for k in (1, 2, 3, 4))
    seconds = tones["end"].max()
    command = [
        *("ffmpeg", "-nostdin", "-v", "error"),
        *("-f", "lavfi", "-i", f"testsrc2=size=160x120:rate=25:duration={seconds}"),
        *("-f", "lavfi", "-i", f"aevalsrc={sound}:s=44100:d={seconds}"),
        *("-pix_fmt", "yuv420p", "-c:v", video, "-c:a", audio, str(file)),
    ]
    subprocess.run(command, check=True)


def main() -> None:
    """Make the films, extract them and count the pitches that come back."""
    random = np.random.default_rng(0)
    tables = []
    with tempfile.TemporaryDirectory() as scratch:
        clips = Path(scratch) / "clips"
        clips.mkdir()
        for i in range(FILMS):
            kind, video, audio = KINDS[i % len(KINDS)]
            ends = random.uniform(1.0, 2.5, UTTERANCES).cumsum().round(3)
            table = pd.DataFrame(
                {
                    "conversation": f"c{i}",
                    "position": range(UTTERANCES),
                    "start": [0.0, *ends[:-1]],
                    "end": ends,
                    "hertz": random.integers(120, 280, UTTERANCES),
                    "audio": f"c{i}.{kind}",
                }
            )
            film(clips / f"c{i}.{kind}", video, audio, table)
            tables.append(table)
        pd.concat(tables).to_csv(clips / "utterances.csv", index=False)
        extract_corpus(clips, Path(scratch) / "corpus")
        corpus = load_corpus(Path(scratch) / "corpus", unlabelled=True)
        voice = corpus.features["audio"]
        found = [np.median(voice.of(row)[:, 0]) for row in range(len(corpus))]  # pitch_hz
    off = np.abs(np.array(found) - corpus.utterances["hertz"].to_numpy())
    print(
        f"{(off <= TOLERANCE_HZ).sum()} of {len(off)} within {TOLERANCE_HZ:g} Hz, "
        f"the furthest {off.max():.2f} Hz off"
    )


if __name__ == "__main__":
    main()
