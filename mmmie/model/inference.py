"""The model in evaluation: encode every utterance once, then predict any targets from that."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from mmmie.corpus import Corpus
from mmmie.model.batch import Batch, Codes
from mmmie.model.config import ModelSettings
from mmmie.model.features import FeatureStore
from mmmie.model.identity import Identity, identity_of, speaker_relations
from mmmie.model.mmmie import MMMIE
from mmmie.model.prepared import PreparedStore

_ENCODE_ROWS = 1024
_PREDICT_ROWS = 2048


@dataclass
class Windows:
    """The windows of n targets, in terms of U utterances.

    Attributes:
        rows: (U,) row numbers in the corpus.
        window: (n, W) indices into `rows`, -1 where there is no utterance.
        relation: (n, W) speaker relations, see `mmmie.model.identity`.
    """

    rows: np.ndarray
    window: np.ndarray
    relation: np.ndarray


def windows_of(corpus: Corpus, rows: np.ndarray, settings: ModelSettings) -> Windows:
    """The windows of `rows` (n,) in terms of themselves: whole conversations, so nothing is cut."""
    window = corpus.window(*settings.context.span)[rows]
    relation = speaker_relations(corpus.speaker_codes, rows, window)
    place = np.full(len(corpus) + 1, -1, np.int64)
    place[rows] = np.arange(len(rows))
    return Windows(rows, place[window], relation)


def windows_around(window: np.ndarray, speakers: np.ndarray, targets: np.ndarray) -> Windows:
    """The windows of any targets, in terms of all utterances that stand in one of them.

    Args:
        window: (N, W) of the whole corpus, from `Corpus.window`.
        speakers: (N,) of the whole corpus, from `Corpus.speaker_codes`.
        targets: (n,) row numbers.
    """
    here = window[targets]
    rows, inverse = np.unique(here[here >= 0], return_inverse=True)
    local = np.full(here.shape, -1, np.int64)
    local[here >= 0] = inverse
    return Windows(rows, local, speaker_relations(speakers, targets, here))


def batch_of(model: MMMIE, corpus: Corpus, targets: np.ndarray) -> Batch:
    """What `MMMIE.forward` takes to predict the utterances `targets` (T,), on its device.

    Args:
        model: the model.
        corpus: with the modalities of the model.
        targets: row numbers, each any number of times.
    """
    span = model.settings.context.span
    windows = windows_around(corpus.window(*span), corpus.speaker_codes, targets)
    store = FeatureStore(corpus, list(model.modalities), model.device)
    window = torch.from_numpy(windows.window).to(model.device)
    identity = identity_of(windows.relation, model.device)
    return Batch(store.gather(windows.rows), window, identity)


@contextmanager
def evaluating(model: MMMIE) -> Iterator[None]:
    """Without dropout, noise and gradients; afterwards the model is in the mode it was in."""
    training = model.training
    model.eval()
    try:
        with torch.inference_mode():
            yield
    finally:
        model.train(training)


def encode_rows(model: MMMIE, store: FeatureStore | PreparedStore, rows: np.ndarray) -> Codes:
    """The codes of the utterances `rows` (n,), in evaluation mode, on the model's device."""
    with evaluating(model):
        starts = range(0, len(rows), _ENCODE_ROWS)
        return Codes.cat([model.encode(store.gather(rows[s : s + _ENCODE_ROWS])) for s in starts])


@dataclass
class Outputs:
    """Predictions for n utterances, on the CPU.

    Attributes:
        output: (n,) in label units, or (n, classes) logits.
        representation: (n, d), the fused code that the head reads.
        attention: (n, W, M), None unless asked for.
    """

    output: np.ndarray
    representation: np.ndarray
    attention: np.ndarray | None


def predict_windows(
    model: MMMIE,
    codes: Codes,
    windows: Windows,
    *,
    identity: Identity | None = None,
    presence: Tensor | None = None,
    attention: bool = False,
) -> Outputs:
    """Predict every target of `windows` from codes of the utterances that they are made of.

    Args:
        model: the model.
        codes: from `encode_rows` for ``windows.rows``.
        windows: which utterances each prediction sees.
        identity: what the identity terms are told; the truth if left out.
        presence: (n, W, M) or (n, M) in [0, 1]; what the corpus has if left out.
        attention: whether to keep the attention weights.
    """
    device = codes.present.device
    window = torch.from_numpy(windows.window).to(device)
    batch = Batch(codes, window, identity or identity_of(windows.relation, device), presence)
    with evaluating(model):
        parts = [
            (
                output.prediction.cpu(),
                output.fused.representation.float().cpu(),
                output.fused.attention.float().cpu() if attention else torch.empty(0),
            )
            for start in range(0, len(window), _PREDICT_ROWS)
            for output in [model(batch.part(start, start + _PREDICT_ROWS))]
        ]
    predictions, representations, weights = (
        torch.cat(list(part)).numpy() for part in zip(*parts, strict=True)
    )
    return Outputs(predictions, representations, weights if attention else None)
