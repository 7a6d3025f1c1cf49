"""Lists of segments as MISA, MMIM and MAG-BERT keep them.

One entry per utterance: ``((words, visual, acoustic[, actual words[, visual steps, acoustic
steps]]), label, segment)``, in a dictionary of train, dev and test (MAG-BERT) or in a folder of
``train.pkl``, ``dev.pkl`` and ``test.pkl`` (MISA, MMIM). Traps that are met here: words are numbers
of a vocabulary kept elsewhere in one and strings in the other, labels are (1, 1) or (1, 7) with
sentiment first and six emotions behind, segments are ``video[k]``, ``video_k`` or bytes.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from mmmie.datasets.conversations import utterance_table
from mmmie.datasets.file_kind import PICKLE_NAMES, Format, Source, kind_of
from mmmie.datasets.formats.label_columns import sentiment_and_emotions
from mmmie.datasets.loose_values import Unusable, described, numbers_of, text_of
from mmmie.datasets.padding import cut_notes, joined, lengths_of, padded, ragged
from mmmie.datasets.splits import SPLIT_NAMES, split_parts
from mmmie.datasets.streamed_corpus import Reading, Stream
from mmmie.reading import refuse_outside

_PARTS_WITH_LENGTHS = 6
_SEVERAL = (str, bytes, np.ndarray, list, tuple)


def is_segments(source: Source) -> bool:
    """Whether it is a list of segments, a dictionary of such lists, or a folder of such files."""
    if source.kind == "folder":
        files = _files(source.path)
        return "train" in files and len(files) > 1
    content = source.pickle
    lists = [*split_parts(content).values()] if isinstance(content, dict) else [content]
    return any(_is_list(part) and len(part) and _is_segment(part[0]) for part in lists)


def read_segments(source: Source) -> Reading:
    """The corpus in lists of segments; a list alone is the split that its file is named after."""
    splits: list[str] = []
    segments: list[Any] = []
    lists, notes = _lists(source)
    for split, part in lists.items():
        if not _is_list(part):
            raise Unusable(f"`{split}` is {described(part)}; a list of segments is expected")
        splits += [split] * len(part)
        segments += list(part)
    if not segments:
        raise Unusable("has no utterances in any split; get the file again")
    for i, segment in enumerate(segments):
        if not _is_segment(segment) or len(segment[0]) != len(segments[0][0]):
            raise Unusable(
                f"entry {i} is not a (features, label, segment) tuple like the others; fix it"
            )
    held = _labels([segment[1] for segment in segments])
    labels, emotions, more = sentiment_and_emotions(held, "the labels")
    columns: dict[str, Any] = dict(emotions)
    notes += more
    features = [segment[0] for segment in segments]
    words = [parts[0] for parts in features]
    streams = {
        "audio": _stream(features, 2, 5, "acoustic", notes),
        "vision": _stream(features, 1, 4, "visual", notes),
    }
    kind = _kind_of_words(words)
    if kind == "vectors":
        streams = {"text": ragged(words, "words"), **streams}
    elif kind == "numbers":
        notes.append("Words are numbers of a vocabulary kept elsewhere: there is no text modality.")
    if len(features[0]) > 3:
        columns["transcript"] = [_sentence(parts[3]) for parts in features]
    elif kind == "texts":
        columns["transcript"] = [_sentence(said) for said in words]
    ids = [text_of(segment[2], "a segment") for segment in segments]
    label, targets, told = source.label_of(labels, "labels", name="sentiment")
    table = utterance_table(ids, splits, targets, columns=columns)
    return source.reading(
        label, table, streams, description="Read from lists of segments.", notes=[*notes, *told]
    )


def _is_segment(entry: Any) -> bool:
    return (
        isinstance(entry, (tuple, list))
        and len(entry) == 3
        and isinstance(entry[0], (tuple, list))
        and 3 <= len(entry[0]) <= _PARTS_WITH_LENGTHS
    )


def _is_list(part: Any) -> bool:
    return isinstance(part, (list, tuple)) or (
        isinstance(part, np.ndarray) and part.dtype == object and part.ndim == 1
    )


def _files(folder: Path) -> dict[str, Path]:
    """Split → its pickle."""
    return split_parts(
        {
            file.stem: file
            for file in sorted(folder.iterdir())
            if file.stem.lower() in SPLIT_NAMES
            and file.is_file()
            and (file.suffix.lower() in PICKLE_NAMES or kind_of(file) == "pickle")
        }
    )


def _lists(source: Source) -> tuple[dict[str, Any], list[str]]:
    """Split → segments, and a note where nothing names the split."""
    if source.kind == "folder":
        files = _files(source.path)
        for file in files.values():
            refuse_outside(file, source.path)
        return {s: source.unpickled(files[s]) for s in ("train", "valid", "test") if s in files}, []
    content = source.pickle
    if isinstance(content, dict):
        return split_parts(content), []
    split = SPLIT_NAMES.get(source.path.stem.lower())
    if split:
        return {split: content}, []
    return {"train": content}, ["The file names no split: all its utterances are train."]


def _labels(values: list[Any]) -> np.ndarray:
    """(N, k)."""
    rows = [numbers_of([value], 1, "a label").reshape(-1) for value in values]
    widths = sorted({len(row) for row in rows})
    if len(widths) != 1:
        raise Unusable(f"labels have {widths[:3]} columns; give all of them 1, or all of them 7")
    return np.array(rows, np.float64)


def _stream(features: list[Any], at: int, length_at: int, what: str, notes: list[str]) -> Stream:
    """One modality, without the padding where the entries tell their numbers of steps."""
    lengths = None
    if len(features[0]) == _PARTS_WITH_LENGTHS:
        steps = [numbers_of([held[length_at]], 1, "steps").reshape(-1)[:1] for held in features]
        lengths = lengths_of(steps, len(features), f"the steps of {what}")
    part = padded([held[at] for held in features], len(features), what, lengths, trim=False)
    if lengths is not None:
        notes += cut_notes(part, lengths, what)
    return joined([part], what)


def _kind_of_words(words: list[Any]) -> str:
    """``vectors``, ``texts``, or ``numbers`` of a vocabulary, by the first that are there."""
    first = next((said for said in words if isinstance(said, _SEVERAL) and len(said)), "")
    if isinstance(first, (str, bytes)):
        return "texts"
    word = first[0]
    if isinstance(word, (list, tuple)) or (isinstance(word, np.ndarray) and word.ndim):
        return "vectors"
    return "texts" if isinstance(word, (str, bytes)) else "numbers"


def _sentence(words: Any) -> str:
    if isinstance(words, (list, tuple, np.ndarray)):
        return " ".join(text_of(word, "a word") for word in words)
    return text_of(words, "the words")


FORMAT = Format("MISA, MMIM or MAG-BERT lists", is_segments, read_segments)
