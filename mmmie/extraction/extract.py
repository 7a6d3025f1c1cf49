"""A corpus folder from clips: one clip in memory at a time."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import numpy as np
import pandas as pd
from tqdm import tqdm

from mmmie.corpus.checks import table_faults
from mmmie.datasets.csv_and_parquet import read_any_table
from mmmie.datasets.file_kind import Source
from mmmie.datasets.loose_values import Unusable
from mmmie.datasets.streamed_corpus import Reading, Stream
from mmmie.datasets.table_cells import time_cells
from mmmie.datasets.table_columns import reading_of_table, usual_names
from mmmie.errors import InputError
from mmmie.extraction.face_table import FaceTable, read_face_table
from mmmie.extraction.sound import read_sound
from mmmie.extraction.transcripts import transcript_of
from mmmie.extraction.voice import voice_engine

TABLE = "utterances.csv"
_FILES = ("audio", "vision", "transcript_file")
_MOST_UTTERANCES = 1_000_000


@dataclass(frozen=True)
class Extraction:
    """What was written.

    Attributes:
        utterances: how many.
        notes: what was found, left out or not made, one sentence each.
    """

    utterances: int
    notes: list[str]


def extract_corpus(
    clips: Path | str,
    folder: Path | str,
    *,
    table: Path | str | None = None,
    audio: str = "opensmile",
    step: float = 0.1,
    fps: float | None = None,
    confidence: float = 0.8,
    progress: bool = False,
) -> Extraction:
    """Write a corpus folder with named channels of voice and face, and transcripts.

    The table has a row per utterance, with the columns of a corpus (labels and splits may be
    missing) and names of files inside `clips`: `audio` (sound or video), `vision` (a CSV of
    OpenFace or py-feat) and `transcript_file` (.txt, .srt or .vtt). Several utterances can name one
    recording, each with its `start` and `end` in seconds. An empty cell: that modality is missing.

    Args:
        clips: the folder of the files.
        folder: a new or empty folder.
        table: a CSV, TSV or Parquet; ``utterances.csv`` in `clips` if left out.
        audio: ``opensmile``, ``librosa`` or ``none``.
        step: seconds that one step of a sequence stands for.
        fps: frames per second of vision tables without a column `timestamp`.
        confidence: the least one of a frame of a vision table that is kept, 0 to 1.
        progress: show a bar on the terminal.

    Raises:
        InputError: a file, an argument or a package is missing or cannot be used; nothing is
            written.
    """
    clips, folder = Path(clips), Path(folder)
    _check(clips, folder, step, fps, confidence)
    file = Path(table) if table is not None else clips / TABLE
    if not file.is_file():
        raise InputError(f"{file}: there is no such table; give one with --table")
    read = read_any_table(file)
    rows = _Rows(read.rows, clips, file)
    rows.take_transcripts()
    reading = _reading(rows, clips, file, read.notes)
    engine = voice_engine(audio) if "audio" in rows.files and audio != "none" else None
    if engine is None and "vision" not in rows.files:
        raise InputError(
            f"{file}: names no file to make features of; add a column `audio` or `vision` with "
            f"paths inside {clips}"
        )
    with tempfile.TemporaryFile() as sound, tempfile.TemporaryFile() as sight:
        voice, face = _Spool(sound), _Face(sight, fps, confidence)
        for row in tqdm(range(len(rows.table)), "clips", disable=not progress):
            if engine is not None:
                recording = rows.files["audio"][row]
                if recording is None:
                    voice.add(np.zeros((0, len(engine.channels))))
                else:
                    samples = read_sound(recording, *rows.span(row))
                    voice.add(engine.frames(samples).averaged(step))
            if "vision" in rows.files:
                face.add(rows, row, step)
        notes = []
        if engine is not None:
            reading.streams["audio"] = voice.stream(engine.channels, engine.source)
            notes.append(_note("audio", engine.channels, engine.source, voice.lengths))
        if "vision" in rows.files:
            reading.streams["vision"] = face.stream()
            notes.append(_note("vision", face.channels, face.source, face.spool.lengths))
            notes.append(face.lost_words())
        reading.save(folder)
    return Extraction(len(rows.table), [*notes, _text_words(reading.utterances), *reading.notes])


class _Rows:
    """The table, and the file that each cell names."""

    def __init__(self, table: pd.DataFrame, clips: Path, file: Path) -> None:
        if not 0 < len(table) <= _MOST_UTTERANCES:
            raise InputError(
                f"{file}: has {len(table):,} rows; give 1 to {_MOST_UTTERANCES:,} utterances"
            )
        self.file = file
        self.table = table.drop(columns=[name for name in _FILES if name in table])
        self.files = {
            name: [self._inside(clips, cell, name) for cell in table[name]]
            for name in _FILES
            if name in table and (table[name].fillna("").astype(str).str.strip() != "").any()
        }
        self._starts, self._ends = self._seconds("start"), self._seconds("end")
        late = self._starts >= self._ends
        if late.any():
            row = int(late.argmax())
            raise InputError(
                f"{file}: row {row + 1} ends at {self._ends[row]:g} s, before it starts; fix it"
            )

    def _inside(self, clips: Path, cell: object, column: str) -> Path | None:
        name = "" if pd.isna(cell) else str(cell).strip()
        path = (clips / name.replace("\0", "")).resolve()
        if "\0" in name or not path.is_relative_to(clips.resolve()):
            raise InputError(
                f"{self.file}: `{column}` names {name[:80]!r}, outside {clips}; keep files inside"
            )
        return path if name else None

    def _seconds(self, name: str) -> np.ndarray:
        """A column of times (N,), NaN where nothing is given."""
        column = usual_names(self.table).get(name)
        if column is None:
            return np.full(len(self.table), np.nan)
        try:
            seconds = time_cells(self.table[column], column)
        except Unusable as error:
            raise InputError(f"{self.file}: {error}") from None
        if (seconds < 0).any():
            row = int((seconds < 0).argmax())
            raise InputError(
                f"{self.file}: `{column}` of row {row + 1} is '{seconds[row]:g}'; give seconds "
                f"from the start of the recording"
            )
        return seconds

    def span(self, row: int) -> tuple[float, float | None]:
        """Seconds at which an utterance begins and ends in its recording; None: at its end."""
        start, end = float(self._starts[row]), float(self._ends[row])
        return 0.0 if np.isnan(start) else start, None if np.isnan(end) else end

    def take_transcripts(self) -> None:
        """Put the words of the transcript files into the table."""
        found = self.files.get("transcript_file")
        if found is None:
            return
        column = usual_names(self.table).get("transcript", "transcript")
        held = self.table.get(column, pd.Series("", index=self.table.index)).fillna("")
        self.table[column] = [
            words if file is None else transcript_of(file, *self.span(row))
            for row, (file, words) in enumerate(zip(found, held, strict=True))
        ]


def _check(clips: Path, folder: Path, step: float, fps: float | None, confidence: float) -> None:
    if not clips.is_dir():
        raise InputError(f"{clips}: there is no such folder; name the one with the clips")
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise InputError(f"{folder}: exists and is not empty; name a new folder")
    if not 0.02 <= step <= 10:
        raise InputError(f"--step {step:g}: give 0.02 to 10 seconds")
    if fps is not None and not 0 < fps <= 1000:
        raise InputError(f"--fps {fps:g}: give frames per second, at most 1000")
    if not 0 <= confidence <= 1:
        raise InputError(f"--confidence {confidence:g}: give 0 to 1")


def _reading(rows: _Rows, clips: Path, file: Path, notes: tuple[str, ...]) -> Reading:
    """The corpus without features, its table checked before anything is extracted."""
    try:
        reading = reading_of_table(Source(file), rows.table, {}, zero_non_finite=True)
    except Unusable as error:
        raise InputError(f"{file}: {error}") from None
    faults = table_faults(reading.utterances, reading.label, str(file), unlabelled=True)
    if faults:
        raise InputError(faults[0], faults)
    reading.name = clips.resolve().name
    reading.notes = (*notes, *reading.notes)
    return reading


class _Spool:
    """Sequences on their way into the corpus folder, kept in a file."""

    def __init__(self, file: IO[bytes]) -> None:
        self.lengths: list[int] = []
        self._file = file

    def add(self, values: np.ndarray) -> None:
        """Keep the steps of the next utterance (L, d) float32; none where it has nothing."""
        self.lengths.append(len(values))
        self._file.write(np.ascontiguousarray(values, np.float32).tobytes())

    def stream(self, channels: tuple[str, ...], source: str) -> Stream:
        """All of it, as a corpus folder is written from."""
        self._file.flush()
        lengths = np.array(self.lengths, np.int64)
        ends = lengths.cumsum()
        shape = (int(ends[-1]), len(channels))
        values = np.memmap(self._file, "f4", "r", shape=shape) if ends[-1] else np.empty(shape)

        def of(row: int) -> np.ndarray:
            return values[ends[row] - lengths[row] : ends[row]]

        return Stream(len(channels), of, lengths, source=source, channels=channels)


class _Face:
    """The vision tables, of which the last is kept: utterances of one recording share it."""

    def __init__(self, file: IO[bytes], fps: float | None, confidence: float) -> None:
        self._fps, self._confidence = fps, confidence
        self._read: tuple[Path, FaceTable] | None = None
        self._seen: dict[Path, tuple[int, int]] = {}
        self.channels: tuple[str, ...] = ()
        self.source = ""
        self.spool = _Spool(file)

    def add(self, rows: _Rows, row: int, step: float) -> None:
        """Keep what the face does in an utterance."""
        file = rows.files["vision"][row]
        if file is None:
            self.spool.add(np.zeros((0, 0)))
            return
        if self._read is None or self._read[0] != file:
            self._read = (file, read_face_table(file, self._fps, self._confidence))
        face = self._read[1]
        if self.channels not in ((), face.channels):
            raise InputError(
                f"{file}: has other channels than the tables before it; extract all with one "
                f"version of one program"
            )
        self.channels, self.source = face.channels, face.source
        self._seen[file] = (face.lost, len(face.frames.at))
        self.spool.add(face.frames.between(*rows.span(row)).averaged(step))

    def stream(self) -> Stream:
        return self.spool.stream(self.channels, self.source)

    def lost_words(self) -> str:
        lost, kept = (sum(counts) for counts in zip(*self._seen.values(), strict=True))
        return f"vision: {lost:,} of {lost + kept:,} frames without a tracked face are left out"


def _note(name: str, channels: tuple[str, ...], source: str, lengths: list[int]) -> str:
    without = lengths.count(0)
    gaps = f"; {without:,} of {len(lengths):,} utterances have none" if without else ""
    return f"{name}: {len(channels)} channels by {source}{gaps}"


def _text_words(utterances: pd.DataFrame) -> str:
    said = utterances.get("transcript", pd.Series(dtype=object)).fillna("").astype(str)
    count = int((said.str.strip() != "").sum())
    if not count:
        return "text: there is no transcript"
    return (
        f"text: {count:,} transcripts are kept without features; train with --set "
        f"model.text_encoder.name=ENCODER to have them encoded"
    )
