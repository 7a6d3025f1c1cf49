"""Which part of a contextual pickle is which: the orders in use, told apart by what parts hold."""

from __future__ import annotations

from typing import Any

import numpy as np

from mmmie.datasets.loose_values import Unusable, described

_HEAD = "ids speakers labels"
_LAYERS = "text layer2 layer3 layer4"
_LAYOUTS = (
    f"{_HEAD} text audio vision sentences train test",  # IEMOCAP of bc-LSTM and DialogueRNN
    f"{_HEAD} text audio sentences train test sentiments",  # MELD of DialogueRNN
    f"{_HEAD} text audio vision sentences train test sentiments",  # MELD of MMGCN and MM-DFN
    f"{_HEAD} text audio vision sentences train test valid",
    f"{_HEAD} {_LAYERS} audio vision sentences train test",  # IEMOCAP of SDT
    f"{_HEAD} {_LAYERS} audio vision sentences train test sentiments",  # MELD of SDT
    f"{_HEAD} {_LAYERS} audio vision sentences train test valid",
    f"{_HEAD} sentiments {_LAYERS} audio vision sentences train test valid",
    f"{_HEAD} sentiments {_LAYERS} audio vision sentences train test unused",  # GraphSmile
    f"speakers labels {_LAYERS} sentences train test valid",  # IEMOCAP of COSMIC, DialogueCRN
    f"speakers labels sentiments {_LAYERS} sentences train test valid",  # MELD of both
    "speakers labels text audio vision train test valid",
)
_SHORTEST, _LONGEST = 8, 15
_FOLDS = ("train", "valid", "test")
_LOOSE = ("ids", "unused")
_KINDS = {
    "speakers": ("text", "number", "one number", "vector"),
    "labels": ("number", "one number"),
    "sentiments": ("number", "one number"),
    "sentences": ("text",),
}
_KEYS = {
    "train": ("trainvid", "train_ids", "trainids"),
    "valid": ("validvid", "valid_ids", "validids", "devvid", "valvid"),
    "test": ("testvid", "test_ids", "testids"),
    "ids": ("videoids",),
    "speakers": ("videospeakers", "speakers"),
    "labels": ("videolabels", "labels", "emotion_labels", "videolabelsemotion"),
    "sentiments": ("videolabelssentiment", "sentiment_labels", "videosentiments"),
    "sentences": ("videosentence", "sentences"),
    "text": ("videotext", "videotext0", "roberta1"),
    "layer2": ("videotext1", "roberta2"),
    "layer3": ("videotext2", "roberta3"),
    "layer4": ("videotext3", "roberta4"),
    "audio": ("videoaudio",),
    "vision": ("videovisual",),
}
_NEEDED = {"speakers", "labels", "train", "test"}


def looks_contextual(content: Any) -> bool:
    """Whether it is a tuple of dictionaries and folds, or a dictionary of these by name."""
    if isinstance(content, dict):
        return _named(content).keys() >= _NEEDED
    return (
        isinstance(content, (tuple, list))
        and _SHORTEST <= len(content) <= _LONGEST
        and sum(isinstance(part, dict) for part in content) >= 5
    )


def parts_of(content: Any) -> dict[str, Any]:
    """Name (ids, speakers, labels, sentiments, sentences, text, layer2, …, train, …) → part.

    Raises:
        Unusable: the parts are in no known order.
    """
    if isinstance(content, dict):
        return _named(content)
    for layout in _LAYOUTS:
        names = layout.split()
        if len(names) == len(content) and all(map(_fits, names, content)):
            return dict(zip(names, content, strict=True))
    held = ", ".join(_kind(part) for part in content)
    orders = sorted({len(layout.split()) for layout in _LAYOUTS})
    raise Unusable(
        f"has {len(content)} parts ({held}), which is none of the orders known (of "
        f"{', '.join(map(str, orders))} parts); docs/formats.md lists them"
    )


def _named(content: dict[Any, Any]) -> dict[str, Any]:
    small = {key.lower(): part for key, part in content.items() if isinstance(key, str)}
    found = {}
    for name, keys in _KEYS.items():
        key = next((key for key in keys if key in small), None)
        if key is not None:
            found[name] = small[key]
    return found


def _fits(name: str, part: Any) -> bool:
    kind = _kind(part)
    if name in _FOLDS:
        return kind in ("folds", "nothing")
    return name in _LOOSE or kind in (*_KINDS.get(name, ("vector", "one number")), "nothing")


def _kind(part: Any) -> str:
    """What a part holds per utterance, such as ``vector``; or ``folds``, or ``nothing``."""
    if isinstance(part, (set, list, tuple)) or (isinstance(part, np.ndarray) and part.ndim == 1):
        return "folds"
    if not isinstance(part, dict):
        return described(part)
    lists = [items for items in part.values() if _is_several(items)]
    if not lists:
        return "folds" if part else "nothing"
    told = (item for items in lists for item in items)
    item = next((x for x in told if x is not None and not (_is_several(x) and not len(x))), None)
    if item is None:
        return "nothing"
    if isinstance(item, (str, bytes)):
        return "text"
    if not _is_several(item):
        return "number"
    return "vector" if len(item) > 1 or _is_several(item[0]) else "one number"


def _is_several(value: Any) -> bool:
    return isinstance(value, (list, tuple)) or (isinstance(value, np.ndarray) and value.ndim > 0)
