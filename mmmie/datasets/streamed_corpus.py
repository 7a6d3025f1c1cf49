"""A corpus on its way in: a table, and features that are fetched utterance by utterance.

A reader gives a `Reading`. It becomes a `Corpus` in memory, or a corpus folder without ever being
in memory as a whole.
"""

from __future__ import annotations

import json
import mmap
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from mmmie.corpus import Corpus, Features, Label, Modality
from mmmie.corpus.checks import corpus_faults, modality_name_fault
from mmmie.corpus.folder import describe_corpus, joined_notes, write_utterances
from mmmie.corpus.row_order import order_metadata
from mmmie.errors import InputError
from mmmie.files import scratch_folder

IN_MEMORY = 2**30
"""Features up to this many bytes are held in memory, larger ones in a temporary file."""

FLOAT16: np.dtype[Any] = np.dtype(np.float16)
FLOAT32: np.dtype[Any] = np.dtype(np.float32)

_BLOCK = 2**24
_MOST_DIM = 2**20
_NAMES = {FLOAT16: "F16", FLOAT32: "F32"}


@dataclass(frozen=True)
class Stream:
    """The features of one modality, fetched one utterance at a time.

    Attributes:
        dim: channels per feature vector.
        item: row number → (d,) at utterance level, (steps, d) at sequence level.
        lengths: None at utterance level, else steps of each utterance (N,); 0 where it has none.
        dtype: what is written; float16 stays float16.
        source: where the features come from, in words.
        channels: names of the channels, if known.
        zero_non_finite: whether numbers that are not finite become 0, as the tools of the field do;
            else they are a fault.
    """

    dim: int
    item: Callable[[int], np.ndarray]
    lengths: np.ndarray | None = None
    dtype: np.dtype[Any] = FLOAT32
    source: str | None = None
    channels: tuple[str, ...] | None = None
    zero_non_finite: bool = True


