"""Pickles of MulT (Tsai et al., ACL 2019): ``mosi_data.pkl``, ``mosei_senti_data_noalign.pkl``, ….

A dictionary split → ``text``, ``audio``, ``vision`` (N, L, d), ``labels`` and ``id`` (N, 3): video,
start, end. Traps that are met here: sequences follow their zeros instead of preceding them, ids
are bytes for MOSI and absent for IEMOCAP, whose labels are four yes-or-no pairs (N, 4, 2).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from mmmie.datasets.conversations import utterance_table
from mmmie.datasets.file_kind import Format, Source
from mmmie.datasets.formats.label_columns import one_of_several, sentiment_and_emotions
from mmmie.datasets.label_guess import LabelFound
from mmmie.datasets.loose_values import Unusable, items_of, numbers_of, text_of
from mmmie.datasets.padding import joined, padded
from mmmie.datasets.splits import split_parts
from mmmie.datasets.streamed_corpus import Reading

_MODALITIES = ("text", "audio", "vision")
_EMOTIONS = ("neutral", "happy", "sad", "angry")  # the order of MulT's evaluation


def is_mult(source: Source) -> bool:
    """Whether it is a dictionary of splits with ``labels`` and features."""
    content = source.pickle
    return isinstance(content, dict) and any(
        isinstance(part, dict) and "labels" in part and any(name in part for name in _MODALITIES)
        for part in split_parts(content).values()
    )


def read_mult(source: Source) -> Reading:
    """The corpus in a MulT pickle; start and end give the order in a video."""
    parts = _parts(source.pickle)
    counts = {split: len(part["labels"]) for split, part in parts.items()}
    splits = [split for split, n in counts.items() for _ in range(n)]
    labels = [
        numbers_of(part["labels"], counts[split], f"`{split}` `labels`")
        for split, part in parts.items()
    ]
    names, videos, starts, ends, notes = _ids(parts, counts)
    (label, targets, told), columns, more = _label(source, labels, names)
    if starts is not None and ends is not None:
        columns |= {"start": starts, "end": ends}
    order = None if starts is not None or videos is None else np.arange(len(names))
    table = utterance_table(
        names, splits, targets, conversations=videos, order=order, starts=starts, columns=columns
    )
    streams = {}
    for name in _MODALITIES:
        if any(name in part for part in parts.values()):
            own = [
                padded(part.get(name), counts[split], f"`{split}` `{name}`", let_go=source.let_go)
                for split, part in parts.items()
            ]
            streams[name] = joined(own, f"`{name}`")
    return source.reading(
        label,
        table,
        streams,
        description="Read from a MulT pickle.",
        notes=[*notes, *more, *told],
    )


def _parts(content: dict[Any, Any]) -> dict[str, dict[str, Any]]:
    parts = {}
    for split, part in split_parts(content).items():
        labels: Any = part.get("labels") if isinstance(part, dict) else None
        if not hasattr(labels, "__len__") or getattr(labels, "ndim", 1) == 0:
            raise Unusable(f"`{split}` has no `labels`; add one per utterance")
        if len(labels):
            parts[split] = part
    if not parts:
        raise Unusable("has no utterances in any split; get the file again")
    return parts


def _label(
    source: Source, labels: list[np.ndarray], ids: list[str]
) -> tuple[LabelFound, dict[str, Any], list[str]]:
    """The label with its values (N), further columns, and notes."""
    shapes = {own.shape[1:] for own in labels}
    if len(shapes) > 1:
        raise Unusable(f"`labels` has shapes {sorted(shapes)}; make its splits alike")
    values = np.concatenate(labels)
    if shapes <= {(len(_EMOTIONS), 2), (len(_EMOTIONS),)}:
        yes = values[..., 1] > values[..., 0] if values.ndim == 3 else values > 0
        names, classes, columns, notes = one_of_several(yes, _EMOTIONS, ids)
        return source.label_of(names, "labels", name="emotion", classes=classes), columns, notes
    targets, columns, notes = sentiment_and_emotions(values, "`labels`")
    return source.label_of(targets, "labels", name="sentiment"), columns, notes


def _ids(
    parts: dict[str, dict[str, Any]], counts: dict[str, int]
) -> tuple[list[str], list[str] | None, np.ndarray | None, np.ndarray | None, list[str]]:
    """Names, conversations, start and end in seconds, as far as the file tells, and notes."""
    without = [split for split, part in parts.items() if "id" not in part]
    if len(without) == len(parts):
        # nothing tells which belong together: each is a conversation of its own
        names = [f"{split}-{i}" for split, n in counts.items() for i in range(n)]
        note = "There are no ids: each utterance is a conversation of its own."
        return names, names, None, None, [note]
    if without:
        raise Unusable(f"`{without[0]}` has no `id`, which other splits have; add it")
    rows = []
    for split, part in parts.items():
        for item in items_of(part["id"], counts[split], f"`{split}` `id`"):
            fields = items_of(item, None, "an id") if _is_row(item) else [item]
            rows.append([text_of(field, f"`{split}` `id`") for field in fields])
    if {len(row) for row in rows} != {3}:
        if {len(row) for row in rows} != {1}:
            raise Unusable("`id` is neither one name nor (video, start, end); make it one of them")
        return [row[0] for row in rows], None, None, None, []
    starts, ends = _times([row[1] for row in rows]), _times([row[2] for row in rows])
    videos = [row[0] for row in rows]
    if starts is None or ends is None:
        note = "Starts and ends in `id` are no numbers: utterances are in the order of the file."
        return ["_".join(row) for row in rows], videos, None, None, [note]
    names = [f"{video}[{start:g}]" for video, start in zip(videos, starts, strict=True)]
    return names, videos, starts, ends, []


def _is_row(item: Any) -> bool:
    return isinstance(item, (list, tuple)) or (isinstance(item, np.ndarray) and item.ndim == 1)


def _times(texts: list[str]) -> np.ndarray | None:
    try:
        times = np.array([float(text) for text in texts])
    except ValueError:
        return None
    return times if np.isfinite(times).all() else None


FORMAT = Format("MulT pickle", is_mult, read_mult)
