"""Which utterances make a step: short runs of consecutive targets, which share their context."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from mmmie.corpus import Corpus
from mmmie.model.config import ModelSettings
from mmmie.model.inference import Windows, windows_around


@dataclass
class Step:
    """Targets (T,), and their windows in terms of the U utterances to encode."""

    targets: np.ndarray
    windows: Windows


class Batches:
    """The steps of every epoch on `rows` (n,), a function of the seed and the epoch alone."""

    def __init__(
        self,
        corpus: Corpus,
        rows: np.ndarray,
        settings: ModelSettings,
        batch_size: int,
        segment: int,
    ) -> None:
        self._window = corpus.window(*settings.context.span)
        self._speakers = corpus.speaker_codes
        table = corpus.utterances.iloc[rows]
        conversation = table["conversation"].factorize()[0]
        position = table["position"].to_numpy()
        order = np.lexsort((position, conversation))
        conversation = conversation[order]
        begins = np.concatenate([[True], conversation[1:] != conversation[:-1]])
        first = np.maximum.accumulate(np.where(begins, np.arange(len(order)), 0))
        within = np.arange(len(order)) - first
        cuts = np.flatnonzero(begins | (within % segment == 0))
        self._segments = np.split(rows[order], cuts[1:])
        mean_length = len(rows) / len(self._segments)
        self._segments_per_step = max(1, round(batch_size / mean_length))

    def __len__(self) -> int:
        """Steps per epoch."""
        return -(-len(self._segments) // self._segments_per_step)

    def epoch(self, seed: int, epoch: int) -> Iterator[Step]:
        """The steps of an epoch, in order."""
        order = np.random.default_rng([seed, epoch]).permutation(len(self._segments))
        for start in range(0, len(order), self._segments_per_step):
            chosen = order[start : start + self._segments_per_step]
            targets = np.concatenate([self._segments[i] for i in chosen])
            yield Step(targets, windows_around(self._window, self._speakers, targets))
