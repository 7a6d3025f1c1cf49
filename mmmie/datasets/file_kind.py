"""A file or folder to open, what kind it is by its first bytes, and what a format has to say."""

from __future__ import annotations

import mmap
import shlex
import zipfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from mmmie.corpus import Label
from mmmie.corpus.text_files import kind_of_bytes
from mmmie.datasets.label_guess import LabelFound, guess_label
from mmmie.datasets.label_in_features import features_alone
from mmmie.datasets.label_option import NOTHING_SAID, LabelSaid
from mmmie.datasets.padding import absence_notes
from mmmie.datasets.pickles.load_pickle import load_pickle
from mmmie.datasets.streamed_corpus import Reading, Stream
from mmmie.errors import InputError
from mmmie.reading import open_plain

PICKLE_NAMES = (".pkl", ".pickle", ".p")
_ZLIB = (b"\x78\x01", b"\x78\x5e", b"\x78\x9c", b"\x78\xda")
_TAR = 257, b"ustar"
_HEAD = 512

_PACKED = ("gzip", "bzip2", "xz", "zstd")
_ARRAYS = "as `NAME.npy` with `numpy.save`, beside a table of utterances"
_FIXES = {
    "hdf5": f"an HDF5 file that is no .csd file; save its arrays {_ARRAYS}",
    "matlab": "a MATLAB file; read it with `scipy.io.loadmat`, or with `h5py` from version 7.3 on, "
    f"and save its arrays {_ARRAYS}",
    "gzip": "packed with gzip; give what `gzip -d < {name} > UNPACKED.pkl` makes of it",
    "bzip2": "packed with bzip2; give what `bzip2 -d < {name} > UNPACKED.pkl` makes of it",
    "xz": "packed with xz; give what `xz -d < {name} > UNPACKED.pkl` makes of it",
    "zstd": "packed with zstd; give what `zstd -d < {name} > UNPACKED.pkl` makes of it",
    "zlib": "packed with zlib, as joblib does; if it is your own, open it with `joblib.load` and "
    "save it with `pickle.dump`",
    "tar": "a tar archive; unpack it with `tar -xf {name}` and give what is in it",
    "zip": "a zip archive; unpack it and give the file or folder in it",
    "7z": "a 7z archive; unpack it and give the file or folder in it",
    "rar": "a rar archive; unpack it and give the file or folder in it",
    "npz": f"an .npz archive of arrays; save each array {_ARRAYS}",
    "torch": "a file of `torch.save`; save a dictionary of numpy arrays with `pickle.dump`",
    "npy": "one array; put a table of utterances beside it and give their folder",
    "git-lfs": "only the pointer that Git LFS keeps; fetch the file itself with `git lfs pull`",
    "html": "a web page, not the file; download the file itself",
}


def way_out(file: Path) -> str | None:
    """What a file is that no format takes, and what to do; None where its first bytes tell
    nothing."""
    kind = kind_of(file)
    if kind in _PACKED and {".tar", ".tgz"} & {suffix.lower() for suffix in file.suffixes}:
        kind = "tar"
    fix = _FIXES.get(kind)
    return fix and f"is {fix.format(name=shlex.quote(file.name))}"


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
        """``folder``, or what `kind_of` says of a file."""
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
            if fix := way_out(file):
                raise InputError(f"{file}: {fix}")
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
        notes = [*notes, *absence_notes(streams, utterances["id"].tolist())]
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
    """What a file is by its first bytes: ``pickle``, ``hdf5``, ``parquet``, ``gzip``, …, else
    ``other``."""
    try:
        with open_plain(file) as stream:
            head = stream.read(_HEAD)
    except (OSError, InputError):
        return "other"
    kind = kind_of_bytes(head)
    if kind == "zip":
        return _kind_of_zip(file)
    if kind in _FIXES or kind in ("parquet", "pickle"):
        return kind
    if head.startswith(_ZLIB) and file.suffix.lower() in (*PICKLE_NAMES, ".z", ".joblib"):
        return "zlib"
    if head[_TAR[0] :].startswith(_TAR[1]):
        return "tar"
    if head[:1] == b"\x80" or file.suffix.lower() in PICKLE_NAMES:
        return "pickle"
    return "other"


def _kind_of_zip(file: Path) -> str:
    """``npz`` and ``torch`` are zip archives too."""
    try:
        with zipfile.ZipFile(file) as archive:
            names = archive.namelist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        return "zip"
    if names and all(name.endswith(".npy") for name in names):
        return "npz"
    return "torch" if any(name.endswith("/data.pkl") for name in names) else "zip"
