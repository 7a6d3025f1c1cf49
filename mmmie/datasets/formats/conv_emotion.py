"""Pickles of bc-LSTM, DialogueRNN and conv-emotion: one vector per utterance, whole dialogues.

A tuple, for IEMOCAP ``(ids, speakers, labels, text, audio, visual, sentences, train, test)``, each
but the last two a dictionary dialogue → a list of utterances; for MELD without visual and with
sentiment labels as the last entry. There is no valid split: a part of train becomes it.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from mmmie.datasets.conversations import utterance_table
from mmmie.datasets.file_kind import Format, Source
from mmmie.datasets.label_guess import LabelFound
from mmmie.datasets.loose_values import Unusable, described, items_of, numbers_of, text_of
from mmmie.datasets.padding import ragged
from mmmie.datasets.splits import split_by_name
from mmmie.datasets.streamed_corpus import Reading

_COMMON = ("videoIDs", "videoSpeakers", "videoLabels", "videoText", "videoAudio")
_IEMOCAP = (*_COMMON, "videoVisual", "videoSentence", "trainVid", "testVid")
_MELD = (*_COMMON, "videoSentence", "trainVid", "testVid", "videoLabelsSentiment")
_STREAMS = {"text": "videoText", "audio": "videoAudio", "vision": "videoVisual"}
_VALID_SHARE = 0.1  # conv-emotion's own share

_CLASSES = {
    "iemocap": ("happy", "sad", "neutral", "angry", "excited", "frustrated"),
    "meld": ("neutral", "surprise", "fear", "sadness", "joy", "disgust", "anger"),
    "meld sentiment": ("neutral", "positive", "negative"),
}
"""Names of the numbers, as conv-emotion documents them."""


def is_contextual(source: Source) -> bool:
    """Whether it is such a tuple, or a dictionary with the same names."""
    return _parts(source.pickle) is not None


def read_contextual(source: Source) -> Reading:
    """The corpus of dialogues; MELD with its sentiment, its emotions in a further column."""
    parts = _parts(source.pickle)
    assert parts is not None
    train, test = _names(parts["trainVid"]), _names(parts["testVid"])
    dialogues = [key for key in [*train, *test] if key in parts["videoLabels"]]
    if not dialogues:
        raise Unusable("`trainVid` and `testVid` name no dialogue that has labels; fix them")
    named = {key: text_of(key, "a dialogue") for key in dialogues}
    counts = [len(items_of(parts["videoLabels"][k], None, "`videoLabels`")) for k in dialogues]
    conversations = [named[k] for k, n in zip(dialogues, counts, strict=True) for _ in range(n)]
    positions = np.concatenate([np.arange(n) for n in counts])
    halves = dict(
        zip(
            train,
            split_by_name([str(named.get(k, k)) for k in train], (1 - _VALID_SHARE, _VALID_SHARE)),
            strict=True,
        )
    )
    splits = [
        halves.get(k, "test") for k, n in zip(dialogues, counts, strict=True) for _ in range(n)
    ]

    def column(name: str) -> list[Any]:
        held = parts[name]
        if not isinstance(held, dict) or any(k not in held for k in dialogues):
            raise Unusable(f"`{name}` lacks a dialogue that has labels; add it")
        return [
            item
            for k, n in zip(dialogues, counts, strict=True)
            for item in items_of(held[k], n, f"`{name}` of {named[k]!r}")
        ]

    columns: dict[str, Any] = {
        "speaker": _speakers(column("videoSpeakers")),
        "transcript": [text_of(item, "`videoSentence`") for item in column("videoSentence")],
    }
    label, targets, notes = _label(
        source, column("videoLabels"), "meld" if "videoVisual" not in parts else "iemocap"
    )
    if "videoLabelsSentiment" in parts:
        columns["emotion"] = targets
        label, targets, notes = _label(source, column("videoLabelsSentiment"), "meld sentiment")
    ids = [f"{c}_{p}" for c, p in zip(conversations, positions, strict=True)]
    table = utterance_table(
        ids, splits, targets, conversations=conversations, order=positions, columns=columns
    )
    streams = {
        name: ragged(column(key), f"`{key}`") for name, key in _STREAMS.items() if key in parts
    }
    return source.reading(
        label,
        table,
        streams,
        description="Read from a contextual pickle.",
        notes=[*notes, "A tenth of its train dialogues, by name, is valid."],
    )


def _parts(content: Any) -> dict[str, Any] | None:
    if isinstance(content, dict):
        known = {key for key in content if isinstance(key, str)}
        return content if known >= {*_COMMON, "videoSentence", "trainVid", "testVid"} else None
    if not isinstance(content, (tuple, list)) or len(content) != len(_IEMOCAP):
        return None
    if not all(isinstance(part, dict) for part in content[:5]):
        return None
    return dict(zip(_MELD if isinstance(content[8], dict) else _IEMOCAP, content, strict=True))


def _names(values: Any) -> list[Any]:
    if isinstance(values, (set, dict)):
        return sorted(values, key=str)
    names = items_of(values, None, "`trainVid`")
    names = [name.item() if isinstance(name, np.generic) else name for name in names]
    if any(not isinstance(name, (str, bytes, int)) for name in names):
        raise Unusable("`trainVid` or `testVid` has an entry that is not a name; fix it")
    return list(dict.fromkeys(names))


def _speakers(values: list[Any]) -> list[str]:
    """Names, or the place of the 1 where speakers are told by one-hot vectors."""
    if isinstance(values[0], (list, tuple, np.ndarray)) and np.size(values[0]) > 1:
        places = numbers_of(values, None, "`videoSpeakers`")
        return [str(place) for place in places.argmax(axis=1)]
    return [text_of(value, "`videoSpeakers`") for value in values]


def _label(source: Source, values: list[Any], what: str) -> LabelFound:
    numbers = numbers_of(values, len(values), "labels").reshape(len(values), -1)
    if numbers.shape[1] != 1 or not np.isfinite(numbers).all():
        raise Unusable(f"labels are {described(numbers)}; one finite number each is expected")
    flat = numbers[:, 0].astype(np.float64)
    known = _CLASSES[what]
    places = (flat % 1 == 0).all() and flat.min() >= 0 and flat.max() < len(known)
    return source.label_of(
        flat,
        "labels",
        name="sentiment" if what == "meld sentiment" else "emotion",
        classes=known if places and len({*flat}) > 2 else None,
    )


FORMAT = Format("contextual pickle", is_contextual, read_contextual)
