"""Features on the device, and the padded batches that the encoders take."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from mmmie.corpus import Corpus, Features

RESIDENT_BYTES = 4 * 2**30
"""Features up to this size are put on an accelerator once; larger ones, and all on a CPU, are read
per batch from where they are, which is a mapped file for a corpus folder."""

_CHUNK_VALUES = 4 * 2**20


@dataclass
class Inputs:
    """Features of U utterances, per modality.

    Attributes:
        values: name → (U, d) at utterance level, (U, L, d) at sequence level.
        lengths: name → (U,) for modalities at sequence level.
        present: (U, M) bool, False where an utterance has no step of a modality.
    """

    values: dict[str, Tensor]
    lengths: dict[str, Tensor]
    present: Tensor


@dataclass
class Prepared:
    """Features of U utterances as far as no weight changes them, see `mmmie.model.prepared`.

    Attributes:
        values: name → standardised (U, d) at utterance level, else the steps of all utterances one
            after the other, (ΣL, d).
        masks: name → (U, L) bool for modalities at sequence level, True at real steps.
        summaries: name → what the codes are to reconstruct, see `mmmie.model.encoders`.
        present: (U, M) bool, False where an utterance has no step of a modality.
    """

    values: dict[str, Tensor]
    masks: dict[str, Tensor]
    summaries: dict[str, Tensor]
    present: Tensor


class FeatureStore:
    """Gives the features of any utterances as padded tensors on a device.

    Args:
        corpus: where the features come from.
        modalities: names, in the order of the model.
        device: where the tensors shall be.
    """

    def __init__(self, corpus: Corpus, modalities: list[str], device: torch.device | str) -> None:
        self.modalities = modalities
        self.device = torch.device(device)
        features = {name: corpus.features[name] for name in modalities}
        self._offsets = {name: f.offsets for name, f in features.items()}
        size = sum(f.values.nbytes for f in features.values())
        self.resident = self.device.type != "cpu" and size <= RESIDENT_BYTES
        self._arrays = {name: np.asarray(f.values) for name, f in features.items()}
        self._tensors = {
            name: torch.from_numpy(np.array(f.values)).to(self.device)
            for name, f in features.items()
            if self.resident
        }

    def gather(self, rows: np.ndarray) -> Inputs:
        """The features of `rows` (U,), sequences padded with zeros to the longest."""
        values, lengths = {}, {}
        present = torch.ones(len(rows), len(self.modalities), dtype=torch.bool)
        for m, name in enumerate(self.modalities):
            offsets = self._offsets[name]
            if offsets is None:
                values[name] = self._take(name, rows)
                continue
            steps = offsets[rows + 1] - offsets[rows]
            longest = max(int(steps.max(initial=0)), 1)
            index = offsets[rows][:, None] + np.arange(longest)[None, :]
            inside = np.arange(longest)[None, :] < steps[:, None]
            index = np.where(inside, index, 0)
            padded = self._take(name, index.ravel()).reshape(len(rows), longest, -1)
            mask = torch.from_numpy(inside).to(self.device)
            values[name] = padded * mask[..., None]
            lengths[name] = torch.from_numpy(steps).to(self.device)
            present[:, m] = torch.from_numpy(steps > 0)
        return Inputs(values, lengths, present.to(self.device))

    def _take(self, name: str, rows: np.ndarray) -> Tensor:
        array = self._arrays[name]
        if not len(array):  # every sequence of this modality is empty
            return torch.zeros(len(rows), array.shape[1], device=self.device)
        if self.resident:
            return self._tensors[name][torch.from_numpy(rows).to(self.device)].float()
        return torch.from_numpy(array[rows].astype(np.float32, copy=False)).to(self.device)


def feature_moments(features: Features, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean and standard deviation of every channel over the utterances `rows`.

    A channel that hardly varies gets deviation 1, so that standardising never divides by zero.

    Returns:
        mean (d,), deviation (d,), float32.
    """
    if features.offsets is not None:
        rows = features.steps_of(rows)
    total = np.zeros(features.values.shape[1])
    squares = np.zeros_like(total)
    chunks = np.array_split(rows, 1 + len(rows) * len(total) // _CHUNK_VALUES)
    for chunk in chunks:
        total += features.values[chunk].astype(np.float64).sum(0)
    mean = total / max(len(rows), 1)
    for chunk in chunks:
        squares += ((features.values[chunk].astype(np.float64) - mean) ** 2).sum(0)
    deviation = np.sqrt(squares / max(len(rows), 1))
    floor = 1e-6 * np.maximum(np.abs(mean), 1e-3)
    deviation[deviation < floor] = 1.0
    return mean.astype(np.float32), deviation.astype(np.float32)
