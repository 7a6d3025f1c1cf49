"""Features that are none: what is the label, the split or an id under another name is left out."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from mmmie.corpus import Label
from mmmie.corpus.unit_columns import unit_columns
from mmmie.datasets.streamed_corpus import Stream

_PART = r"(train|training|valid|validation|val|dev|test|all|true)"
_NAME = re.compile(
    r"(.*_)?(labels?|lbls?|ground_?truths?|annotations?|one_?hots?)(_.*)?|"
    rf"(.*_)?targets?(_{_PART})?|({_PART}_?)?(y|gt)(_?{_PART})?|"
    r"(.*_)?(ids?|index|indices|splits?|folds?)"
)
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
_FEWEST = 10  # utterances; of fewer, features may go along with the label by chance
_MOST_DIM, _MOST_SEQUENCE_DIM = 1024, 8
_MOST_NUMBERS = 2**26
_MOST_CODES = 120
_SAME = 1 - 1e-6  # correlation of a channel that is the label on another scale
_ERRORS = (ValueError, TypeError, LookupError, OSError, ArithmeticError, AttributeError)


def named_as_label(name: str) -> bool:
    """Whether a name such as ``train_labels``, ``y`` or ``split`` is that of no features.

    Example:
        >>> [named_as_label(name) for name in ("train_label", "yTest", "emotion2vec", "audio")]
        [True, True, False, False]
    """
    plain = re.sub(r"[\W_]+", "_", _CAMEL.sub("_", name)).strip("_").lower()
    return bool(_NAME.fullmatch(re.sub(r"_?\d+$", "", plain)))


def name_note(name: str) -> str:
    """The note that something was left out for its name."""
    return f"`{name}` was not used as features: its name says that it is a label, a split or an id."


def features_alone(
    streams: Mapping[str, Stream], label: Label, utterances: pd.DataFrame
) -> tuple[dict[str, Stream], list[str]]:
    """The streams without what tells the label, the split or the utterance itself, and notes.

    A stream goes by its name (see `named_as_label`), or by its values: where its vectors are codes
    of the label, such as a one-hot of it, codes of the split, or numbers of utterances or
    conversations. A channel that is the label on another scale, or one of its classes, goes alone.
    Streams of more than 1,024 channels, sequences of more than 8, are judged by their names alone.
    """
    kept: dict[str, Stream] = {}
    notes: list[str] = []
    for name, stream in streams.items():
        if named_as_label(name):
            notes.append(name_note(name))
            continue
        values = _vectors(stream, len(utterances))
        why = None if values is None else _why_none(values, label, utterances)
        if why:
            notes.append(f"`{name}` was not used as features: {why}.")
            continue
        told = [] if values is None else _label_channels(values, label, utterances)
        if told:
            shown = ", ".join(str(channel) for channel in told[:4])
            more = f" and {len(told) - 4} more" if len(told) > 4 else ""
            notes.append(f"Channel {shown}{more} of `{name}` was not used: it holds the label.")
            if len(told) == stream.dim:
                continue
            stream = _without(stream, told)
        kept[name] = stream
    return kept, notes


def _vectors(stream: Stream, n: int) -> np.ndarray | None:
    """Vectors of utterances (N, d), means over steps, NaN for none; None where too large."""
    sequences = stream.lengths is not None
    dim = stream.dim
    steps = int(stream.lengths.sum()) if stream.lengths is not None else n
    most = _MOST_SEQUENCE_DIM if sequences else _MOST_DIM
    if not 1 <= dim <= most or steps * dim > _MOST_NUMBERS or n < _FEWEST:
        return None
    values = np.full((n, dim), np.nan)
    try:
        for row in range(n):
            item = np.asarray(stream.item(row), np.float64).reshape(-1, dim)
            if len(item):
                values[row] = item.mean(axis=0)
    except _ERRORS:  # what is wrong with it is said where it is read
        return None
    return values


def _why_none(values: np.ndarray, label: Label, utterances: pd.DataFrame) -> str | None:
    """Why vectors (N, d) are no features, None where they are."""
    known = np.isfinite(values).all(axis=1)
    codes = _codes(values[known])
    if values.shape[1] == 1 and known.all() and (values % 1 == 0).all():
        numbers = np.unique(values, return_inverse=True)[1].reshape(-1)
        if len({*numbers}) == len(numbers) == values.max() - values.min() + 1:
            return "it numbers the utterances"
        conversations = pd.factorize(utterances["conversation"])[0]
        if conversations.max() > 1 and _one_to_one(numbers, conversations):
            return "it numbers the conversations"
    if codes is None:
        return None
    split = utterances["split"].to_numpy(object)[known]
    if len({*split}) > 1 and _one_to_one(codes, pd.factorize(split)[0]):
        return "it tells the split"
    given = utterances["label"].notna().to_numpy()[known]
    targets = utterances["label"].to_numpy()[known][given]
    codes = codes[given]
    if len(targets) < _FEWEST or len({*codes}) < 2:
        return None
    if label.kind == "classification":
        classes = pd.factorize(targets)[0]
        return "it follows from the label" if _function(classes, codes) else None
    numbers = np.unique(targets.astype(np.float64), return_inverse=True)[1].reshape(-1)
    changes = int((np.diff(codes[np.argsort(numbers, kind="stable")]) != 0).sum())
    if changes == len({*codes}) - 1 and _function(numbers, codes):
        return "it follows from the label"
    return None


def _codes(values: np.ndarray) -> np.ndarray | None:
    """Which of few different vectors each of (n, d) is (n,); None where they are many."""
    if len(values) < _FEWEST:
        return None
    first = np.unique(values[:, 0])
    if len(first) > _MOST_CODES:
        return None
    rows, codes = np.unique(values, axis=0, return_inverse=True)
    return codes.reshape(-1) if len(rows) <= min(_MOST_CODES, len(values) // 2) else None


def _function(of: np.ndarray, codes: np.ndarray) -> bool:
    """Whether every value of `of` goes with one of `codes`."""
    pairs = len(np.unique(np.stack([of, codes]), axis=1)[0])
    return pairs == len(np.unique(of))


def _one_to_one(first: np.ndarray, second: np.ndarray) -> bool:
    return _function(first, second) and _function(second, first)


def _label_channels(values: np.ndarray, label: Label, utterances: pd.DataFrame) -> list[int]:
    """Channels of (N, d) that are the label on another scale, or one of its classes."""
    known = np.isfinite(values).all(axis=1) & utterances["label"].notna().to_numpy()
    if known.sum() < _FEWEST:
        return []
    targets: Any = utterances["label"].to_numpy()[known]
    if label.kind == "classification":
        wanted = np.stack([targets == name for name in label.classes or ()], axis=1).astype(float)
    else:
        wanted = targets.astype(np.float64)[:, None]
    found = np.abs(unit_columns(wanted).T @ unit_columns(values[known])).max(axis=0)
    return [int(channel) for channel in np.flatnonzero(found >= _SAME)]


def _without(stream: Stream, channels: Sequence[int]) -> Stream:
    item, names = stream.item, stream.channels
    return replace(
        stream,
        dim=stream.dim - len(channels),
        item=lambda row: np.delete(np.asarray(item(row)), channels, axis=-1),
        channels=None if names is None else tuple(np.delete(names, channels)),
    )