@dataclass
class Reading:
    """A corpus whose features are still where they came from.

    Attributes:
        name: short name.
        path: the file or folder that is read.
        label: what is predicted.
        utterances: the table of a `Corpus`; what its ``attrs["notes"]`` say joins the notes.
        streams: modality → `Stream`, in the row order of `utterances`.
        notes: what was guessed, repaired, clipped or left out, one sentence each.
        maps: memory maps under the streams; their pages are let go block by block.
    """

    name: str
    path: Path
    label: Label
    utterances: pd.DataFrame
    streams: dict[str, Stream]
    description: str = ""
    source: str | None = None
    licence: str | None = None
    notes: tuple[str, ...] = ()
    maps: list[mmap.mmap] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.notes = (*self.utterances.attrs.pop("notes", ()), *self.notes)

    def corpus(self, unlabelled: bool = False) -> Corpus:
        """All of it as a corpus; more than `IN_MEMORY` bytes go to a temporary file.

        Args:
            unlabelled: take utterances without a label or a split, for a model to predict.

        Raises:
            InputError: the table or the features have a fault.
        """
        corpus = self._without_features(unlabelled)
        counts: dict[str, int] = {}
        for name, stream in self.streams.items():
            values = _room(self._rows(stream), stream)
            counts[name] = self._fill(name, stream, values)
            offsets = None if stream.lengths is None else _offsets(stream.lengths)
            corpus.features[name] = Features(values, offsets)
        corpus.notes += _replaced_notes(counts)
        return corpus

    def save(self, folder: Path) -> None:
        """Write it as a corpus folder, one block in memory at a time; labels may be missing.

        Raises:
            InputError: `folder` exists and is not empty, or there is a fault; nothing is left.
        """
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise InputError(f"{folder}: exists and is not empty; name a new folder")
        corpus = self._without_features(unlabelled=True)
        folder.parent.mkdir(parents=True, exist_ok=True)
        with scratch_folder(folder.parent, f".{folder.name}.") as unfinished:
            counts = self._write_features(unfinished / "features.safetensors")
            corpus.notes += _replaced_notes(counts)
            write_utterances(corpus.utterances, unfinished / "utterances.csv")
            text = json.dumps(describe_corpus(corpus), indent=1)
            (unfinished / "corpus.json").write_text(text, "utf-8")
            unfinished.replace(folder)

    def _without_features(self, unlabelled: bool) -> Corpus:
        """The corpus with everything but features, its table checked."""
        modalities = {
            name: Modality(
                name,
                stream.dim,
                "utterance" if stream.lengths is None else "sequence",
                stream.source,
                stream.channels,
            )
            for name, stream in self.streams.items()
        }
        corpus = Corpus(
            name=self.name,
            description=self.description,
            label=self.label,
            modalities={},
            utterances=self.utterances,
            features={},
            source=self.source,
            licence=self.licence,
            path=self.path,
        )
        faults = corpus_faults(corpus, str(self.path), str(self.path), unlabelled)
        if not self.streams:
            faults.append(
                f"{self.path}: has no features of any modality; add some beside the labels"
            )
        for name, stream in self.streams.items():
            if fault := modality_name_fault(name, str(self.path)):
                faults.append(fault)
            if not 1 <= stream.dim <= _MOST_DIM:
                faults.append(f"{self.path}: `{name}` has {stream.dim} channels; store at least 1")
        if faults:
            raise InputError(faults[0], faults)
        corpus.modalities = modalities
        corpus.notes = joined_notes(self.notes, self.utterances)
        if self.label.kind == "regression":
            corpus.utterances["label"] = corpus.utterances["label"].astype(np.float64)
        return corpus

    def _rows(self, stream: Stream) -> int:
        n = len(self.utterances)
        return n if stream.lengths is None else int(stream.lengths.sum())

    def _blocks(self, name: str, stream: Stream) -> Iterator[tuple[np.ndarray, int]]:
        """Finite rows (k, d) of whole utterances in order, and how many numbers were replaced."""
        held: list[np.ndarray] = []
        size = 0
        for row in range(len(self.utterances)):
            item = self._item(name, stream, row)
            held.append(item)
            size += item.nbytes
            if size >= _BLOCK:
                yield self._finished(name, stream, held, row)
                held, size = [], 0
        if held:
            yield self._finished(name, stream, held, len(self.utterances) - 1)

    def _item(self, name: str, stream: Stream, row: int) -> np.ndarray:
        try:
            item = np.atleast_2d(np.asarray(stream.item(row)))
            steps = 1 if stream.lengths is None else int(stream.lengths[row])
            if item.dtype.kind not in "fiub":
                raise ValueError(f"is {item.dtype}, not numbers")
            if item.shape != (steps, stream.dim):
                raise ValueError(f"has shape {item.shape}, expected {(steps, stream.dim)}")
        except (ValueError, TypeError, IndexError, KeyError, OSError) as error:
            who = self.utterances["id"].iloc[row]
            raise InputError(
                f"{self.path}: `{name}` of {who!r} {error}; fix or leave out the utterance"
            ) from None
        return item

    def _finished(
        self, name: str, stream: Stream, held: list[np.ndarray], last: int
    ) -> tuple[np.ndarray, int]:
        with np.errstate(over="ignore"):  # what overflows is not finite and handled as such
            rows = np.concatenate(held).astype(stream.dtype)
        finite = np.isfinite(rows)
        wrong = rows.size - int(finite.sum())
        if wrong and not stream.zero_non_finite:
            first = self.utterances["id"].iloc[last - len(held) + 1]
            raise InputError(
                f"{self.path}: `{name}` holds {wrong} numbers that are not finite, from {first!r} "
                f"on; replace them by finite ones"
            )
        if wrong:
            rows[~finite] = 0
        self._let_go()
        return rows, wrong

    def _let_go(self) -> None:
        """Take the pages read so far out of this process; they can be read again."""
        if hasattr(mmap, "MADV_DONTNEED"):
            for memory in self.maps:
                memory.madvise(mmap.MADV_DONTNEED)

    def _fill(self, name: str, stream: Stream, values: np.ndarray) -> int:
        at = replaced = 0
        for rows, wrong in self._blocks(name, stream):
            values[at : at + len(rows)] = rows
            at += len(rows)
            replaced += wrong
            if isinstance(values, np.memmap):
                values.flush()
                values._mmap.madvise(mmap.MADV_DONTNEED)  # type: ignore[attr-defined]
        self._too_many_replaced(name, replaced, values.size)
        return replaced

    def _write_features(self, file: Path) -> dict[str, int]:
        header: dict[str, dict[str, object]] = {}
        end = 0

        def announce(name: str, kind: str, shape: list[int], size: int) -> None:
            nonlocal end
            header[name] = {"dtype": kind, "shape": shape, "data_offsets": [end, end + size]}
            end += size

        for name, stream in self.streams.items():  # 8 bytes wide first, so that all are aligned
            if stream.lengths is not None:
                n = len(stream.lengths) + 1
                announce(f"{name}.offsets", "I64", [n], 8 * n)
        for name, stream in sorted(self.streams.items(), key=lambda s: -s[1].dtype.itemsize):
            rows, width = self._rows(stream), stream.dim * stream.dtype.itemsize
            announce(name, _NAMES[stream.dtype], [rows, stream.dim], rows * width)
        metadata = order_metadata(self.utterances["id"].tolist())
        head = json.dumps({"__metadata__": metadata, **header}).encode()
        head += b" " * (-len(head) % 8)
        replaced: dict[str, int] = {}
        with file.open("wb") as out:
            out.write(len(head).to_bytes(8, "little") + head)
            for entry in header:
                name = entry.removesuffix(".offsets")
                stream = self.streams.get(entry) or self.streams[name]
                if entry not in self.streams and stream.lengths is not None:
                    out.write(_offsets(stream.lengths).tobytes())
                    continue
                replaced[name] = 0
                for rows_, wrong in self._blocks(name, stream):
                    out.write(rows_.data)
                    replaced[name] += wrong
                self._too_many_replaced(name, replaced[name], self._rows(stream) * stream.dim)
        return replaced

    def _too_many_replaced(self, name: str, replaced: int, size: int) -> None:
        if 2 * replaced > size:
            raise InputError(
                f"{self.path}: {replaced:,} of {size:,} numbers of `{name}` are not finite; "
                f"extract its features again or leave it out"
            )


def _room(rows: int, stream: Stream) -> np.ndarray:
    """Where the features go: memory, or a file that vanishes with the process."""
    shape = (rows, stream.dim)
    if rows * stream.dim * stream.dtype.itemsize <= IN_MEMORY:
        return np.empty(shape, stream.dtype)
    with tempfile.TemporaryFile(prefix="mmmie-features-") as file:
        return np.memmap(file, stream.dtype, "w+", shape=shape)


def _offsets(lengths: np.ndarray) -> np.ndarray:
    return np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)


def _replaced_notes(replaced: dict[str, int]) -> tuple[str, ...]:
    return tuple(
        f"{count:,} numbers of {name} that were not finite are set to 0."
        for name, count in replaced.items()
        if count
    )
