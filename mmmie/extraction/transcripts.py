"""Transcripts from text and subtitle files."""

from __future__ import annotations

from pathlib import Path

from mmmie.corpus.text_files import read_text
from mmmie.corpus.text_tables import LONGEST_TEXT
from mmmie.errors import InputError

SUBTITLES = (".srt", ".vtt")


def transcript_of(file: Path, start: float = 0.0, end: float | None = None) -> str:
    """The words of an utterance that begins and ends at `start` and `end` seconds, None the last.

    All of a ``.txt``; of ``.srt`` and ``.vtt`` the subtitles whose middle is in the utterance,
    without their formatting.

    Raises:
        InputError: the file is missing, not in UTF-8 nor marked as UTF-16, of another kind or
            without any subtitle, its words are too many, or pysubs2 is missing.
    """
    suffix = file.suffix.lower()
    if suffix not in (".txt", *SUBTITLES):
        raise InputError(f"{file}: is no .txt, .srt or .vtt file; name one as transcript_file")
    try:
        text = read_text(file)
    except OSError as error:
        raise InputError(
            f"{file}: cannot be read ({error.strerror}); fix the table or leave its cell empty"
        ) from None
    words = " ".join((text if suffix == ".txt" else _spoken(file, text, start, end)).split())
    if len(words) > LONGEST_TEXT:
        raise InputError(
            f"{file}: holds {len(words):,} characters for one utterance; give `start` and `end`, "
            f"or a file with its words alone"
        )
    return words


def _spoken(file: Path, text: str, start: float, end: float | None) -> str:
    try:
        import pysubs2
    except ImportError:
        raise InputError(
            f'{file}: needs the extra extract; pip install "mmmie[extract]", or give a .txt'
        ) from None
    own = file.suffix.lower()[1:]
    subtitles: list[pysubs2.SSAEvent] = []
    try:
        for format_ in (own, "vtt" if own == "srt" else "srt"):  # files are named either way
            subtitles = subtitles or list(pysubs2.SSAFile.from_string(text, format_=format_))
    except (pysubs2.exceptions.Pysubs2Error, ValueError, IndexError) as error:
        detail = " ".join(str(error).split())[:120]
        raise InputError(f"{file}: is not a subtitle file ({detail}); get it again") from None
    if not subtitles and text.strip() not in ("", "WEBVTT"):
        raise InputError(
            f"{file}: holds no subtitle with its times, such as 00:00:01,000 --> 00:00:02,500; get "
            f"it again, or name a .txt"
        )
    last = float("inf") if end is None else end
    middles = ((line, (line.start + line.end) / 2000) for line in subtitles)  # of milliseconds
    return " ".join(line.plaintext for line, at in middles if start <= at < last)
