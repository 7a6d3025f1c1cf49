"""Features made ready once for all epochs: standardised, summarised, without padding."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from mmmie.corpus import Corpus
from mmmie.model.encoders import steps_mask
from mmmie.model.features import RESIDENT_BYTES, FeatureStore, Prepared
from mmmie.model.mmmie import MMMIE

PREPARED_BYTES = 2**29
"""Features whose float32 copy is larger are standardised batch by batch instead, on a CPU; on an
accelerator those above `RESIDENT_BYTES`."""

_CHUNK_ROWS = 1024


def feature_store(
    corpus: Corpus, model: MMMIE, device: torch.device | str
) -> PreparedStore | FeatureStore:
    """The features of a corpus for many passes over it: made ready, unless they are too large.

    Args:
        corpus: where the features come from.
        model: has the moments; they must not change afterwards.
        device: where the tensors shall be.
    """
    size = 4 * sum(features.values.size for features in corpus.features.values())
    on_cpu = torch.device(device).type == "cpu"
    if size > (PREPARED_BYTES if on_cpu else RESIDENT_BYTES):
        return FeatureStore(corpus, list(model.modalities), device)
    return PreparedStore(corpus, model, device)


class PreparedStore:
    """Gives the features of any utterances as far as no weight changes them.

    Standardising and summarising wide sequences takes longer than a training step does with them
    afterwards, and gives the same in every epoch.

    Args:
        corpus: where the features come from.
        model: has the moments; they must not change afterwards.
        device: where the tensors shall be.
    """

    def __init__(self, corpus: Corpus, model: MMMIE, device: torch.device | str) -> None:
        self.modalities = list(model.modalities)
        self.device = torch.device(device)
        self._features = {name: corpus.features[name] for name in self.modalities}
        self._values: dict[str, Tensor] = {}
        self._summaries: dict[str, Tensor] = {}
        for name in self.modalities:
            self._prepare(corpus, model, name)

    @torch.no_grad()
    def _prepare(self, corpus: Corpus, model: MMMIE, name: str) -> None:
        own, features = model.encoder_of(name).encoder, self._features[name]
        store = FeatureStore(corpus, [name], "cpu")
        values = torch.empty(features.values.shape, device=self.device)
        summaries = []
        done = 0
        for start in range(0, len(corpus), _CHUNK_ROWS):
            raw = store.gather(np.arange(start, min(start + _CHUNK_ROWS, len(corpus))))
            part, summary = own.prepare(raw.values[name], raw.lengths.get(name))
            values[done : done + len(part)] = part
            done += len(part)
            summaries.append(summary)
        self._values[name] = values
        self._summaries[name] = self._values[name]
        if features.offsets is not None:
            self._summaries[name] = torch.cat(summaries).to(self.device)

    def gather(self, rows: np.ndarray) -> Prepared:
        """The features of `rows` (U,)."""
        at = torch.from_numpy(rows).to(self.device)
        values, masks, summaries = {}, {}, {}
        present = torch.ones(len(rows), len(self.modalities), dtype=torch.bool)
        for m, name in enumerate(self.modalities):
            features = self._features[name]
            summaries[name] = self._summaries[name].index_select(0, at)
            if features.offsets is None:
                values[name] = summaries[name]
                continue
            steps = torch.from_numpy(features.steps_of(rows))
            values[name] = self._values[name].index_select(0, steps.to(self.device))
            lengths = torch.from_numpy(features.offsets[rows + 1] - features.offsets[rows])
            longest = max(int(lengths.max()), 1) if len(lengths) else 1
            masks[name] = steps_mask(lengths, longest).to(self.device)
            present[:, m] = lengths > 0
        return Prepared(values, masks, summaries, present.to(self.device))
