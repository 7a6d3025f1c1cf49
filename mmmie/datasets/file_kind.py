"""A file or folder to open, what kind it is by its first bytes, and what a format has to say."""

from __future__ import annotations

import mmap
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from mmmie.corpus import Label
from mmmie.datasets.label_guess import LabelFound, guess_label
from mmmie.datasets.label_in_features import features_alone
from mmmie.datasets.label_said import NOTHING_SAID, LabelSaid
from mmmie.datasets.pickles.load_pickle import load_pickle
from mmmie.datasets.streamed_corpus import Reading, Stream

_PICKLE_NAMES = (".pkl", ".pickle", ".p")
_MAGIC = {b"\x89HDF\r\n\x1a\n": "hdf5", b"PAR1": "parquet"}


@dataclass(frozen=True)
class Format:
    """A format that can be opened; each file in `mmmie.datasets.formats` has its own as `FORMAT`.

    Attributes:
        name: what people call it.
        recognises: whether a source is of this format, by its content.
        read: the corpus in it, features still in the file; raises `Unusable` or `InputError`.
    """

    name: str
    recognises: Callable[[Source], bool]
    read: Callable[[Source], Reading]


class Source:
    """A path with its pickle opened at most once.

    Attributes:
        path: the file or folder.
        said: what the reader of it says of the label.
        maps: memory maps that were opened on the way.
    """

    def __init__(self, path: Path, said: LabelSaid = NOTHING_SAID) -> None:
        self.path = path
        self.said = said
        self.maps: list[mmap.mmap] = []
        self._pickles: dict[Path, Any] = {}

    @cached_property
    def kind(self) -> str:
        """``folder``, ``pickle``, ``hdf5``, ``parquet`` or ``other``, by content."""
        return "folder" if self.path.is_dir() else kind_of(self.path)

    @property
    def pickle(self) -> Any:
        """What the pickle holds, None if it is not a pickle.

        Raises:
            InputError: it is damaged or not safe.
        """
        return self.unpickled(self.path) if self.kind == "pickle" else None

    def unpickled(self, file: Path) -> Any:
        """What a pickle holds.

        Raises:
            InputError: it is damaged or not safe.
        """
        if file not in self._pickles:
            self._pickles[file], memory = load_pickle(file)
            self.maps.append(memory)
        return self._pickles[file]

    def label_of(
        self,
        values: pd.Series | np.ndarray | Sequence[Any],
        what: str,
        *,
        name: str | None = None,
        classes: Sequence[str] | None = None,
    ) -> LabelFound:
        """The label, its values and notes, as it was said or guessed; see `guess_label`."""
        return guess_label(values, what, name=name, classes=classes, said=self.said)

    def reading(
        self,
        label: Label,
        utterances: pd.DataFrame,
        streams: dict[str, Stream],
        *,
        description: str = "",
        notes: Iterable[str] = (),
    ) -> Reading:
        """The corpus in it, called after the file, and what was noted on the way.

        What is no features among `streams` is left out and noted, see `features_alone`.
        """
        name = self.path.name if self.kind == "folder" else self.path.stem
        streams, left_out = features_alone(streams, label, utterances)
        return Reading(
            name,
            self.path,
            label,
            utterances,
            streams,
            description,
            notes=(*notes, *left_out),
            maps=self.maps,
        )

    def let_go(self) -> None:
        """Take the pages read so far out of this process; they can be read again."""
        if hasattr(mmap, "MADV_DONTNEED"):
            for memory in self.maps:
                memory.madvise(mmap.MADV_DONTNEED)


def kind_of(file: Path) -> str:
    """``pickle``, ``hdf5``, ``parquet`` or ``other``, by the first bytes of a file."""
    try:
        with file.open("rb") as stream:
            head = stream.read(8)
    except OSError:
        return "other"
    for magic, kind in _MAGIC.items():
        if head.startswith(magic):
            return kind
    if head[:1] == b"\x80" or file.suffix.lower() in _PICKLE_NAMES:
        return "pickle"
    return "other"
