"""Pickles of dialogues as bc-LSTM, DialogueRNN, MMGCN, MM-DFN, DialogueCRN and SDT keep them.

A tuple of 8 to 14 parts, most of them a dictionary dialogue → a list of utterances, and the names
of the dialogues of train, test and, in some, valid; `contextual_layouts` knows their orders. Traps
that are met here: speakers are one-hot vectors that mean somebody else in each dialogue, text is
four layers of RoBERTa, labels are numbers.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from mmmie.datasets.conversations import speakers_of_each, utterance_table
from mmmie.datasets.file_kind import Format, Source
from mmmie.datasets.formats.contextual_layouts import looks_contextual, parts_of
from mmmie.datasets.label_guess import LabelFound, guess_label
from mmmie.datasets.label_option import NOTHING_SAID, LabelSaid
from mmmie.datasets.loose_values import Unusable, described, items_of, numbers_of, text_of
from mmmie.datasets.padding import ragged
from mmmie.datasets.splits import split_by_name
from mmmie.datasets.streamed_corpus import Reading, Stream

_LAYERS = ("text", "layer2", "layer3", "layer4")
_VALID_SHARE = 0.1  # conv-emotion's own share

_CLASSES = {
    "IEMOCAP": ("happy", "sad", "neutral", "angry", "excited", "frustrated"),
    "MELD": ("neutral", "surprise", "fear", "sadness", "joy", "disgust", "anger"),
    "MELD sentiment": ("neutral", "positive", "negative"),
}
"""Names of the numbers, as conv-emotion documents them."""


def read_contextual(source: Source) -> Reading:
    """The corpus of dialogues; MELD with its sentiment, its emotions in a further column."""
    parts = parts_of(source.pickle)
    notes: list[str] = []
    dialogues = _dialogues(parts, notes)
    columns: dict[str, Any] = {}
    if "speakers" in parts:
        columns["speaker"] = _speakers(dialogues, parts["speakers"], notes)
    if "sentences" in parts:
        sentences = dialogues.column(parts["sentences"], "sentences", notes)
        columns["transcript"] = ["" if x is None else text_of(x, "`sentences`") for x in sentences]
    labels = {"emotion": (parts["labels"], _corpus_of(parts))}
    if "sentiments" in parts:
        labels["sentiment"] = (parts["sentiments"], "MELD sentiment")
    chosen = source.said.name if source.said.name in labels else [*labels][-1]
    for name, (part, corpus) in labels.items():
        said = source.said if name == chosen else NOTHING_SAID
        found = _label(dialogues.column(part, name, notes), corpus, name, said)
        notes += found.notes
        if name == chosen:
            label, targets = found.label, found.values
        else:
            columns[name] = found.values
    table = utterance_table(
        [f"{c}_{p}" for c, p in zip(dialogues.conversations, dialogues.positions, strict=True)],
        dialogues.splits,
        targets,
        conversations=dialogues.conversations,
        order=dialogues.positions,
        columns=columns,
    )
    streams = {}
    if "text" in parts:
        names = [name for name in _LAYERS if name in parts]
        layers = [ragged(dialogues.column(parts[name], name, notes), f"`{name}`") for name in names]
        streams["text"] = _mean(layers)
        if len(layers) > 1:
            notes.append(f"Text is the mean of the {len(layers)} layers of RoBERTa in the file.")
    for name in ("audio", "vision"):
        if name in parts:
            streams[name] = ragged(dialogues.column(parts[name], name, notes), f"`{name}`")
    return source.reading(
        label, table, streams, description="Read from a contextual pickle.", notes=notes
    )


@dataclass(frozen=True)
class _Dialogues:
    """The dialogues that are in a split and have labels.

    Attributes:
        counts: name → utterances, in the order train, valid, test.
        fold_of: name → split.
    """

    counts: dict[str, int]
    fold_of: dict[str, str]

    @property
    def conversations(self) -> list[str]:
        return [name for name, n in self.counts.items() for _ in range(n)]

    @property
    def positions(self) -> list[int]:
        return [i for n in self.counts.values() for i in range(n)]

    @property
    def splits(self) -> list[str]:
        return [self.fold_of[name] for name in self.conversations]

    def column(self, part: Any, what: str, notes: list[str]) -> list[Any]:
        """One item per utterance, None in the dialogues that a part lacks."""
        held = _by_name(part, what)
        lacking = [name for name in self.counts if name not in held]
        if len(lacking) == len(self.counts):
            raise Unusable(f"`{what}` has none of the dialogues that have labels; add them")
        if lacking and what in ("speakers", "sentences"):
            notes.append(f"`{what}` lacks {len(lacking):,} dialogues, {lacking[0]!r} first.")
        return [
            item
            for name, n in self.counts.items()
            for item in (
                items_of(held[name], n, f"`{what}` of {name!r}") if name in held else [None] * n
            )
        ]


def _dialogues(parts: dict[str, Any], notes: list[str]) -> _Dialogues:
    """Who is in which split; what is left out and what was guessed is noted."""
    labels = _by_name(parts["labels"], "labels")
    folds = {split: _names(parts.get(split, ()), split) for split in ("train", "valid", "test")}
    if both := [name for name in folds["valid"] if name in {*folds["train"]}]:
        notes.append(
            f"{len(both):,} dialogues of valid are named as train too, {both[0]!r} first: they are "
            f"valid only."
        )
        folds["train"] = [name for name in folds["train"] if name not in {*both}]
    for name in folds["test"]:
        if name in {*folds["train"], *folds["valid"]}:
            raise Unusable(f"dialogue {name!r} is named as test and in another split; keep one")
    if not folds["valid"]:
        shares = (1 - _VALID_SHARE, _VALID_SHARE)
        chosen = dict(zip(folds["train"], split_by_name(folds["train"], shares), strict=True))
        notes.append("A tenth of its train dialogues, by name, is valid.")
    else:
        chosen = dict.fromkeys(folds["train"], "train") | dict.fromkeys(folds["valid"], "valid")
    chosen |= dict.fromkeys(folds["test"], "test")
    counts = {
        name: len(items_of(labels[name], None, f"`labels` of {name!r}"))
        for name in chosen
        if name in labels
    }
    if not counts:
        raise Unusable("train and test name no dialogue that has labels; fix the names")
    for what, names in (
        ("have labels but are in no split", [name for name in labels if name not in chosen]),
        ("are in a split but have no labels", [name for name in chosen if name not in labels]),
    ):
        if names:
            shown = ", ".join(map(repr, names[:3])) + ", …" * (len(names) > 3)
            notes.append(f"{len(names):,} dialogues {what} and were left out: {shown}.")
    return _Dialogues(counts, chosen)


def _by_name(part: Any, what: str) -> dict[str, Any]:
    if not isinstance(part, dict):
        raise Unusable(f"`{what}` is {described(part)}; a dictionary of dialogues is expected")
    return {text_of(name, f"a dialogue of `{what}`"): items for name, items in part.items()}


def _names(values: Any, split: str) -> list[str]:
    if isinstance(values, (set, dict)):
        values = sorted(values, key=str)
    what = f"the dialogues of {split}"
    return list(dict.fromkeys(text_of(name, what) for name in items_of(values, None, what)))


def _speakers(dialogues: _Dialogues, part: Any, notes: list[str]) -> list[str | None]:
    """Names; one-hot vectors, which mean somebody else in each dialogue, are named after it."""
    values = dialogues.column(part, "speakers", notes)
    some = [value for value in values if value is not None]
    if not isinstance(some[0], (list, tuple, np.ndarray)) or np.size(some[0]) == 1:
        return [None if value is None else text_of(value, "`speakers`") for value in values]
    places = iter(numbers_of(some, None, "`speakers`").argmax(axis=1))
    told = [None if value is None else str(next(places)) for value in values]
    notes.append(
        "Speakers are one-hot vectors, which mean somebody else in each dialogue: they were named "
        "after it."
    )
    return speakers_of_each(dialogues.conversations, told)


def _corpus_of(parts: dict[str, Any]) -> str | None:
    """IEMOCAP or MELD, whose class names are known, where the parts tell."""
    if "sentiments" in parts:
        return "MELD"
    speakers = [
        name
        for names in _by_name(parts["speakers"], "speakers").values()
        for name in items_of(names, None, "`speakers`")
    ]
    if speakers and all(isinstance(name, (str, bytes)) for name in speakers):
        letters = {text_of(name, "`speakers`") for name in speakers}
        return "IEMOCAP" if letters <= {"M", "F"} else None
    sizes = {np.size(name) for name in speakers}
    return "MELD" if "ids" in parts and sizes == {9} else None


def _label(values: list[Any], corpus: str | None, name: str, said: LabelSaid) -> LabelFound:
    """Classes named in the order of a corpus, else by their numbers."""
    numbers = numbers_of(values, len(values), f"`{name}` labels").reshape(len(values), -1)
    if numbers.shape[1] != 1 or not np.isfinite(numbers).all():
        raise Unusable(f"labels are {described(numbers)}; one finite number each is expected")
    flat = numbers[:, 0].astype(np.float64)
    whole = bool((flat % 1 == 0).all())
    if whole and flat.min() < 0 and flat.max() > 3 and not said:
        raise Unusable(
            f"{int((flat < 0).sum()):,} of the numbers of {name} are negative, which is no class; "
            f"leave these utterances out or give them one"
        )
    known = _CLASSES.get(corpus or "", ())
    places = whole and flat.min() >= 0 and flat.max() < len(known) and len({*flat}) > 2
    found = guess_label(flat, name, classes=known if places else None, said=said)
    if places and found.label.classes == known:
        order = ", ".join(f"{i} {word}" for i, word in enumerate(known))
        found.notes.append(f"The numbers of {name} were named in the order of {corpus}: {order}.")
    return found


def _mean(layers: list[Stream]) -> Stream:
    """The mean of streams of one shape; one alone stays as it is."""
    if len(layers) == 1:
        return layers[0]
    steps = {None if layer.lengths is None else layer.lengths.tobytes() for layer in layers}
    if len({layer.dim for layer in layers}) > 1 or len(steps) > 1:
        raise Unusable("the layers of text differ in channels or steps; make them alike")
    return replace(
        layers[0], item=lambda row: np.mean([layer.item(row) for layer in layers], axis=0)
    )


def _is_contextual(source: Source) -> bool:
    return looks_contextual(source.pickle)


FORMAT = Format("contextual pickle", _is_contextual, read_contextual)
