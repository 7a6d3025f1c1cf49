"""Which utterances make a step: short runs of consecutive targets, shuffled every epoch.

Neighbours share context, so a segment of targets encodes each utterance once instead of once
per window; the shorter the segments, the better mixed the batches.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from mmmie.corpus import Corpus
from mmmie.model.config import ModelSettings
from mmmie.model.identity import speaker_relations


@dataclass
class Batch:
    """One step.

    Attributes:
        rows: (U,) utterances to encode, targets and their neighbours.
        targets: (T,) row numbers of the targets.
        window: (T, W) indices into `rows`, -1 where there is no utterance.
        relation: (T, W) speaker relations.
    """

    rows: np.ndarray
    targets: np.ndarray
    window: np.ndarray
    relation: np.ndarray


class Batches:
    """The steps of every epoch, a function of the seed and the epoch alone.

    Args:
        corpus: where the utterances are.
        rows: (n,) utterances to train on.
        settings: of the model, for the window.
        batch_size: targets a step, about.
        segment: consecutive targets kept together.
    """

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
        self._segments_a_step = max(1, round(batch_size / mean_length))

    def __len__(self) -> int:
        """Steps an epoch."""
        return -(-len(self._segments) // self._segments_a_step)

    def epoch(self, seed: int, epoch: int) -> Iterator[Batch]:
        """The steps of an epoch, in order."""
        order = np.random.default_rng([seed, epoch]).permutation(len(self._segments))
        for start in range(0, len(order), self._segments_a_step):
            chosen = order[start : start + self._segments_a_step]
            targets = np.concatenate([self._segments[i] for i in chosen])
            window = self._window[targets]
            rows, inverse = np.unique(window[window >= 0], return_inverse=True)
            local = np.full(window.shape, -1, np.int64)
            local[window >= 0] = inverse
            yield Batch(rows, targets, local, speaker_relations(self._speakers, targets, window))
