"""What a corpus is: utterances in conversations, with features per modality and labels.

The table and the features are plain pandas and numpy; nothing here knows torch.
`mmmie.corpus.folder` reads and writes a corpus on disk; `mmmie.corpus.checks` lists what is
wrong with one.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd

from mmmie.errors import InputError

SPLITS = ("train", "valid", "test")
REQUIRED_COLUMNS = ("id", "conversation", "position", "split", "label")
TIME_COLUMNS = ("start", "end")
GIVEN_COLUMNS = {name: f"{name}_given" for name in ("id", "conversation", "position", "speaker")}
"""Column → the further one that keeps what a table gave where a corpus needs something else."""
STANDARD_COLUMNS = (
    *REQUIRED_COLUMNS,
    "speaker",
    "transcript",
    *TIME_COLUMNS,
    *GIVEN_COLUMNS.values(),
)

Level = Literal["utterance", "sequence"]
Kind = Literal["regression", "classification"]

_HASHED_BYTES = 64 * 2**20


@dataclass(frozen=True)
class Modality:
    """One modality of a corpus: how many channels its features have and at which level.

    Attributes:
        name: the key of the modality, such as ``text``.
        dim: channels per feature vector.
        level: ``utterance`` (one vector per utterance) or ``sequence`` (one vector per step).
        source: where the features come from, in words.
        channels: one name per channel, for features that a person can read.
    """

    name: str
    dim: int
    level: Level
    source: str | None = None
    channels: tuple[str, ...] | None = None


@dataclass(frozen=True)
class Label:
    """What is predicted: a number in a range, or one of several classes."""

    name: str
    kind: Kind
    range: tuple[float, float] | None = None
    classes: tuple[str, ...] | None = None

    @property
    def centre(self) -> float:
        """The neutral point of the range; 0 for classes."""
        return (self.range[0] + self.range[1]) / 2 if self.range else 0.0


NO_LABEL = Label("label", "regression")
"""What a corpus predicts that was only made to be predicted, and does not say."""


@dataclass(frozen=True)
class Features:
    """The features of one modality, in the row order of the utterances.

    Attributes:
        values: (N, d) at utterance level, (ΣL, d) at sequence level; float16 or float32.
        offsets: None, or (N + 1,) int64: utterance i owns rows offsets[i] to offsets[i + 1].
    """

    values: np.ndarray
    offsets: np.ndarray | None = None

    @property
    def lengths(self) -> np.ndarray | None:
        """Steps per utterance (N,), None at utterance level."""
        return None if self.offsets is None else np.diff(self.offsets)

    def of(self, row: int) -> np.ndarray:
        """The features of one utterance: (d,) or (L, d)."""
        if self.offsets is None:
            return self.values[row]
        return self.values[self.offsets[row] : self.offsets[row + 1]]

    def take(self, rows: np.ndarray) -> Features:
        """The features of `rows`, in that order."""
        if self.offsets is None:
            return Features(self.values[rows])
        lengths = np.diff(self.offsets)[rows]
        offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
        return Features(self.values[self.steps_of(rows)], offsets)

    def steps_of(self, rows: np.ndarray) -> np.ndarray:
        """Which rows of `values` the utterances `rows` own, in that order."""
        if self.offsets is None:
            return rows
        lengths = np.diff(self.offsets)[rows]
        ends = np.cumsum(lengths)
        begins = np.repeat(self.offsets[rows] - (ends - lengths), lengths)
        return begins + np.arange(len(begins))


@dataclass
class Corpus:
    """Utterances in conversations with features, labels and speakers.

    Attributes:
        name: short name.
        label: what is predicted.
        modalities: name → `Modality`, in the order the model uses.
        utterances: one row per utterance with the columns of ``utterances.csv``; `label` holds
            floats or class names, `speaker` holds None where it is unknown. A corpus that was
            opened to be predicted may lack labels (NaN or None) and splits (empty).
        features: name → `Features`, in the row order of `utterances`.
        path: the folder or file it was opened from, None if it was generated.
        notes: what was guessed, repaired, clipped or left out when it was opened, one sentence
            each.
        label_said: what was said of the label when it was opened, see `mmmie.load_corpus`.
        origin: the corpus as it was opened, where a text encoder has made the features of a
            modality since (`mmmie.model.text_features`).
    """

    name: str
    label: Label
    modalities: dict[str, Modality]
    utterances: pd.DataFrame
    features: dict[str, Features]
    description: str = ""
    source: str | None = None
    licence: str | None = None
    path: Path | None = None
    notes: tuple[str, ...] = ()
    label_said: str = ""
    facts: dict[str, float] = field(default_factory=dict)
    """Known answers of a generated corpus, such as ``true_mi/text-audio`` in nats."""
    origin: Corpus | None = None

    def __len__(self) -> int:
        return len(self.utterances)

    @property
    def labelled(self) -> np.ndarray:
        """Which utterances have a label (N,) bool."""
        if "label" not in self.utterances:
            return np.zeros(len(self), bool)
        return self.utterances["label"].notna().to_numpy()

    @cached_property
    def targets(self) -> np.ndarray:
        """Labels as numbers: float32 (N,) for regression, int64 class indices otherwise.

        Raises:
            InputError: an utterance has none.
        """
        if not self.labelled.all():
            raise InputError(no_labels(self.utterances, self.labelled, self.where))
        column = self.utterances["label"]
        if self.label.kind == "regression":
            return column.to_numpy(np.float32)
        index = {name: i for i, name in enumerate(self.label.classes or ())}
        return column.map(index).to_numpy(np.int64)

    @property
    def no_context(self) -> str | None:
        """The sentence that no conversation has a second utterance; None where one has."""
        return no_context(self.utterances)

    @property
    def has_speakers(self) -> bool:
        """Whether any utterance has a known speaker."""
        return "speaker" in self.utterances and bool(self.utterances["speaker"].notna().any())

    @cached_property
    def speaker_codes(self) -> np.ndarray:
        """One integer a speaker (N,), -1 where unknown."""
        if not self.has_speakers:
            return np.full(len(self), -1, np.int64)
        return pd.factorize(self.utterances["speaker"])[0].astype(np.int64)

    def rows(self, split: str) -> np.ndarray:
        """Row numbers of a split (n,).

        Raises:
            InputError: the split is unknown, or the corpus has no utterance in it.
        """
        if split not in SPLITS:
            raise InputError(f"split `{split}` is unknown; use one of {', '.join(SPLITS)}")
        rows = np.flatnonzero((self.utterances["split"] == split).to_numpy())
        if not len(rows):
            held = ", ".join(s for s in SPLITS if (self.utterances["split"] == s).any())
            raise InputError(
                f"{self.where}: no utterance has split `{split}`; it holds {held or 'none'}: "
                f"choose one of these or add the split to the column `split`"
            )
        return rows

    @property
    def splits(self) -> list[str]:
        """The splits that hold utterances, in the order train, valid, test."""
        present = set(self.utterances["split"].unique())
        return [split for split in SPLITS if split in present]

    def window(self, past: int, future: int) -> np.ndarray:
        """Row numbers of the neighbours of every utterance in its conversation.

        Args:
            past: how many utterances before the target.
            future: how many after it.

        Returns:
            (N, past + 1 + future) int64; column `past` is the target itself, -1 marks a place
            before the first or after the last utterance of the conversation.
        """
        code = pd.factorize(self.utterances["conversation"])[0]
        position = self.utterances["position"].to_numpy()
        order = np.lexsort((position, code))
        sorted_code = code[order]
        place = np.empty(len(self), np.int64)
        place[order] = np.arange(len(self))
        offsets = np.arange(-past, future + 1)
        at = place[:, None] + offsets[None, :]
        inside = (at >= 0) & (at < len(self))
        at = np.clip(at, 0, max(len(self) - 1, 0))
        inside &= sorted_code[at] == code[:, None]
        return np.where(inside, order[at], -1)

    def select(self, rows: np.ndarray) -> Corpus:
        """A corpus of `rows` only; whole conversations keep their context."""
        return replace(
            self,
            utterances=self.utterances.iloc[rows].reset_index(drop=True),
            features={name: f.take(rows) for name, f in self.features.items()},
            origin=self.origin.select(rows) if self.origin else None,
        )

    def with_modalities(self, names: list[str]) -> Corpus:
        """The same corpus with some of its modalities, in the order given.

        Raises:
            InputError: a name is not a modality of this corpus.
        """
        for name in names:
            if name not in self.modalities:
                held = ", ".join(self.modalities)
                raise InputError(f"{self.where}: no modality `{name}`; it holds {held}")
        origin = self.origin
        if origin is not None:
            origin = origin.with_modalities([name for name in names if name in origin.modalities])
        return replace(
            self,
            modalities={name: self.modalities[name] for name in names},
            features={name: self.features[name] for name in names},
            origin=origin,
        )

    @property
    def where(self) -> str:
        """What to call this corpus in a message: its path, else its name."""
        return str(self.path) if self.path else f"corpus `{self.name}`"

    @cached_property
    def fingerprint(self) -> str:
        """Sixteen hex digits that change when what a model sees or predicts does.

        Arrays over 64 MB are hashed from evenly spaced rows, so that opening a large
        memory-mapped corpus does not read all of it.
        """
        digest = hashlib.blake2b(digest_size=8)
        table = pd.util.hash_pandas_object(self.utterances[list(REQUIRED_COLUMNS)])
        digest.update(table.to_numpy().tobytes())
        digest.update(self.speaker_codes.tobytes())
        for name in sorted(self.features):
            values = self.features[name].values
            step = max(1, -(-values.nbytes // _HASHED_BYTES))
            digest.update(name.encode())
            digest.update(str(values.shape).encode())
            digest.update(values[::step].tobytes())
            offsets = self.features[name].offsets
            if offsets is not None:
                digest.update(offsets.tobytes())
        return digest.hexdigest()

    @property
    def data_fingerprint(self) -> str:
        """The fingerprint of the corpus as it was opened, whatever encoded its text since."""
        return (self.origin or self).fingerprint


def absent_features(modality: Modality, count: int) -> Features:
    """The features of a modality that none of `count` utterances has.

    Sequences without a step, which models take as missing; vectors of zeros, of which a model has
    to be told.
    """
    if modality.level == "utterance":
        return Features(np.zeros((count, modality.dim), np.float32))
    return Features(np.zeros((0, modality.dim), np.float32), np.zeros(count + 1, np.int64))


def no_context(utterances: pd.DataFrame) -> str | None:
    """The sentence that every conversation has one utterance, and what it means; else None."""
    if utterances["conversation"].duplicated().any():
        return None
    return (
        "Every conversation has one utterance, so there is no context: neighbours, swapped "
        "speakers and shuffled roles change nothing."
    )


def no_labels(utterances: pd.DataFrame, labelled: np.ndarray, where: str) -> str:
    """The message that labels are missing where they are needed.

    Args:
        utterances: the table, for the ids.
        labelled: which of them have a label (N,) bool, not all.
        where: what to call the corpus or its table.
    """
    said = "has no labels"
    if labelled.any():
        count, first = int((~labelled).sum()), utterances["id"].iloc[int(labelled.argmin())]
        said = f"{count:,} of {len(labelled):,} utterances have no `label`, {first!r} first"
    return f"{where}: {said}; only `mmmie predict` can use it, fill `label` to train or measure"
