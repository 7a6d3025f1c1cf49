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
from mmmie.datasets.file_kind import Format, Source, kind_of
from mmmie.datasets.loose_values import Unusable, array_of_item, described, numbers_of, text_of
from mmmie.datasets.padding import ragged
from mmmie.datasets.splits import SPLIT_NAMES, split_parts
from mmmie.datasets.streamed_corpus import Reading

_EMOTIONS = ("happiness", "sadness", "anger", "surprise", "disgust", "fear")
_PARTS_WITH_LENGTHS = 6


def is_segments(source: Source) -> bool:
    """Whether it is a list of segments, a dictionary of such lists, or a folder of such files."""
    if source.kind == "folder":
        files = _files(source.path)
        return "train" in files and len(files) > 1
    content = source.pickle
    lists = [content] if isinstance(content, list) else []
    if isinstance(content, dict):
        lists = list(split_parts(content).values())
    return any(isinstance(part, list) and part and _is_segment(part[0]) for part in lists)


def read_segments(source: Source) -> Reading:
    """The corpus in lists of segments; a list alone is the split that its file is named after."""
    splits: list[str] = []
    segments: list[Any] = []
    for split, part in _lists(source).items():
        if not isinstance(part, (list, tuple)):
            raise Unusable(f"`{split}` is {described(part)}; a list of segments is expected")
        splits += [split] * len(part)
        segments += part
    if not segments:
        raise Unusable("has no utterances in any split; get the file again")
    for i, segment in enumerate(segments):
        if not _is_segment(segment) or len(segment[0]) != len(segments[0][0]):
            raise Unusable(
                f"entry {i} is not a (features, label, segment) tuple like the others; fix it"
            )
    labels = _labels([segment[1] for segment in segments])
    columns: dict[str, Any] = {}
    if labels.shape[1] == 1 + len(_EMOTIONS):
        columns = {f"emotion_{name}": labels[:, i + 1] for i, name in enumerate(_EMOTIONS)}
    streams = {
        "audio": ragged([_steps(s[0], 2, 5) for s in segments], "acoustic"),
        "vision": ragged([_steps(s[0], 1, 4) for s in segments], "visual"),
    }
    words = [segment[0][0] for segment in segments]
    if len(segments[0][0]) > 3:
        columns["transcript"] = [_sentence(segment[0][3]) for segment in segments]
    elif not isinstance(words[0], np.ndarray):
        columns["transcript"] = [_sentence(word) for word in words]
    if isinstance(words[0], np.ndarray) and words[0].ndim == 2:
        streams = {"text": ragged(words, "words"), **streams}
    ids = [text_of(segment[2], "a segment") for segment in segments]
    label, targets, notes = source.label_of(labels[:, 0], "labels", name="sentiment")
    table = utterance_table(ids, splits, targets, columns=columns)
    return source.reading(
        label, table, streams, description="Read from lists of segments.", notes=notes
    )


def _is_segment(entry: Any) -> bool:
    return (
        isinstance(entry, (tuple, list))
        and len(entry) == 3
        and isinstance(entry[0], (tuple, list))
        and 3 <= len(entry[0]) <= _PARTS_WITH_LENGTHS
    )


def _files(folder: Path) -> dict[str, Path]:
    """Split → its pickle."""
    return {
        SPLIT_NAMES[file.stem]: file
        for file in sorted(folder.iterdir())
        if file.stem in SPLIT_NAMES and file.is_file() and kind_of(file) == "pickle"
    }


def _lists(source: Source) -> dict[str, Any]:
    if source.kind == "folder":
        files = _files(source.path)
        return {s: source.unpickled(files[s]) for s in ("train", "valid", "test") if s in files}
    content = source.pickle
    if isinstance(content, dict):
        return split_parts(content)
    return {SPLIT_NAMES.get(source.path.stem, "train"): content}


def _labels(values: list[Any]) -> np.ndarray:
    """(N, k), k = 1 or 7."""
    rows = [
        array_of_item(value, "a label").reshape(-1)
        if _has_items(value)
        else numbers_of([value], 1, "a label")
        for value in values
    ]
    widths = {len(row) for row in rows}
    if len(widths) != 1 or not widths <= {1, 1 + len(_EMOTIONS)}:
        raise Unusable(f"labels have {sorted(widths)[:3]} columns; 1 or 7 are expected")
    return np.array(rows, np.float64)


def _has_items(value: Any) -> bool:
    return isinstance(value, (np.ndarray, list, tuple))


def _steps(features: Any, at: int, length_at: int) -> np.ndarray:
    """(steps, d), without the padding where the entry tells the number of steps."""
    values = array_of_item(features[at], "features")
    if len(features) == _PARTS_WITH_LENGTHS:
        steps = numbers_of([features[length_at]], 1, "steps").reshape(-1)[0]
        if not 0 <= steps <= 2**31:
            raise Unusable(f"an utterance has {steps} steps; fix its length")
        return values[: int(steps)]
    return values


def _sentence(words: Any) -> str:
    if isinstance(words, (list, tuple, np.ndarray)):
        return " ".join(text_of(word, "a word") for word in words)
    return text_of(words, "the words")


FORMAT = Format("MISA, MMIM or MAG-BERT lists", is_segments, read_segments)
